// SPDX-License-Identifier: MIT
#pragma once

#include "core/db/scopes.h"
#include "core/db/write_context.h"
#include "core/model/entities.h"

namespace kiln::db {

Result<Written> apply(WriteContext& context, const writes::WorkerConnected& write);
Result<Written> apply(WriteContext& context, const writes::WorkerDisconnected& write);
Result<Written> apply(WriteContext& context, const writes::SetWorkerState& write);

Result<Rows<Worker>> query_workers(Connection& connection, const WorkerScope& scope, const ResultSpec& spec);

}  // namespace kiln::db
