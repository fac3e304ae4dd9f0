// SPDX-License-Identifier: MIT
#pragma once

#include "core/db/connection.h"
#include "core/model/journal.h"

namespace kiln::db {

// In one transaction: the master's row, active; what its last run left behind is ended; silent masters expire.
// Then reads what the engine starts from.
Result<Snapshot> start_master(Connection& connection, std::string_view master_name, EpochSeconds now);

}  // namespace kiln::db
