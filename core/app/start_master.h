// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <memory>

#include "core/app/options.h"
#include "core/script/runtime.h"

namespace kiln::app {

// Runs the master of a base directory, as a daemon unless --nodaemon: the exit status of the command, and of the daemon.
int start_master(const Start& options, const std::function<Result<std::unique_ptr<script::Runtime>>()>& make_runtime);

}  // namespace kiln::app
