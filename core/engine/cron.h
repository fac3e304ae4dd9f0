// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "core/base/clock.h"
#include "core/script/cron_times.h"

namespace kiln::engine {

// The first time after `after` that fits, on the wall clock of the process's time zone. Where clocks are put forward,
// a time that does not exist that day counts from before the change (02:30 becomes 03:30). Where they are put back, an
// hour that comes twice is used twice only by times that name no hour. None: no such day in the next years.
std::optional<EpochSeconds> next_time(const script::CronTimes& times, EpochSeconds after);

}  // namespace kiln::engine
