// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "core/base/result.h"
#include "core/db/database.h"

namespace kiln::app {

// What signs the sessions of users: kept in the database where upstream keeps it, made when there is none yet. Loop
// thread; a new one is stored before the reply.
void session_secret(db::Database& db, Reply<std::string> reply);

}  // namespace kiln::app
