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

}  // namespace kiln::db
