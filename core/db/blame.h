// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "core/db/scopes.h"

namespace kiln::db {

// The changes that a build has and the last successful build of the same builder and sources had not
// (reference/db.md section 4), in no order. Unknown build: none.
Result<std::vector<ChangeId>> changes_of_build(Connection& connection, const BuildPath& path);

}  // namespace kiln::db
