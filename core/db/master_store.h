// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>
#include <vector>

#include "core/db/scopes.h"
#include "core/db/write_context.h"
#include "core/model/entities.h"

namespace kiln::db {

Result<Written> apply(WriteContext& context, const writes::Heartbeat& write);
Result<Written> apply(WriteContext& context, const writes::StopMaster& write);

// Row of the master, made inactive when missing.
Result<MasterId> master_row(Connection& connection, std::string_view name, EpochSeconds now);
Result<void> mark_active(Connection& connection, MasterId master, EpochSeconds now);

// What a master that is not running cannot have: its associations are removed, its unfinished builds end with RETRY
// (they are returned), its claims of open requests are given up (reference/db.md section 7).
Result<std::vector<BuildId>> end_master(Connection& connection, MasterId master, EpochSeconds now);

// Ends all other masters that were silent for ten minutes.
Result<std::vector<BuildId>> expire_masters(Connection& connection, MasterId self, EpochSeconds now);

Result<Rows<Master>> query_masters(Connection& connection, const MasterScope& scope, const ResultSpec& spec);
// Columns id, name, active, last_active.
Master master_of(const Row& row, int first_column);

}  // namespace kiln::db
