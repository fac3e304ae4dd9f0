// SPDX-License-Identifier: MIT
#pragma once

#include "core/db/scopes.h"
#include "core/db/write_context.h"
#include "core/model/entities.h"

namespace kiln::db {

Result<Written> apply(WriteContext& context, const writes::AddStep& write);
Result<Written> apply(WriteContext& context, const writes::StartStep& write);
Result<Written> apply(WriteContext& context, const writes::SetStepState& write);
Result<Written> apply(WriteContext& context, const writes::SetStepUrls& write);
Result<Written> apply(WriteContext& context, const writes::FinishStep& write);

Result<Rows<Step>> query_steps(Connection& connection, const StepScope& scope, const ResultSpec& spec);

}  // namespace kiln::db
