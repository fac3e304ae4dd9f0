// SPDX-License-Identifier: MIT
#pragma once

#include "core/db/scopes.h"
#include "core/db/write_context.h"
#include "core/model/entities.h"

namespace kiln::db {

Result<Written> apply(WriteContext& context, const writes::AddBuildset& write);
Result<Written> apply(WriteContext& context, const writes::CompleteBuildset& write);

Result<Rows<Buildset>> query_buildsets(Connection& connection, const BuildsetScope& scope, const ResultSpec& spec);
Result<Properties> query_buildset_properties(Connection& connection, BuildsetId buildset);
// Of the buildsets with requests that no master has claimed.
Result<std::vector<std::pair<BuildsetId, Properties>>> query_waiting_properties(Connection& connection);

}  // namespace kiln::db
