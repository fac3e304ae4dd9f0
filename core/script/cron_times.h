// SPDX-License-Identifier: MIT
#pragma once

#include <bitset>

namespace kiln::script {

// Minutes of the local time at which something is due, as cron's five fields say it.
struct CronTimes {
  std::bitset<60> minutes;
  std::bitset<24> hours;
  std::bitset<32> days;    // of the month, from 1
  std::bitset<13> months;  // from 1
  std::bitset<7> weekdays; // from Sunday
  bool last_day = false;   // of the month, beside `days`
  // A day counts when one of its two fields holds, but a field that leaves the day open is not asked.
  bool any_day = true;
  bool any_weekday = true;
};

}  // namespace kiln::script
