// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>

#include "core/base/ids.h"

namespace kiln::db {

struct Blob {
  std::string_view bytes;
};

// What a `?` stands for. Text and bytes are borrowed until the statement has run.
using Value = std::variant<std::monostate, std::int64_t, std::string_view, Blob>;

inline Value to_value(std::nullopt_t) { return {}; }
inline Value to_value(std::string_view text) { return text; }
inline Value to_value(Blob blob) { return blob; }
template <class T>
  requires(std::is_integral_v<T> || std::is_enum_v<T>)
Value to_value(T number) {
  return static_cast<std::int64_t>(number);
}
template <class Tag>
Value to_value(Id<Tag> id) {
  return id ? Value(id.value) : Value();
}
template <class T>
Value to_value(const std::optional<T>& value) {
  return value ? to_value(*value) : Value();
}

}  // namespace kiln::db
