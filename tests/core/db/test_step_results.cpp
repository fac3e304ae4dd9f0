// SPDX-License-Identifier: MIT
#include <catch2/generators/catch_generators.hpp>

#include "core/db/extra_queries.h"
#include "core/db/state_store.h"
#include "tests/core/db/database_host.h"

using namespace kiln;
using namespace kiln::testing;

namespace {

struct Places {
  BuilderId builder;
  BuildId build;
  StepId step;
};

Places add_step(DatabaseHost& host) {
  const BaseRows base = apply_small_config(host);
  const Written made = write_now(host, buildset_for({base.builders[0]}));
  const Written build = write_now(host, build_of(base.builders[0], made.child_ids[0], base.workers[0]));
  const Written step = write_now(host, writes::AddStep{.build = BuildId(build.id), .number = 1, .name = "test", .state_string = "pending", .started_at = {}, .locks_acquired_at = {}});
  return {base.builders[0], BuildId(build.id), StepId(step.id)};
}

TestResult result(std::string value, std::optional<std::string> name, std::optional<std::string> path = {}) {
  TestResult one;
  one.value = std::move(value);
  one.test_name = std::move(name);
  one.test_code_path = std::move(path);
  return one;
}

}  // namespace

TEST_CASE("data of a build is stored by name, byte by byte") {
  DatabaseHost host(GENERATE(Backend::sqlite_file, Backend::postgresql));
  const Places rows = add_step(host);
  const std::string bytes("\0\xff text\0", 8);
  write_now(host, writes::SetBuildData{rows.build, "dätä/1", "old", "first"});
  write_now(host, writes::SetBuildData{rows.build, "dätä/1", bytes, "second"});
  write_now(host, writes::SetBuildData{rows.build, "empty", "", "third"});

  db::BuildDataScope scope{.build = {.id = rows.build, .builder = {}, .builder_name = {}, .number = {}}, .name = {}, .with_value = true};
  const auto found = host.read([&](db::Connection& connection) { return db::query_build_data(connection, scope); });
  REQUIRE(found.size() == 2);
  CHECK(found[0].name == "dätä/1");
  CHECK(found[0].value == bytes);
  CHECK(found[0].length == 8);
  CHECK(found[0].source == "second");
  CHECK(found[1].value == "");
}

TEST_CASE("test results share the rows of names and paths, for each builder") {
  DatabaseHost host(GENERATE(Backend::sqlite_file, Backend::postgresql));
  const Places rows = add_step(host);
  TestResultSet set;
  set.builderid = rows.builder;
  set.buildid = rows.build;
  set.stepid = rows.step;
  set.category = "pass_fail";
  set.value_unit = "boolean";
  const std::int64_t id = write_now(host, writes::AddTestResultSet{set}).id;
  for (int i = 0; i < 2; ++i) {
    write_now(host, writes::AddTestResults{id, rows.builder, {result("1", "one", "a.c"), result("0", "one"), result("1", {}, "a.c"), result("it's ü", "two")}});
  }
  write_now(host, writes::CompleteTestResultSet{id, 4, 2});

  CHECK(host.integer("SELECT count(*) FROM test_names") == 2);
  CHECK(host.integer("SELECT count(*) FROM test_code_paths") == 1);
  const auto sets = host.read([&](db::Connection& connection) { return db::query_test_result_sets(connection, {.id = {}, .builder = {}, .builder_name = {}, .build = {}, .step = rows.step}); });
  REQUIRE(sets.size() == 1);
  CHECK(sets[0].complete);
  CHECK(sets[0].tests_passed == 4);
  CHECK(sets[0].tests_failed == 2);
  CHECK_FALSE(sets[0].description);
  const auto results = host.read([&](db::Connection& connection) { return db::query_test_results(connection, id); });
  REQUIRE(results.size() == 8);
  CHECK(results[0].test_name == "one");
  CHECK(results[0].test_code_path == "a.c");
  CHECK_FALSE(results[2].test_name);
  CHECK(results[7].value == "it's ü");
}

TEST_CASE("states of objects are read as they were set") {
  DatabaseHost host(GENERATE(Backend::sqlite_file, Backend::postgresql));
  const std::int64_t object = write_now(host, writes::FindObject{"poller", "Poller"}).id;
  const auto read = [&](const std::string& key) {
    return host.read([&](db::Connection& connection) { return db::get_object_state(connection, object, key); });
  };
  CHECK_FALSE(read("last"));
  write_now(host, writes::SetObjectState{object, "last", Json(nullptr), false});
  CHECK(read("last") == Json(nullptr));
  write_now(host, writes::SetObjectState{object, "last", JsonArray{1, "ü"}, false});
  write_now(host, writes::SetObjectState{object, "last", Json(7), true});
  CHECK(read("last") == Json(JsonArray{1, "ü"}));
}
