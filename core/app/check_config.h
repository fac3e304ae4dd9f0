// SPDX-License-Identifier: MIT
#pragma once

#include "core/app/options.h"
#include "core/script/runtime.h"

namespace kiln::app {

// Runs a configuration file without a master; prints what is wrong. The exit status.
int check_config(const CheckConfig& options, script::Runtime& runtime);

// The same as a running master asks for it: as limited, and what is wrong goes to options.report_fd.
int try_config(const CheckConfig& options, script::Runtime& runtime);

}  // namespace kiln::app
