// SPDX-License-Identifier: MIT
#pragma once

#include "core/app/options.h"
#include "core/base/result.h"

namespace kiln::app {

// Makes the base directory with buildbot.tac, master.cfg.sample and the database. An existing one is completed; its
// buildbot.tac is kept unless --force. What it made is removed again when it fails.
Result<void> create_master(const CreateMaster& options);

}  // namespace kiln::app
