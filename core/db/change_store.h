// SPDX-License-Identifier: MIT
#pragma once

#include "core/db/scopes.h"
#include "core/db/write_context.h"
#include "core/model/entities.h"

namespace kiln::db {

Result<Written> apply(WriteContext& context, const writes::AddChange& write);
Result<Written> apply(WriteContext& context, const writes::ClassifyChange& write);
Result<Written> apply(WriteContext& context, const writes::DropClassifications& write);

// /changes comes in the order that upstream's has: the page reversed (reference/rest.md section 2, "Default order").
Result<Rows<Change>> query_changes(Connection& connection, const ChangeScope& scope, const ResultSpec& spec);
// Of each sourcestamp that has these values the newest change, where there is one. Ids are not looked at.
Result<std::vector<Change>> query_changes_of_stamps(Connection& connection, const std::vector<SourceStamp>& stamps);
Result<Properties> query_change_properties(Connection& connection, ChangeId change);

}  // namespace kiln::db
