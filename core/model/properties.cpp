// SPDX-License-Identifier: MIT
#include "core/model/properties.h"

#include <algorithm>

namespace kiln {

const Property* Properties::find(std::string_view name) const {
  const auto it = std::find_if(items_.begin(), items_.end(), [&](const Property& p) { return p.name == name; });
  return it == items_.end() ? nullptr : &*it;
}

void Properties::set(std::string_view name, Json value, std::string_view source, bool runtime) {
  const auto it = std::find_if(items_.begin(), items_.end(), [&](const Property& p) { return p.name == name; });
  if (it == items_.end()) {
    items_.push_back({std::string(name), std::move(value), std::string(source), runtime});
    return;
  }
  it->value = std::move(value);
  it->source = source;
  it->runtime = runtime;
}

void Properties::set_if_missing(std::string_view name, const Json& value, std::string_view source) {
  if (find(name) == nullptr) set(name, value, source);
}

void Properties::update(const Properties& other) {
  for (const Property& p : other) set(p.name, p.value, p.source, p.runtime);
}

}  // namespace kiln
