// SPDX-License-Identifier: MIT
#include <algorithm>
#include <catch2/generators/catch_generators.hpp>
#include <set>

#include "core/db/build_store.h"
#include "core/db/builder_store.h"
#include "core/db/buildset_store.h"
#include "core/db/change_store.h"
#include "core/db/log_store.h"
#include "core/db/master_store.h"
#include "core/db/request_store.h"
#include "core/db/scheduler_store.h"
#include "core/db/sourcestamp_store.h"
#include "core/db/step_store.h"
#include "core/db/worker_store.h"
#include "core/model/row_json.h"
#include "tests/core/db/database_host.h"

using namespace kiln;
using namespace kiln::testing;

namespace {

writes::AddChange change(const std::string& branch, const std::string& revision) {
  writes::AddChange write;
  write.change.author = "Änn <ann@x.org>";
  write.change.comments = "it's 100% \"done\" ?";
  if (!branch.empty()) write.change.branch = branch;
  write.change.revision = revision;
  write.change.repository = "file:///repo";
  write.change.files = {"a.c", "b/" + revision};
  write.change.when_timestamp = 900;
  return write;
}

// One build of the first builder at the sources of `revision`.
BuildId add_build(DatabaseHost& host, const BaseRows& base, const std::string& revision, Results results) {
  writes::AddBuildset set = buildset_for({base.builders[0]}, revision);
  const Written made = write_now(host, set);
  const Written build = write_now(host, build_of(base.builders[0], made.child_ids[0], base.workers[0]));
  write_now(host, writes::FinishBuild{BuildId(build.id), results, "done " + revision, 1, 1010});
  write_now(host, writes::CompleteRequests{{RequestId(made.child_ids[0])}, results, 1010});
  write_now(host, writes::CompleteBuildset{BuildsetId(made.id), results, 1010});
  return BuildId(build.id);
}

// Some of everything, nulls and open rows included.
void fill(DatabaseHost& host) {
  const BaseRows base = apply_small_config(host);
  for (const char* revision : {"r1", "r2"}) write_now(host, change("main", revision));
  write_now(host, change("", "r3"));
  for (const Results results : {Results::success, Results::failure, Results::success}) {
    add_build(host, base, results == Results::failure ? "r2" : "r1", results);
  }
  const Written set = write_now(host, buildset_for({base.builders[0], base.builders[1]}, "r9"));
  write_now(host, writes::ClaimRequests{{RequestId(set.child_ids[1])}, 1002});
  Unit unit;
  const auto build = unit.add(build_of(base.builders[1], set.child_ids[1], base.workers[1]));
  for (int i = 0; i < 3; ++i) {
    const auto step = unit.add(writes::AddStep{.build = RowRef<BuildId>::made_by(build), .number = i, .name = "step" + std::to_string(i),
                                               .state_string = "pending", .started_at = {}, .locks_acquired_at = {}});
    if (i < 2) unit.add(writes::StartStep{RowRef<StepId>::made_by(step), 1003, 1004});
    unit.add(writes::SetStepUrls{RowRef<StepId>::made_by(step), {{"näme", "http://x/?a=1&b=2"}}});
    const auto log = unit.add(writes::AddLog{RowRef<StepId>::made_by(step), "stdio", "stdio", i == 1 ? LogType::html : LogType::stream});
    if (i == 0) {
      unit.add(writes::FinishLog{RowRef<LogId>::made_by(log), 12});
      unit.add(writes::FinishStep{RowRef<StepId>::made_by(step), Results::warnings, "Built", true, 1006});
    }
  }
  unit.add(writes::SetBuildProperties{RowRef<BuildId>::made_by(build), {{"p", JsonArray{1, "zwei", nullptr}, "Tést"}, {"q", true, "Step"}}});
  commit_now(host, std::move(unit));
  write_now(host, writes::WorkerConnected{base.workers[0], {{"admin", "me"}}});
  write_now(host, writes::SetWorkerState{base.workers[1], true, "broken disk", true});
}

template <class Row, class Scope>
std::string page(DatabaseHost& host, Result<Rows<Row>> (*query)(db::Connection&, const Scope&, const ResultSpec&),
                 const ResultSpec& spec) {
  const auto rows = host.read([&](db::Connection& connection) { return query(connection, Scope{}, spec); });
  std::string text;
  for (const Row& row : rows.rows) {
    append_row(text, row);
    text += '\n';
  }
  return text + "total " + std::to_string(rows.total.value());
}

std::vector<Json> samples(const FieldInfo& info) {
  switch (info.type) {
    case FieldType::boolean: return {true, false};
    case FieldType::integer:
    case FieldType::datetime:
    case FieldType::list_of_integer: return {1, 1003, 99999999999};
    default: return {"main", "done r1", "t'1%_"};
  }
}

// Every field with every operator, and every order, on both: PostgreSQL has to agree with SQLite.
template <class Row, class Scope>
void compare_all(DatabaseHost& a, DatabaseHost& b,
                 Result<Rows<Row>> (*query)(db::Connection&, const Scope&, const ResultSpec&)) {
  constexpr std::array ops{FilterOp::eq, FilterOp::ne, FilterOp::lt, FilterOp::le, FilterOp::gt, FilterOp::ge, FilterOp::contains, FilterOp::in, FilterOp::notin};
  for (const FieldInfo& info : field_infos<Row>) {
    if (!is_filterable(info.type)) continue;
    CAPTURE(info.name);
    for (const FilterOp op : ops) {
      for (std::size_t count = 0; count <= 2; ++count) {
        ResultSpec spec;
        const auto values = samples(info);
        spec.filters.push_back({std::string(info.name), op, {values.begin(), values.begin() + static_cast<std::ptrdiff_t>(count)}});
        CAPTURE(static_cast<int>(op), count);
        CHECK(page(a, query, spec) == page(b, query, spec));
      }
    }
    const bool is_list = info.type == FieldType::list_of_integer || info.type == FieldType::list_of_string;
    for (const bool descending : {false, true}) {
      ResultSpec spec;
      spec.order.push_back({std::string(info.name), descending});
      if (is_list) continue;
      CHECK(page(a, query, spec) == page(b, query, spec));
      spec.limit = 2;
      spec.offset = 1;
      CHECK(page(a, query, spec) == page(b, query, spec));
    }
  }
  ResultSpec all;
  all.properties = {"*"};
  CHECK(page(a, query, all) == page(b, query, all));
  all.offset = 1;
  all.properties = {"p", "owner"};
  CHECK(page(a, query, all) == page(b, query, all));
}

}  // namespace

TEST_CASE("SQLite and PostgreSQL answer every filter and order alike") {
  DatabaseHost lite(Backend::sqlite_file);
  DatabaseHost server(Backend::postgresql);
  fill(lite);
  fill(server);
  compare_all<Builder, db::BuilderScope>(lite, server, db::query_builders);
  compare_all<Build, db::BuildScope>(lite, server, db::query_builds);
  compare_all<BuildRequest, db::RequestScope>(lite, server, db::query_requests);
  compare_all<Buildset, db::BuildsetScope>(lite, server, db::query_buildsets);
  compare_all<SourceStamp, db::SourceStampScope>(lite, server, db::query_sourcestamps);
  compare_all<Change, db::ChangeScope>(lite, server, db::query_changes);
  compare_all<Step, db::StepScope>(lite, server, db::query_steps);
  compare_all<Log, db::LogScope>(lite, server, db::query_logs);
  compare_all<Worker, db::WorkerScope>(lite, server, db::query_workers);
  compare_all<Master, db::MasterScope>(lite, server, db::query_masters);
  compare_all<Scheduler, db::SchedulerScope>(lite, server, db::query_schedulers);
  compare_all<ChangeSource, db::ChangeSourceScope>(lite, server, db::query_change_sources);
}

TEST_CASE("a field without SQL and a value of the wrong kind are refused") {
  DatabaseHost host(Backend::sqlite_file);
  const auto error_of = [&](Filter filter, std::vector<SortKey> order) {
    ResultSpec spec;
    if (!filter.field.empty()) spec.filters.push_back(std::move(filter));
    spec.order = std::move(order);
    const auto result = host.database().read_now<Rows<Build>>([&](db::Connection& connection) { return db::query_builds(connection, {}, spec); });
    return result.has_error() ? result.error().code : Errc::fatal;
  };
  CHECK(error_of({"properties", FilterOp::eq, {Json("x")}}, {}) == Errc::bad_input);
  CHECK(error_of({"number", FilterOp::eq, {Json("1; DROP TABLE builds")}}, {}) == Errc::bad_input);
  CHECK(error_of({}, {{"b.id; DROP TABLE builds", false}}) == Errc::bad_input);
}

TEST_CASE("the changes of a build are those since the last success") {
  const auto backend = GENERATE(Backend::sqlite_file, Backend::postgresql);
  CAPTURE(backend);
  DatabaseHost host(backend);
  const BaseRows base = apply_small_config(host);
  std::vector<std::int64_t> ids;
  for (const char* revision : {"r1", "r2", "r3", "r4"}) ids.push_back(write_now(host, change("main", revision)).id);
  write_now(host, change("other", "x1"));
  const BuildId first = add_build(host, base, "r1", Results::success);
  const BuildId failed = add_build(host, base, "r2", Results::failure);
  const BuildId second = add_build(host, base, "r4", Results::success);
  const BuildId again = add_build(host, base, "r4", Results::success);
  const auto changes_of = [&](db::BuildPath path) {
    std::vector<std::int64_t> found;
    const auto page = host.read([&](db::Connection& connection) { return db::query_changes(connection, {.id = {}, .build = path, .sourcestamp = {}}, {}); });
    for (const Change& one : page.rows) found.push_back(one.id.value);
    return found;
  };
  const auto by_id = [](BuildId id) { return db::BuildPath{.id = id, .builder = {}, .builder_name = {}, .number = {}}; };
  CHECK(changes_of(by_id(first)) == std::vector{ids[0]});
  CHECK(changes_of(by_id(failed)) == std::vector{ids[1]});
  CHECK(changes_of(by_id(second)) == std::vector{ids[3], ids[2], ids[1]});
  CHECK(changes_of({.id = {}, .builder = {}, .builder_name = "one", .number = 3}) == std::vector{ids[3], ids[2], ids[1]});
  CHECK(changes_of(by_id(again)).empty());
  CHECK(changes_of(by_id(BuildId(999))).empty());
}

TEST_CASE("the paths of REST lead to rows") {
  const auto backend = GENERATE(Backend::sqlite_file, Backend::postgresql);
  CAPTURE(backend);
  DatabaseHost host(backend);
  fill(host);
  const auto builds = [&](db::BuildScope scope) { return host.read([&](db::Connection& c) { return db::query_builds(c, scope, {}); }).rows.size(); };
  CHECK(builds({.path = {.id = {}, .builder = {}, .builder_name = "one", .number = {}}, .request = {}, .change = {}, .worker = {}, .triggered_by = {}}) == 3);
  CHECK(builds({.path = {.id = {}, .builder = {}, .builder_name = "one", .number = 2}, .request = {}, .change = {}, .worker = {}, .triggered_by = {}}) == 1);
  CHECK(builds({.path = {}, .request = {}, .change = ChangeId(1), .worker = {}, .triggered_by = {}}) == 2);
  CHECK(builds({.path = {}, .request = {}, .change = {}, .worker = WorkerId(2), .triggered_by = {}}) == 1);
  const db::BuildPath second{.id = {}, .builder = BuilderId(2), .builder_name = {}, .number = 1};
  const auto steps = [&](db::StepScope scope) { return host.read([&](db::Connection& c) { return db::query_steps(c, scope, {}); }).rows.size(); };
  CHECK(steps({.id = {}, .build = second, .number = {}, .name = {}}) == 3);
  CHECK(steps({.id = {}, .build = second, .number = {}, .name = "step1"}) == 1);
  CHECK(steps({.id = {}, .build = second, .number = 2, .name = {}}) == 1);
  const auto logs = [&](db::LogScope scope) { return host.read([&](db::Connection& c) { return db::query_logs(c, scope, {}); }).rows.size(); };
  CHECK(logs({.id = {}, .step = {.id = {}, .build = second, .number = 1, .name = {}}, .slug = "stdio"}) == 1);
  CHECK(logs({.id = {}, .step = {.id = {}, .build = second, .number = {}, .name = "nosuch"}, .slug = {}}) == 0);
  // A rebuild of a buildset by a build.
  writes::AddBuildset child = buildset_for({BuilderId(1)});
  child.buildset.parent_buildid = BuildId(1);
  child.buildset.parent_relationship = "Triggered from";
  const Written set = write_now(host, child);
  write_now(host, build_of(BuilderId(1), set.child_ids[0], WorkerId(1)));
  CHECK(builds({.path = {}, .request = {}, .change = {}, .worker = {}, .triggered_by = BuildId(1)}) == 1);
}

TEST_CASE("ids of deleted rows are not given again") {
  const auto backend = GENERATE(Backend::sqlite_file, Backend::postgresql);
  CAPTURE(backend);
  DatabaseHost host(backend);
  const BaseRows base = apply_small_config(host);
  const BuildId last = add_build(host, base, "r1", Results::success);
  host.connect()->run("DELETE FROM builds WHERE id = ?", last).value();
  CHECK(add_build(host, base, "r1", Results::success) > last);
}

TEST_CASE("texts that a column cannot take are stored as far as possible") {
  const auto backend = GENERATE(Backend::sqlite_file, Backend::postgresql);
  CAPTURE(backend);
  DatabaseHost host(backend);
  writes::AddChange write = change("main", "r1");
  write.change.comments = std::string("nul \0 and \xff bytes", 18);
  write.change.author = std::string(300, 'x');
  write.change.files = {std::string(2000, 'y') + "ä"};
  write.src = "git";
  const Written made = write_now(host, write);
  const auto page = host.read([&](db::Connection& c) { return db::query_changes(c, {.id = ChangeId(made.id), .build = {}, .sourcestamp = {}}, {}); });
  REQUIRE(page.rows.size() == 1);
  CHECK(page.rows[0].comments.starts_with("nul "));
  CHECK(page.rows[0].author.size() == (backend == Backend::postgresql ? 255U : 300U));
}
