// SPDX-License-Identifier: MIT
#pragma once

#include <span>

#include "core/db/database.h"
#include "core/logs/log_store.h"

namespace kiln::app {

// After a crash: sets the line counts of the logs of builds that were finished at this start to what their files hold,
// and closes the files. Before the engine starts.
Result<void> reconcile_logs(db::Database& db, logs::LogStore& logs, std::span<const BuildId> builds);

}  // namespace kiln::app
