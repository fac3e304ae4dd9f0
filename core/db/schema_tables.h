// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>
#include <vector>

namespace kiln::db {

enum class OnDelete { cascade, set_null };

struct Column {
  std::string_view name;
  std::string_view type;  // as SQLite has it: INTEGER, SMALLINT, TEXT, BLOB, VARCHAR(n)
  bool not_null = false;
  std::string_view default_value = {};
};
struct ForeignKey {
  std::string_view column;
  std::string_view table;
  std::string_view table_column;
  OnDelete on_delete;
  std::string_view name = {};
};
struct Index {
  std::string_view name;
  std::string_view columns;
  bool unique = false;
};
struct Table {
  std::string_view name;
  std::vector<Column> columns;
  std::string_view primary_key = {};
  std::string_view primary_key_name = {};
  std::vector<ForeignKey> foreign_keys = {};
  std::vector<Index> indexes = {};
};

// Buildbot's schema version 067 (reference/db.md section 1), in alphabetical order.
const std::vector<Table>& upstream_tables();

}  // namespace kiln::db
