// SPDX-License-Identifier: MIT
#pragma once

#include "core/app/options.h"
#include "core/base/result.h"

namespace kiln::app {

// Ends the master of a base directory: SIGTERM, or SIGUSR1 with --clean, then waits until its process is gone (10 s
// after SIGTERM, for ever after SIGUSR1).
Result<void> stop_master(const Stop& options);

}  // namespace kiln::app
