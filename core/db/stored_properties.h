// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

#include "core/base/log.h"
#include "core/model/properties.h"

namespace kiln::db {

// A value that cannot be parsed is left out with a log line: one bad row must not hide the others.
inline Json stored_json(std::string_view text, std::string_view what) {
  auto value = parse_json(text);
  if (value.has_value()) return *std::move(value);
  log_warning("database: {}: {}", what, value.error().what);
  return nullptr;
}

// `[value, source]` as buildset_properties and change_properties keep it.
inline void set_stored_pair(Properties& properties, std::string_view name, std::string_view text) {
  Json pair = stored_json(text, name);
  if (!pair.is_array() || pair.get_array().size() != 2) return;
  JsonArray& items = pair.get_array();
  properties.set(name, std::move(items[0]), items[1].is_string() ? std::string_view(items[1].get_string()) : "");
}

}  // namespace kiln::db
