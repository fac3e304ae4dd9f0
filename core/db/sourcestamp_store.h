// SPDX-License-Identifier: MIT
#pragma once

#include "core/db/scopes.h"
#include "core/db/write_context.h"
#include "core/model/entities.h"

namespace kiln::db {

// The row with the same values, made when missing. A patch always makes a new patches row, so a new sourcestamp.
Result<SourceStampId> find_or_add_sourcestamp(WriteContext& context, const SourceStamp& stamp);

Result<Rows<SourceStamp>> query_sourcestamps(Connection& connection, const SourceStampScope& scope,
                                             const ResultSpec& spec);

// The columns of a sourcestamp `ss` with its patch `pa`, read by sourcestamp_of from the first of them on.
inline constexpr std::string_view sourcestamp_columns =
    "ss.id, ss.branch, ss.revision, ss.repository, ss.project, ss.codebase, ss.created_at, "
    "pa.id, pa.patchlevel, pa.subdir, pa.patch_author, pa.patch_comment, pa.patch_base64";
inline constexpr std::string_view patch_join = "LEFT JOIN patches pa ON pa.id = ss.patchid";
SourceStamp sourcestamp_of(const Row& row, int first_column);

}  // namespace kiln::db
