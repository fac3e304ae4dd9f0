// SPDX-License-Identifier: MIT
#include "core/db/scopes.h"

#include <fmt/format.h>

#include "core/db/hash.h"

namespace kiln::db {
namespace {

using Parts = std::vector<std::pair<std::string, Json>>;

Parts build_parts(std::string_view alias, const BuildPath& path) {
  Parts parts;
  if (path.id) parts.emplace_back(fmt::format("{}.id = ?", alias), path.id->value);
  if (path.builder) parts.emplace_back(fmt::format("{}.builderid = ?", alias), path.builder->value);
  if (path.builder_name) {
    parts.emplace_back(fmt::format("{}.builderid = (SELECT id FROM builders WHERE name_hash = ?)", alias),
                       Json(name_hash(*path.builder_name)));
  }
  if (path.number) parts.emplace_back(fmt::format("{}.number = ?", alias), *path.number);
  return parts;
}

bool is_id_only(const BuildPath& path) { return path.id && !path.builder && !path.builder_name && !path.number; }

Parts build_reference_parts(std::string_view column, const BuildPath& path) {
  if (path.empty()) return {};
  if (is_id_only(path)) return {{fmt::format("{} = ?", column), path.id->value}};
  Parts parts = build_parts("pb", path);
  parts.front().first = fmt::format("{} IN (SELECT pb.id FROM builds pb WHERE {}", column, parts.front().first);
  parts.back().first += ")";
  return parts;
}

void add(Select& select, const Parts& parts) {
  for (const auto& [condition, value] : parts) {
    if (value.is_string()) {
      select.where(condition, std::string_view(value.get_string()));
    } else {
      select.where(condition, value.get_int64());
    }
  }
}

}  // namespace

void add_build_path(Select& select, std::string_view alias, const BuildPath& path) {
  add(select, build_parts(alias, path));
}

void add_build_reference(Select& select, std::string_view column, const BuildPath& path) {
  add(select, build_reference_parts(column, path));
}

void add_step_reference(Select& select, std::string_view column, const StepScope& scope) {
  if (scope.empty()) return;
  Parts parts;
  if (scope.id) parts.emplace_back("ps.id = ?", scope.id->value);
  for (auto& part : build_reference_parts("ps.buildid", scope.build)) parts.push_back(std::move(part));
  if (scope.number) parts.emplace_back("ps.number = ?", *scope.number);
  if (scope.name) parts.emplace_back("ps.name = ?", Json(*scope.name));
  if (scope.id && parts.size() == 1) {
    parts.front().first = fmt::format("{} = ?", column);
  } else {
    parts.front().first = fmt::format("{} IN (SELECT ps.id FROM steps ps WHERE {}", column, parts.front().first);
    parts.back().first += ")";
  }
  add(select, parts);
}

}  // namespace kiln::db
