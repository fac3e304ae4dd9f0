// SPDX-License-Identifier: MIT
#include "core/engine/cron.h"

#include <fmt/format.h>

#include <catch2/catch_test_macros.hpp>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <sstream>

#include "core/base/json.h"

using namespace kiln;

namespace {

// Sets the process's time zone for a test.
class TimeZone {
 public:
  explicit TimeZone(const std::string& name) {
    const char* before = std::getenv("TZ");
    if (before != nullptr) before_ = before;
    set(name);
  }
  ~TimeZone() { set(before_); }
  TimeZone(const TimeZone&) = delete;
  TimeZone& operator=(const TimeZone&) = delete;
  static void set(const std::string& name) {
    if (name.empty()) {
      unsetenv("TZ");
    } else {
      setenv("TZ", name.c_str(), 1);
    }
    tzset();
  }

 private:
  std::string before_;
};

template <std::size_t size>
std::bitset<size> to_bits(const Json& numbers) {
  std::bitset<size> bits;
  for (const Json& number : numbers.as_array()) bits.set(static_cast<std::size_t>(number.as_int64()));
  return bits;
}

script::CronTimes to_times(const Json& value) {
  script::CronTimes times;
  times.minutes = to_bits<60>(value.at("minutes"));
  times.hours = to_bits<24>(value.at("hours"));
  times.days = to_bits<32>(value.at("days"));
  times.months = to_bits<13>(value.at("months"));
  times.weekdays = to_bits<7>(value.at("weekdays"));
  times.last_day = value.at("last_day").as_bool();
  times.any_day = value.at("any_day").as_bool();
  times.any_weekday = value.at("any_weekday").as_bool();
  return times;
}

script::CronTimes daily(std::initializer_list<std::size_t> hours, std::initializer_list<std::size_t> minutes) {
  script::CronTimes times;
  for (const std::size_t minute : minutes) times.minutes.set(minute);
  for (const std::size_t hour : hours) times.hours.set(hour);
  if (hours.size() == 0) times.hours.set();
  times.days.set();
  times.months.set();
  times.weekdays.set();
  return times;
}

// The next times as text, each after the one before.
std::vector<std::string> following(const script::CronTimes& times, EpochSeconds after, std::size_t count) {
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < count; ++i) {
    after = engine::next_time(times, after).value();
    const std::time_t seconds = after;
    std::tm parts{};
    localtime_r(&seconds, &parts);
    char text[40];
    std::strftime(text, sizeof text, "%d %H:%M %Z", &parts);
    texts.emplace_back(text);
  }
  return texts;
}

using Texts = std::vector<std::string>;
constexpr EpochSeconds new_york_march_8 = 1772946000;     // 2026-03-08 00:00 EST, clocks go from 02:00 to 03:00
constexpr EpochSeconds new_york_november_1 = 1793505600;  // 2026-11-01 00:00 EDT, clocks go from 02:00 to 01:00

}  // namespace

TEST_CASE("the next time is the one that Buildbot 4.3 finds") {
  std::ifstream file(KILN_TEST_DATA "/schedulers/cron.json");
  std::stringstream text;
  text << file.rdbuf();
  const Json data = parse_json(text.str()).value();
  std::vector<script::CronTimes> sets;
  for (const Json& set : data.at("sets").as_array()) sets.push_back(to_times(set.at("times")));
  const JsonArray& rows = data.at("rows").as_array();
  REQUIRE(rows.size() > 1000);

  const TimeZone zone("UTC");
  std::string current;
  Texts wrong;
  for (const Json& row : rows) {
    const std::string name(row.at(2).as_string());
    if (current != name) TimeZone::set(current = name);
    const auto set = static_cast<std::size_t>(row.at(0).as_int64());
    const auto next = engine::next_time(sets[set], row.at(1).as_int64());
    if (next == row.at(3).as_int64()) continue;
    wrong.push_back(fmt::format("{} after {} in {}: {}, not {}", dump_json(data.at("sets").at(set).at("args")),
                                row.at(1).as_int64(), name, next.value_or(0), row.at(3).as_int64()));
  }
  CHECK(wrong == Texts{});
}

TEST_CASE("where clocks are put forward a skipped time comes an hour later, and no other time moves") {
  const TimeZone zone("America/New_York");
  CHECK(following(daily({2}, {30}), new_york_march_8, 2) == Texts{"08 03:30 EDT", "09 02:30 EDT"});
  CHECK(following(daily({3}, {0}), new_york_march_8, 2) == Texts{"08 03:00 EDT", "09 03:00 EDT"});
  CHECK(following(daily({1}, {30}), new_york_march_8, 2) == Texts{"08 01:30 EST", "09 01:30 EDT"});
  CHECK(following(daily({}, {0, 30}), new_york_march_8 + 3600, 3) ==
        Texts{"08 01:30 EST", "08 03:00 EDT", "08 03:30 EDT"});
}

TEST_CASE("where clocks are put back a named hour comes once, and every hour comes twice") {
  const TimeZone zone("America/New_York");
  CHECK(following(daily({1}, {30}), new_york_november_1, 2) == Texts{"01 01:30 EDT", "02 01:30 EST"});
  CHECK(following(daily({3}, {0}), new_york_november_1, 2) == Texts{"01 03:00 EST", "02 03:00 EST"});
  CHECK(following(daily({}, {30}), new_york_november_1, 4) ==
        Texts{"01 00:30 EDT", "01 01:30 EDT", "01 01:30 EST", "01 02:30 EST"});
}

TEST_CASE("a change of half an hour is followed") {
  const TimeZone zone("Australia/Lord_Howe");
  // 2026-04-05 00:00 +11, clocks go from 02:00 to 01:30.
  CHECK(following(daily({}, {15, 45}), 1775307600, 5) ==
        Texts{"05 00:15 +11", "05 00:45 +11", "05 01:15 +11", "05 01:45 +11", "05 01:45 +1030"});
}

TEST_CASE("a day that no year has is never found") {
  script::CronTimes times = daily({0}, {0});
  times.days.reset().set(30);
  times.months.reset().set(2);
  times.any_day = false;
  CHECK(engine::next_time(times, 1'700'000'000) == std::nullopt);
}
