// SPDX-License-Identifier: MIT
#pragma once

#include "core/db/write_context.h"

namespace kiln::db {

Result<Written> apply(WriteContext& context, const writes::ApplyConfig& write);
Result<Written> apply(WriteContext& context, const writes::AddVirtualBuilder& write);

}  // namespace kiln::db
