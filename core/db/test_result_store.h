// SPDX-License-Identifier: MIT
#pragma once

#include "core/db/write_context.h"

namespace kiln::db {

Result<Written> apply(WriteContext& context, const writes::AddTestResultSet& write);
Result<Written> apply(WriteContext& context, const writes::AddTestResults& write);
Result<Written> apply(WriteContext& context, const writes::CompleteTestResultSet& write);

}  // namespace kiln::db
