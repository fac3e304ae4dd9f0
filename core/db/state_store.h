// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string_view>

#include "core/db/write_context.h"

namespace kiln::db {

Result<Written> apply(WriteContext& context, const writes::SetState& write);
Result<Written> apply(WriteContext& context, const writes::FindObject& write);
Result<Written> apply(WriteContext& context, const writes::SetObjectState& write);

// The row of the objects table, made when missing.
Result<std::int64_t> object_id(Connection& connection, std::string_view name, std::string_view class_name);

// Nothing: never set.
Result<std::optional<Json>> get_state(Connection& connection, std::string_view object_name,
                                      std::string_view class_name, std::string_view key);
Result<std::optional<Json>> get_object_state(Connection& connection, std::int64_t object, std::string_view key);

}  // namespace kiln::db
