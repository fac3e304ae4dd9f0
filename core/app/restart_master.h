// SPDX-License-Identifier: MIT
#pragma once

#include "core/app/options.h"
#include "core/app/start_master.h"

namespace kiln::app {

// Stops the master of a base directory, if one runs, and starts it. The exit status.
int restart_master(const Restart& options, const MakeRuntime& make_runtime);

}  // namespace kiln::app
