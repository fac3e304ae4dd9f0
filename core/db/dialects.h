// SPDX-License-Identifier: MIT
#pragma once

#include <memory>

#include "core/db/connection.h"

namespace kiln::db {

Result<std::unique_ptr<Connection>> connect_sqlite(const DatabaseUrl& url, Access access, bool create);
Result<std::unique_ptr<Connection>> connect_postgresql(const DatabaseUrl& url, Access access);

}  // namespace kiln::db
