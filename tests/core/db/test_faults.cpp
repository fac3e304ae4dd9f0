// SPDX-License-Identifier: MIT
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/generators/catch_generators.hpp>
#include <chrono>
#include <csignal>
#include <thread>

#include "tests/core/db/database_host.h"

using namespace kiln;
using namespace kiln::testing;

namespace {

writes::SetState state(const std::string& key, Json value) { return {"o", "c", key, std::move(value)}; }

bool wait_for(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

// Queues a unit that notes its name when it is committed.
void commit_noted(DatabaseHost& host, const std::string& name, std::vector<std::string>& ran) {
  Unit unit;
  unit.add(state(name, true));
  unit.then([&ran, name](const Committed&) { ran.push_back(name); });
  host.journal().commit(std::move(unit));
}

void watch_storage(DatabaseHost& host, std::vector<std::string>& ran) {
  host.journal().on_storage_lost([&ran](bool lost) { ran.push_back(lost ? "lost" : "back"); });
}

}  // namespace

TEST_CASE("a locked database is tried again until it is free") {
  const TemporaryDirectory directory;
  DatabaseHost host("sqlite:///" + (directory.path() / "s.sqlite").string() + "?timeout=0");
  std::vector<std::string> ran;
  watch_storage(host, ran);
  const auto outside = host.connect();
  {
    const auto lock = db::Transaction::begin(*outside).value();
    commit_noted(host, "a", ran);
    commit_noted(host, "b", ran);
    REQUIRE(wait_for([&] { return host.database().retries() > 3; }));
    CHECK(ran.empty());
    // Readers do not mind.
    CHECK(host.integer("SELECT count(*) FROM object_state") == 0);
  }
  REQUIRE(host.run_until([&] { return ran.size() == 2; }));
  CHECK(ran == std::vector<std::string>{"a", "b"});
}

TEST_CASE("a full disk stops nothing for good") {
  DatabaseHost host(Backend::sqlite_file);
  std::vector<std::string> ran;
  watch_storage(host, ran);
  rlimit old{};
  getrlimit(RLIMIT_FSIZE, &old);
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit small = old;
  small.rlim_cur = 1;
  setrlimit(RLIMIT_FSIZE, &small);
  commit_noted(host, "a", ran);
  const bool noticed = host.run_until([&] { return !ran.empty(); });
  commit_noted(host, "b", ran);
  setrlimit(RLIMIT_FSIZE, &old);
  std::signal(SIGXFSZ, old_handler);
  REQUIRE(noticed);
  REQUIRE(host.run_until([&] { return ran.size() == 4; }));
  CHECK(ran == std::vector<std::string>{"lost", "back", "a", "b"});
  CHECK(host.integer("SELECT count(*) FROM object_state") == 2);
}

TEST_CASE("what was announced survives a killed process") {
  const TemporaryDirectory directory;
  const std::string url = fresh_url(Backend::sqlite_file, directory.path());
  int pipe_ends[2];
  REQUIRE(pipe(pipe_ends) == 0);
  const pid_t child = fork();
  if (child == 0) {
    // Commits as fast as it can and tells of each effect, until it is killed.
    DatabaseHost host(url);
    std::int64_t announced = 0;
    for (std::int64_t i = 0;; ++i) {
      Unit unit;
      unit.add(state("k" + std::to_string(i), i));
      unit.then([&, i](const Committed&) {
        announced = i;
        if (write(pipe_ends[1], &announced, sizeof announced) != sizeof announced) _exit(1);
      });
      host.journal().commit(std::move(unit));
      if (i % 50 == 0) host.run_until([&] { return announced == i; });
    }
  }
  close(pipe_ends[1]);
  std::int64_t last = -1;
  for (std::int64_t got; last < 500 && read(pipe_ends[0], &got, sizeof got) == sizeof got;) last = got;
  REQUIRE(last >= 500);
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  for (std::int64_t got; read(pipe_ends[0], &got, sizeof got) == sizeof got;) last = got;
  close(pipe_ends[0]);
  DatabaseHost host(url);
  CHECK(host.integer("SELECT count(*) FROM object_state") >= last + 1);
  CHECK(host.integer("SELECT max(CAST(value_json AS INTEGER)) + 1 - count(*) FROM object_state") == 0);  // no holes
}

TEST_CASE("a broken connection is opened again and nothing is lost or doubled") {
  DatabaseHost host(Backend::postgresql);
  std::vector<std::string> ran;
  watch_storage(host, ran);
  const auto outside = host.connect();
  const std::string others = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                             "WHERE datname = current_database() AND pid <> pg_backend_pid()";
  REQUIRE(outside->integer(others).value().value() >= 1);
  REQUIRE(wait_for([&] {
    return outside->integer("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()").value() == 1;
  }));
  commit_noted(host, "a", ran);
  REQUIRE(host.run_until([&] { return ran.size() == 3; }));
  CHECK(ran == std::vector<std::string>{"lost", "back", "a"});
  CHECK(host.integer("SELECT count(*) FROM object_state") == 1);  // the reader came back too
}

TEST_CASE("a connection that breaks in a commit is looked up before anything is written again") {
  DatabaseHost host(Backend::postgresql);
  const BaseRows base = apply_small_config(host);
  const Written set = write_now(host, buildset_for({base.builders[0]}));
  const auto outside = host.connect();
  int builds = 0;
  const auto commit_build = [&] {
    Unit unit;
    unit.add(build_of(base.builders[0], set.child_ids[0], base.workers[0]));
    unit.then([&](const Committed& written) { builds = static_cast<int>(written.at(0).number); });
    host.journal().commit(std::move(unit));
  };
  SECTION("it was not committed") {
    // The server itself cuts the connection while it commits, the first time.
    outside->script("CREATE SEQUENCE tries; CREATE FUNCTION cut() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
                    "IF nextval('tries') = 1 THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF; "
                    "RETURN NULL; END $$; CREATE CONSTRAINT TRIGGER cut AFTER INSERT ON builds "
                    "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION cut()").value();
    commit_build();
  }
  SECTION("it was committed") {
    // A commit that is on disk here waits for a standby that never comes; its connection is cut then.
    const auto set_standby = [&](const std::string& names) {
      outside->script("ALTER SYSTEM SET synchronous_standby_names = '" + names + "'").value();
      outside->script("SELECT pg_reload_conf()").value();
    };
    set_standby("nobody");
    REQUIRE(wait_for([&] {
      return outside->integer("SELECT count(*) FROM pg_settings WHERE name = 'synchronous_standby_names' AND setting = 'nobody'").value() == 1;
    }));
    outside->script("CHECKPOINT").value();  // its process is the one that makes commits wait: it has read the setting now
    commit_build();
    const bool waited = wait_for([&] {
      return outside->integer("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'").value().value() == 1;
    });
    outside->script("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'").value();
    set_standby("");
    REQUIRE(waited);
  }
  REQUIRE(host.run_until([&] { return builds > 0; }));
  CHECK(builds == 1);
  CHECK(host.integer("SELECT count(*) FROM builds") == 1);
}

TEST_CASE("two masters do not take the same build number or request") {
  DatabaseHost host(Backend::postgresql);
  const BaseRows base = apply_small_config(host);
  const Written set = write_now(host, buildset_for({base.builders[0], base.builders[1]}));
  const auto other = host.connect();
  const std::int64_t master = host.snapshot().master.value;
  bool claimed = true;
  std::int64_t number = 0;
  {
    // The other master's transaction is not over when ours comes.
    auto transaction = db::Transaction::begin(*other).value();
    other->run("INSERT INTO builds (number, builderid, buildrequestid, masterid, started_at, locks_duration_s, state_string) "
               "VALUES (1, ?, ?, ?, 1, 0, '')", base.builders[0], set.child_ids[0], master).value();
    other->run("INSERT INTO buildrequest_claims (brid, masterid, claimed_at) VALUES (?, ?, 1)", set.child_ids[1], master).value();
    Unit unit;
    const auto build = unit.add(build_of(base.builders[0], set.child_ids[0], base.workers[0]));
    const auto claim = unit.add(writes::ClaimRequests{{RequestId(set.child_ids[0]), RequestId(set.child_ids[1])}, 2});
    unit.then([&, build, claim](const Committed& written) {
      number = written.at(build).number;
      claimed = written.at(claim).ok;
    });
    host.journal().commit(std::move(unit));
    const auto watch = host.connect();
    REQUIRE(wait_for([&] {
      return watch->integer("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'").value() == 1;
    }));
    transaction.commit().value();
  }
  REQUIRE(host.run_until([&] { return number != 0; }));
  CHECK(number == 2);
  CHECK_FALSE(claimed);
  CHECK(host.integer("SELECT count(*) FROM buildrequest_claims") == 1);
}
