// SPDX-License-Identifier: MIT
#include <fmt/core.h>

#include <catch2/generators/catch_generators.hpp>
#include <chrono>

#include "core/db/build_store.h"
#include "core/db/builder_store.h"
#include "core/db/request_store.h"
#include "core/db/step_store.h"
#include "tests/core/db/database_host.h"

using namespace kiln;
using namespace kiln::testing;

// Run by name: test_db "[bench]". Prints, judges nothing.
namespace {

constexpr int build_count = 20000;

void fill(DatabaseHost& host) {
  const BaseRows base = apply_small_config(host);
  int done = 0;
  for (int i = 0; i < build_count; i += 2) {
    Unit unit;
    unit.add(buildset_for({base.builders[0], base.builders[1]}, std::to_string(i)));
    unit.then([&, i](const Committed& set) {
      Unit builds;
      for (std::size_t k = 0; k < 2; ++k) {
        const auto build = builds.add(build_of(base.builders[k], set[0].child_ids[k], base.workers[k]));
        builds.add(writes::SetBuildProperties{RowRef<BuildId>::made_by(build), {{"owner", "me", "Force"}, {"branch", "main", "Build"}, {"revision", i, "Build"}}});
        for (int n = 0; n < 4; ++n) {
          const auto step = builds.add(writes::AddStep{.build = RowRef<BuildId>::made_by(build), .number = n, .name = "step" + std::to_string(n), .state_string = "pending", .started_at = 1001, .locks_acquired_at = 1001});
          builds.add(writes::FinishStep{RowRef<StepId>::made_by(step), Results::success, "done", false, 1002});
        }
        builds.add(writes::FinishBuild{RowRef<BuildId>::made_by(build), i % 7 == 0 ? Results::failure : Results::success, "build successful", 0, 1010});
        builds.add(writes::CompleteRequests{{RequestId(set[0].child_ids[k])}, Results::success, 1010});
      }
      builds.add(writes::CompleteBuildset{BuildsetId(set[0].id), Results::success, 1010});
      builds.then([&](const Committed&) { done += 2; });
      host.journal().commit(std::move(builds));
    });
    host.journal().commit(std::move(unit));
  }
  for (int before = -1; done != build_count && done != before;) {
    before = done;  // a while for each part: PostgreSQL takes longer than one deadline
    host.run_until([&] { return done == build_count || done > before + 2000; });
  }
  REQUIRE(done == build_count);
}

template <class Query>
void measure(DatabaseHost& host, const char* name, Query&& query) {
  using clock = std::chrono::steady_clock;
  double best = 1e9;
  for (int round = 0; round < 20; ++round) {
    constexpr int calls = 50;
    const auto start = clock::now();
    for (int i = 0; i < calls; ++i) host.read(query);
    best = std::min(best, std::chrono::duration<double, std::micro>(clock::now() - start).count() / calls);
  }
  fmt::print("{:60} {:8.1f} us\n", name, best);
}

}  // namespace

TEST_CASE("time of queries on 20,000 builds", "[.][bench]") {
  const auto backend = GENERATE(Backend::sqlite_file, Backend::postgresql);
  DatabaseHost host(backend);
  const auto start = std::chrono::steady_clock::now();
  fill(host);
  fmt::print("{}: filled in {:.2f} s\n", backend == Backend::sqlite_file ? "sqlite" : "postgresql",
             std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  const auto builds = [](db::BuildScope scope, ResultSpec spec) {
    return [=](db::Connection& connection) { return db::query_builds(connection, scope, spec); };
  };
  ResultSpec page;
  page.limit = 50;
  measure(host, "builds?limit=50", builds({}, page));
  ResultSpec newest = page;
  newest.order = {{"buildid", true}};
  measure(host, "builds?limit=50&order=-buildid", builds({}, newest));
  newest.properties = {"owner", "branch"};
  measure(host, "builds?limit=50&order=-buildid&property=owner&property=branch", builds({}, newest));
  newest.properties.clear();
  const db::BuildScope of_builder{.path = {.id = {}, .builder = BuilderId(2), .builder_name = {}, .number = {}}, .request = {}, .change = {}, .worker = {}, .triggered_by = {}};
  measure(host, "builders/2/builds?limit=50&order=-buildid", builds(of_builder, newest));
  newest.order = {{"number", true}};
  measure(host, "builders/2/builds?limit=50&order=-number", builds(of_builder, newest));
  ResultSpec running = page;
  running.filters = {{"complete", FilterOp::eq, {Json(false)}}};
  measure(host, "builds?complete=false", builds({}, running));
  running.filters = {{"results", FilterOp::eq, {Json(2)}}};
  running.order = {{"buildid", true}};
  measure(host, "builds?results=2&order=-buildid&limit=50", builds({}, running));
  measure(host, "builds/10000", builds({.path = {.id = BuildId(10000), .builder = {}, .builder_name = {}, .number = {}}, .request = {}, .change = {}, .worker = {}, .triggered_by = {}}, {}));
  measure(host, "builds/10000/steps", [](db::Connection& c) { return db::query_steps(c, {.id = {}, .build = {.id = BuildId(10000), .builder = {}, .builder_name = {}, .number = {}}, .number = {}, .name = {}}, {}); });
  measure(host, "builders", [](db::Connection& c) { return db::query_builders(c, {}, {}); });
  ResultSpec open;
  open.filters = {{"complete", FilterOp::eq, {Json(false)}}};
  measure(host, "buildrequests?complete=false", [&](db::Connection& c) { return db::query_requests(c, {}, open); });
}
