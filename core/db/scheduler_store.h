// SPDX-License-Identifier: MIT
#pragma once

#include "core/db/scopes.h"
#include "core/db/write_context.h"
#include "core/model/entities.h"

namespace kiln::db {

Result<Written> apply(WriteContext& context, const writes::SetSchedulerEnabled& write);

Result<Rows<Scheduler>> query_schedulers(Connection& connection, const SchedulerScope& scope, const ResultSpec& spec);
Result<Rows<ChangeSource>> query_change_sources(Connection& connection, const ChangeSourceScope& scope,
                                                const ResultSpec& spec);

}  // namespace kiln::db
