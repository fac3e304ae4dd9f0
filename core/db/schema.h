// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/db/connection.h"

namespace kiln::db {

inline constexpr std::string_view schema_version = "067";

// The statements that make an empty database one of that version, our own additions not included.
std::vector<std::string> schema_statements(Dialect dialect);

// Makes all tables and stamps the version, in one transaction. The database has to be empty.
Result<void> create_schema(Connection& connection);

// Errors say which version was found and what to do.
Result<void> check_version(Connection& connection);

// Adds what is ours (tables and indexes named kiln_*) where it is missing. Upstream's master ignores it.
Result<void> add_own_objects(Connection& connection);

Result<bool> has_table(Connection& connection, std::string_view name);

}  // namespace kiln::db
