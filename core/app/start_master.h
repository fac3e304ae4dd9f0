// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <memory>

#include "core/app/options.h"
#include "core/script/runtime.h"

namespace kiln::app {

using MakeRuntime = std::function<Result<std::unique_ptr<script::Runtime>>()>;

// Runs the master of a base directory, as a daemon unless --nodaemon: the exit status of the command, and of the daemon.
int start_master(const Start& options, const MakeRuntime& make_runtime);

}  // namespace kiln::app
