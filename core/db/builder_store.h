// SPDX-License-Identifier: MIT
#pragma once

#include "core/db/scopes.h"
#include "core/model/entities.h"

namespace kiln::db {

Result<Rows<Builder>> query_builders(Connection& connection, const BuilderScope& scope, const ResultSpec& spec);

}  // namespace kiln::db
