// SPDX-License-Identifier: MIT
#pragma once

#include "core/app/options.h"
#include "core/base/result.h"

namespace kiln::app {

// Makes the running master read its configuration again, and waits until it has. Errors: what was wrong.
Result<void> reconfig_master(const Reconfig& options);

}  // namespace kiln::app
