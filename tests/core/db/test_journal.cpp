// SPDX-License-Identifier: MIT
#include <catch2/generators/catch_generators.hpp>

#include "tests/core/db/database_host.h"

using namespace kiln;
using namespace kiln::testing;

TEST_CASE("the database is a journal") {
  const auto backend = GENERATE(Backend::sqlite_file, Backend::sqlite_memory, Backend::postgresql);
  CAPTURE(backend);
  check_journal_contract([&] { return std::make_unique<DatabaseHost>(backend); });
}

TEST_CASE("a unit that the database refuses does not take others with it") {
  const auto backend = GENERATE(Backend::sqlite_file, Backend::postgresql);
  CAPTURE(backend);
  DatabaseHost host(backend);
  const BaseRows base = apply_small_config(host);
  const Written set = write_now(host, buildset_for({base.builders[0]}));
  const Written build = write_now(host, build_of(base.builders[0], set.child_ids[0], base.workers[0]));
  const auto step = [&](const std::string& name) {
    return writes::AddStep{.build = BuildId(build.id), .number = name == "a" ? 0 : 1, .name = name, .state_string = "pending", .started_at = {}, .locks_acquired_at = {}};
  };
  std::vector<std::string> ran;
  // A lock held outside keeps all of them for one batch.
  const auto outside = host.connect();
  auto lock = db::Transaction::begin(*outside).value();
  outside->run("UPDATE builders SET description = ? WHERE id = ?", "x", base.builders[0]).value();
  const std::vector<std::pair<std::string, bool>> units{{"a", false}, {"a", true}, {"b", false}};
  for (const auto& [name, with_state] : units) {
    Unit unit;
    if (with_state) unit.add(writes::SetState{"o", "c", "left behind", true});
    unit.add(step(name));
    unit.add(writes::ApplyConfig(small_config()));  // waits for the lock on PostgreSQL too
    unit.then([&ran, name = name](const Committed&) { ran.push_back(name); });
    host.journal().commit(std::move(unit));
  }
  lock.commit().value();
  REQUIRE(host.run_until([&] { return ran.size() == 2 && host.refused().size() == 1; }));
  CHECK(ran == std::vector<std::string>{"a", "b"});
  CHECK(host.integer("SELECT count(*) FROM steps") == 2);
  CHECK(host.integer("SELECT count(*) FROM object_state") == 0);  // nothing of the refused unit
}

TEST_CASE("what is queued at the shutdown is written") {
  const auto backend = GENERATE(Backend::sqlite_file, Backend::postgresql);
  CAPTURE(backend);
  DatabaseHost host(backend);
  for (int i = 0; i < 200; ++i) {
    Unit unit;
    unit.add(writes::SetState{"o", "c", "k" + std::to_string(i), i});
    host.journal().commit(std::move(unit));
  }
  const auto before = host.database().data_version();
  host.database().shutdown();
  CHECK(host.database().data_version() >= before);
  host.reopen();
  CHECK(host.integer("SELECT count(*) FROM object_state") == 200);
}

TEST_CASE("reads see what was committed before they were asked") {
  const auto backend = GENERATE(Backend::sqlite_file, Backend::sqlite_memory, Backend::postgresql);
  CAPTURE(backend);
  DatabaseHost host(backend);
  std::vector<std::int64_t> seen;
  for (int i = 1; i <= 20; ++i) {
    Unit unit;
    unit.add(writes::SetState{"o", "c", "k" + std::to_string(i), i});
    unit.then([&](const Committed&) {
      host.database().read<std::optional<std::int64_t>>(
          [](db::Connection& connection) { return connection.integer("SELECT count(*) FROM object_state"); },
          [&](Result<std::optional<std::int64_t>> count) { seen.push_back(count.value().value()); });
    });
    host.journal().commit(std::move(unit));
  }
  REQUIRE(host.run_until([&] { return seen.size() == 20; }));
  std::int64_t at_least = 1;
  std::sort(seen.begin(), seen.end());
  for (const std::int64_t count : seen) CHECK(count >= at_least++);
}
