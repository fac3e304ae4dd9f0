// SPDX-License-Identifier: MIT
#pragma once

#include "core/script/runtime.h"

namespace kiln::app {

// The command `kilnbot`: parses the command line, does what it says, returns the exit status. Call from main().
int run_master(int argc, char** argv, const script::RuntimeFactory& make_runtime);

}  // namespace kiln::app
