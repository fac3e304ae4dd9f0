// SPDX-License-Identifier: MIT
#include "core/engine/cron.h"

#include <chrono>
#include <ctime>

namespace kiln::engine {
namespace {

using script::CronTimes;

constexpr std::int64_t minute_s = 60;
constexpr std::int64_t day_s = 86400;
// February 29 comes again after at most eight years.
constexpr int most_days = 366 * 9;

std::int64_t offset_at(EpochSeconds time) {
  const std::time_t seconds = time;
  std::tm parts{};
  localtime_r(&seconds, &parts);
  return parts.tm_gmtoff;
}

bool fits(const CronTimes& times, std::chrono::sys_days day) {
  const std::chrono::year_month_day date(day);
  if (!times.months[static_cast<unsigned>(date.month())]) return false;
  const bool is_last = day == std::chrono::sys_days(date.year() / date.month() / std::chrono::last);
  const bool day_fits = times.days[static_cast<unsigned>(date.day())] || (times.last_day && is_last);
  const bool weekday_fits = times.weekdays[std::chrono::weekday(day).c_encoding()];
  if (times.any_day) return times.any_weekday || weekday_fits;
  return times.any_weekday ? day_fits : day_fits || weekday_fits;
}

std::optional<std::int64_t> minute_of_day(const CronTimes& times, std::int64_t first) {
  for (std::int64_t minute = first; minute < 24 * 60; ++minute) {
    if (times.hours[static_cast<std::size_t>(minute / 60)] && times.minutes[static_cast<std::size_t>(minute % 60)]) {
      return minute;
    }
  }
  return std::nullopt;
}

// On a calendar without time zones.
std::optional<std::int64_t> next_local(const CronTimes& times, std::int64_t after) {
  const std::chrono::sys_seconds start(std::chrono::seconds(after - ((after % minute_s) + minute_s) % minute_s + minute_s));
  auto day = std::chrono::floor<std::chrono::days>(start);
  std::int64_t first = (start - day).count() / minute_s;
  for (int i = 0; i < most_days; ++i, ++day, first = 0) {
    if (!fits(times, day)) continue;
    if (const auto minute = minute_of_day(times, first)) {
      return std::chrono::sys_seconds(day).time_since_epoch().count() + *minute * minute_s;
    }
  }
  return std::nullopt;
}

// When the wall clock shows `local` for the first time after `after`.
EpochSeconds time_of(std::int64_t local, EpochSeconds after) {
  const EpochSeconds before_change = local - offset_at(local - day_s);
  const EpochSeconds after_change = local - offset_at(local + day_s);
  for (const EpochSeconds time : {before_change, after_change}) {
    if (time + offset_at(time) == local && time > after) return time;
  }
  return before_change;  // the clock skips it
}

// The first moment in (from, to] at which the offset is not that of `from` any more.
EpochSeconds change_between(EpochSeconds from, EpochSeconds to) {
  const std::int64_t offset = offset_at(from);
  while (to - from > 1) {
    const EpochSeconds middle = from + (to - from) / 2;
    (offset_at(middle) == offset ? from : to) = middle;
  }
  return to;
}

}  // namespace

std::optional<EpochSeconds> next_time(const CronTimes& times, EpochSeconds after) {
  const std::int64_t offset = offset_at(after);
  const auto local = next_local(times, after + offset);
  if (!local) return std::nullopt;
  const EpochSeconds time = time_of(*local, after);
  if (!times.hours.all() || offset_at(time) >= offset) return time;
  // Clocks are put back on the way: the times of the hour that comes again are between.
  const EpochSeconds change = change_between(after, time);
  const std::int64_t later_offset = offset_at(change);
  const auto again = next_local(times, change + later_offset - 1);
  if (!again) return time;
  const EpochSeconds repeated = *again - later_offset;
  return repeated < time && repeated + offset_at(repeated) == *again ? repeated : time;
}

}  // namespace kiln::engine
