// SPDX-License-Identifier: MIT
#pragma once

#include "core/db/scopes.h"
#include "core/db/write_context.h"
#include "core/model/entities.h"

namespace kiln::db {

Result<Written> apply(WriteContext& context, const writes::AddLog& write);
Result<Written> apply(WriteContext& context, const writes::SetLogLines& write);
Result<Written> apply(WriteContext& context, const writes::FinishLog& write);

Result<Rows<Log>> query_logs(Connection& connection, const LogScope& scope, const ResultSpec& spec);

}  // namespace kiln::db
