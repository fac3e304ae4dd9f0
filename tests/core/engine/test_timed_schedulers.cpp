// SPDX-License-Identifier: MIT
#include <ctime>

#include "tests/support/engine_host.h"

using namespace kiln;
using namespace kiln::testing;
using namespace std::chrono_literals;

namespace {

using Kind = script::SchedulerConfig::Kind;

// The fake clock starts at 2023-11-14 22:13:20 UTC.
struct TimedHost : EngineHost {
  explicit TimedHost(Kind kind) {
    setenv("TZ", "UTC", 1);
    tzset();
    add_worker("w1");
    add_builder("a", {"w1"}, {shell_step("run", "x")})->collapse = script::Collapse::off;
    scheduler = add_change_scheduler("t", {"a"});
    scheduler->kind = kind;
    scheduler->filter = {};
    scheduler->period = 1h;
    scheduler->class_name = "buildbot.schedulers.timed.Timed";
    scheduler->times.minutes.set(0);
    scheduler->times.hours.set(3);
    scheduler->times.days.set();
    scheduler->times.months.set();
    scheduler->times.weekdays.set();
  }
  // Times of the buildsets, in hours since the start.
  std::vector<double> hours() const {
    std::vector<double> found;
    for (const auto& [id, row] : journal.buildsets) {
      found.push_back(static_cast<double>(row.submitted_at - 1'700'000'000) / 3600);
    }
    return found;
  }
  std::size_t builds() const { return journal.buildsets.size(); }
  Json state(const std::string& key) const { return journal.states.at({"t", "Timed", key}); }

  std::shared_ptr<script::SchedulerConfig> scheduler;
};

constexpr auto until_three = 4h + 46min + 40s;  // from the start to 03:00

}  // namespace

TEST_CASE("a periodic scheduler builds at once and then again and again") {
  TimedHost host(Kind::periodic);
  host.scheduler->properties.set("p", 1, "Scheduler");
  host.start();
  host.advance(150min);

  CHECK(host.hours() == std::vector<double>{0, 1, 2});
  const Buildset& buildset = host.journal.buildsets.at(BuildsetId(1));
  CHECK(buildset.reason == host.scheduler->reason);
  CHECK(buildset.sourcestamps[0].revision == std::nullopt);
  CHECK(host.journal.buildset_properties.at(BuildsetId(1)).find("p")->source == "Scheduler");
  CHECK(host.state("last_build") == Json(1'700'007'200.0));
}

TEST_CASE("a restart neither loses nor repeats a timed build") {
  TimedHost host(Kind::periodic);
  host.start();
  host.advance(90min);
  host.restart();
  host.advance(29min);
  CHECK(host.builds() == 2);
  host.advance(1min);
  CHECK(host.hours() == std::vector<double>{0, 1, 2});
}

TEST_CASE("a time that was missed while the master was down is made up for once") {
  TimedHost host(Kind::nightly);
  host.start();
  host.advance(until_three);
  REQUIRE(host.builds() == 1);

  host.clock.jump(50h);  // it was down that long
  host.restart();
  host.advance(1min);
  CHECK(host.builds() == 2);
  host.advance(1h);
  CHECK(host.builds() == 2);
}

TEST_CASE("a build whose unit was not stored when the master was killed is built after the restart") {
  TimedHost host(Kind::periodic);
  host.start();
  host.journal.hold(true);
  host.advance(1h);
  REQUIRE(host.builds() == 1);
  host.journal.hold(false);
  host.restart();  // loses what was held back
  CHECK(host.builds() == 2);
}

TEST_CASE("a nightly scheduler that never ran waits for its time, and builds each night") {
  TimedHost host(Kind::nightly);
  host.start();
  host.advance(until_three - 1s);
  CHECK(host.builds() == 0);
  host.advance(1s);
  CHECK(host.builds() == 1);
  host.advance(24h - 1s);
  CHECK(host.builds() == 1);
  host.advance(1s);
  CHECK(host.builds() == 2);
}

TEST_CASE("clocks that are set neither make a storm of builds nor stop a scheduler") {
  const bool is_nightly = GENERATE(true, false);
  TimedHost host(is_nightly ? Kind::nightly : Kind::periodic);
  host.start();
  host.advance(until_three + 1min);
  const std::size_t before = host.builds();

  SECTION("forward") {
    host.clock.jump(100h);
    host.advance(2min);
    CHECK(host.builds() == before + 1);
  }
  SECTION("back by a little: nothing is built twice") {
    host.clock.jump(-2min);
    host.advance(5min);
    CHECK(host.builds() == before);
  }
  SECTION("back by hours") {
    host.clock.jump(-3h);
    host.advance(2min);
    CHECK(host.builds() == before);
    host.advance(24h);
    CHECK(host.builds() == before + (is_nightly ? 1 : 24));
  }
  SECTION("far into the future and back") {
    host.clock.jump(24h * 365 * 50);
    host.advance(2min);
    host.clock.jump(-24h * 365 * 50);
    host.advance(24h);
    CHECK(host.builds() >= before + 2);
    CHECK(host.builds() <= before + (is_nightly ? 2 : 26));
  }
}

TEST_CASE("the local time of a nightly scheduler follows daylight saving") {
  struct Change {
    const char* zone;
    std::int64_t noon_before;  // the change is next night
    std::size_t hour;
    std::vector<std::string> expected;
  };
  const Change change = GENERATE(
      Change{"Europe/Berlin", 1774695600, 3, {"29 03:00 CEST", "30 03:00 CEST"}},
      Change{"Europe/Berlin", 1774695600, 2, {"29 03:00 CEST", "30 02:00 CEST"}},  // 02:00 does not exist
      Change{"Europe/Berlin", 1792836000, 2, {"25 02:00 CEST", "26 02:00 CET"}},   // 02:00 comes twice
      Change{"America/New_York", 1772902800, 2, {"08 03:00 EDT", "09 02:00 EDT"}},
      Change{"America/New_York", 1793462400, 1, {"01 01:00 EDT", "02 01:00 EST"}});
  CAPTURE(change.zone, change.noon_before);
  TimedHost host(Kind::nightly);
  setenv("TZ", change.zone, 1);
  tzset();
  host.scheduler->times.hours.reset().set(change.hour);
  host.clock.set_wall(std::chrono::seconds(change.noon_before));
  host.start();
  host.advance(47h);

  std::vector<std::string> times;
  for (const auto& [id, row] : host.journal.buildsets) {
    const std::time_t seconds = row.submitted_at;
    char text[20];
    std::strftime(text, sizeof text, "%d %H:%M %Z", std::localtime(&seconds));
    times.emplace_back(text);
  }
  CHECK(times == change.expected);
}

TEST_CASE("with onlyIfChanged nothing is built without a change, except the first time") {
  TimedHost host(Kind::nightly);
  host.scheduler->only_if_changed = true;
  host.start();
  host.advance(until_three);
  CHECK(host.builds() == 1);
  host.advance(24h);
  CHECK(host.builds() == 1);

  host.change("r1");
  host.change("r2");
  CHECK(host.journal.classifications.size() == 2);
  host.restart();
  host.advance(24h);
  REQUIRE(host.builds() == 2);
  CHECK(host.journal.buildsets.at(BuildsetId(2)).sourcestamps[0].revision == "r2");
  CHECK(host.journal.classifications.empty());
  host.advance(24h);
  CHECK(host.builds() == 2);
}

TEST_CASE("onlyIfChanged that was switched on just now builds once more") {
  TimedHost host(Kind::nightly);
  host.start();
  host.advance(until_three);
  host.scheduler->only_if_changed = true;
  host.apply();
  host.advance(24h);
  CHECK(host.builds() == 2);
  host.advance(24h);
  CHECK(host.builds() == 2);
}

TEST_CASE("forced times build without a change") {
  TimedHost host(Kind::nightly);
  host.scheduler->only_if_changed = true;
  host.scheduler->times.hours.set();
  host.scheduler->forced_times = host.scheduler->times;
  host.scheduler->forced_times->hours.reset().set(3);
  host.start();
  host.advance(until_three + 24h);
  CHECK(host.builds() == 3);  // the first one ever, and two at three
}

TEST_CASE("a timed scheduler does not note changes that it does not need") {
  TimedHost host(Kind::nightly);
  host.start();
  host.change("r1");
  CHECK(host.journal.classifications.empty());
}

TEST_CASE("absolute source stamps are those of the last changes, also after a restart") {
  TimedHost host(Kind::nightly);
  host.scheduler->absolute_stamps = true;
  host.scheduler->codebases = {{"app", {"B", std::nullopt, "R", ""}}, {"lib", {"BL", std::nullopt, "RL", ""}}};
  host.start();
  host.change("a1", "main", "app");
  host.advance(until_three);
  host.restart();
  host.advance(24h);

  REQUIRE(host.builds() == 2);
  const auto& stamps = host.journal.buildsets.at(BuildsetId(2)).sourcestamps;
  CHECK(stamps[0].revision == "a1");
  CHECK(stamps[0].branch == "main");
  CHECK(stamps[1].branch == "BL");
  CHECK(host.state("lastCodebases") ==
        Json(JsonObject{{"app", JsonObject{{"repository", "file:///repo"}, {"branch", "main"}, {"revision", "a1"},
                                           {"lastChange", 1}}}}));
}

TEST_CASE("a disabled timed scheduler makes up for what it missed when it is enabled") {
  TimedHost host(Kind::periodic);
  host.start();
  const auto enable = [&](bool enabled) {
    host.engine->enable_scheduler(SchedulerId(1), enabled, [](Result<void> done) { REQUIRE(done); });
    host.settle();
  };
  enable(false);
  host.advance(5h);
  CHECK(host.builds() == 1);
  enable(true);
  CHECK(host.builds() == 2);
  host.advance(59min);
  CHECK(host.builds() == 2);
}

TEST_CASE("nothing piles up while the database cannot be written") {
  TimedHost host(Kind::periodic);
  host.scheduler->period = 5min;
  host.start();
  host.journal.set_failing(true);
  host.advance(10h);
  host.journal.set_failing(false);
  host.advance(2min);
  CHECK(host.builds() <= 3);
  host.advance(5min);
  CHECK(host.builds() <= 4);
  CHECK(host.builds() >= 3);
}
