// SPDX-License-Identifier: MIT
#pragma once

#include "core/app/options.h"
#include "core/base/result.h"

namespace kiln::app {

// Ends the master of a base directory: tells it to stop (with --clean: once the running builds have finished),
// then waits until its process is gone, for 10 s, with --clean for ever. With --cancel: calls a clean stop off. Errors:
// cancelled when somebody else calls it off meanwhile.
Result<void> stop_master(const Stop& options);

}  // namespace kiln::app
