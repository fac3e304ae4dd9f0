// SPDX-License-Identifier: MIT
#include "core/data/force_target.h"

#include <charconv>

namespace kiln::data {
namespace {

// A number, or its digits.
std::optional<std::int64_t> integer_of(const Json& value) {
  if (value.is_int64()) return value.get_int64();
  if (!value.is_string()) return std::nullopt;
  const std::string_view text = value.get_string();
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

Result<ForceTarget> force_target(const JsonObject& params) {
  ForceTarget target;
  if (const Json* list = params.if_contains("builderNames"); list != nullptr && list->is_array()) {
    for (const Json& name : list->get_array()) {
      if (!name.is_string()) return make_error(Errc::fatal, "builderNames must be a list of strings");
      target.names.emplace_back(name.get_string());
    }
  }
  const Json* id = params.if_contains("builderid");
  if (id == nullptr || id->is_null()) return target;
  const Json& one = id->is_array() && !id->get_array().empty() ? id->get_array().front() : *id;
  const auto number = integer_of(one);
  if (!number) return make_error(Errc::fatal, "no builder has the id " + dump_json(one));
  target.id = BuilderId(*number);
  return target;
}

}  // namespace kiln::data
