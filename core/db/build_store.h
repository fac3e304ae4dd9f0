// SPDX-License-Identifier: MIT
#pragma once

#include "core/db/scopes.h"
#include "core/db/write_context.h"
#include "core/model/entities.h"

namespace kiln::db {

Result<Written> apply(WriteContext& context, const writes::AddBuild& write);
Result<Written> apply(WriteContext& context, const writes::SetBuildState& write);
Result<Written> apply(WriteContext& context, const writes::SetBuildProperties& write);
Result<Written> apply(WriteContext& context, const writes::SetBuildData& write);
Result<Written> apply(WriteContext& context, const writes::FinishBuild& write);

// With the properties that the spec asks for.
Result<Rows<Build>> query_builds(Connection& connection, const BuildScope& scope, const ResultSpec& spec);
Result<Properties> query_build_properties(Connection& connection, BuildId build);

}  // namespace kiln::db
