// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/result.h"

namespace kiln::db {

enum class Dialect { sqlite, postgresql };

// Where a database is, from a SQLAlchemy url as Buildbot's c['db_url'].
struct DatabaseUrl {
  Dialect dialect = Dialect::sqlite;
  std::string file;        // SQLite: absolute path; in memory: the name it has in this process
  bool in_memory = false;  // SQLite
  std::chrono::milliseconds lock_timeout{5000};  // SQLite: the driver's argument `timeout`, in seconds
  std::vector<std::pair<std::string, std::string>> options;  // libpq keywords: host, port, user ...

  // For people: no password.
  std::string display() const;
};

// Relative files and `%(basedir)s` are taken from `basedir`. `sqlite://` is a new in-memory database each time.
Result<DatabaseUrl> parse_url(std::string_view text, const std::filesystem::path& basedir);

}  // namespace kiln::db
