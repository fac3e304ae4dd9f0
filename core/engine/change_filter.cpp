// SPDX-License-Identifier: MIT
#include "core/engine/change_filter.h"

#include <algorithm>

namespace kiln::engine {
namespace {

std::optional<std::string> attribute_of(const Change& change, const std::string& attribute) {
  if (attribute == "project") return change.project;
  if (attribute == "repository") return change.repository;
  if (attribute == "codebase") return change.codebase;
  if (attribute == "branch") return change.branch;
  if (attribute == "category") return change.category;
  return std::nullopt;
}

}  // namespace

bool passes(const script::NativeChangeFilter& filter, const Change& change) {
  return std::all_of(filter.conditions.begin(), filter.conditions.end(), [&](const auto& condition) {
    const std::optional<std::string> value = attribute_of(change, condition.attribute);
    const bool found = std::find(condition.values.begin(), condition.values.end(), value) != condition.values.end();
    return found != condition.negate;
  });
}

}  // namespace kiln::engine
