// SPDX-License-Identifier: MIT
#pragma once

#include "core/db/scopes.h"
#include "core/db/write_context.h"
#include "core/model/entities.h"

namespace kiln::db {

Result<Written> apply(WriteContext& context, const writes::ClaimRequests& write);
Result<Written> apply(WriteContext& context, const writes::UnclaimRequests& write);
Result<Written> apply(WriteContext& context, const writes::CompleteRequests& write);
Result<Written> apply(WriteContext& context, const writes::SetRequestPriority& write);

Result<Rows<BuildRequest>> query_requests(Connection& connection, const RequestScope& scope, const ResultSpec& spec);

}  // namespace kiln::db
