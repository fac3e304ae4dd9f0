// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <charconv>
#include <string>

#include "core/model/resources.h"

// Rows as JSON text, straight from the structs: compact, keys sorted also in nested objects, non-ASCII escaped.
namespace kiln {

// Which fields of a type to write: bit i stands for the i-th of Resource<Row>::fields.
using FieldMask = std::uint32_t;
inline constexpr FieldMask all_fields = ~FieldMask{0};

template <class Row>
FieldMask field_mask(const std::vector<std::string>& names) {
  static_assert(field_count<Row> <= 32);
  if (names.empty()) return all_fields;
  FieldMask mask = 0;
  for (std::size_t i = 0; i < field_count<Row>; ++i) {
    if (std::find(names.begin(), names.end(), field_infos<Row>[i].name) != names.end()) mask |= FieldMask{1} << i;
  }
  return mask;
}

void append_sorted_json(std::string& out, const Json& value);
void append_sorted_json(std::string& out, const JsonObject& object);
// {name: [value, source]}
void append_properties_json(std::string& out, const Properties& properties);

template <class Row>
void append_row(std::string& out, const Row& row, FieldMask mask = all_fields);

namespace row_json_detail {

inline void append_integer(std::string& out, std::int64_t value) {
  char digits[24];
  const auto end = std::to_chars(std::begin(digits), std::end(digits), value).ptr;
  out.append(std::begin(digits), end);
}

inline void append(std::string& out, std::int64_t value, const FieldInfo&) { append_integer(out, value); }
inline void append(std::string& out, int value, const FieldInfo&) { append_integer(out, value); }
inline void append(std::string& out, bool value, const FieldInfo&) { out += value ? "true" : "false"; }
inline void append(std::string& out, Results value, const FieldInfo&) { append_integer(out, static_cast<int>(value)); }
inline void append(std::string& out, const std::string& value, const FieldInfo&) { append_json_string(out, value); }
inline void append(std::string& out, LogType value, const FieldInfo&) {
  out += '"';
  out += static_cast<char>(value);
  out += '"';
}
inline void append(std::string& out, const Json& value, const FieldInfo&) { append_sorted_json(out, value); }
inline void append(std::string& out, const JsonObject& value, const FieldInfo&) { append_sorted_json(out, value); }
inline void append(std::string& out, const Properties& value, const FieldInfo&) { append_properties_json(out, value); }
template <class Tag>
void append(std::string& out, Id<Tag> value, const FieldInfo& info) {
  // A worker's connected_to is a list of one-field entities.
  if (info.type != FieldType::list_of_entity) return append_integer(out, value.value);
  out += "{\"masterid\":";
  append_integer(out, value.value);
  out += '}';
}
template <class Row>
  requires requires { Resource<Row>::type; }
void append(std::string& out, const Row& value, const FieldInfo&) {
  append_row(out, value);
}
template <class T>
void append(std::string& out, const std::vector<T>& values, const FieldInfo& info) {
  out += '[';
  bool first = true;
  for (const T& value : values) {
    if (!std::exchange(first, false)) out += ',';
    append(out, value, info);
  }
  out += ']';
}
template <class T>
void append(std::string& out, const std::optional<T>& value, const FieldInfo& info) {
  if (value) {
    append(out, *value, info);
  } else {
    out += "null";
  }
}

// Indices of the fields in the order of their names.
template <class Row>
inline constexpr auto sorted_fields = [] {
  std::array<std::size_t, field_count<Row>> order{};
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(),
            [](std::size_t a, std::size_t b) { return field_infos<Row>[a].name < field_infos<Row>[b].name; });
  return order;
}();

template <class Row, std::size_t Place>
void append_field(std::string& out, const Row& row, FieldMask mask, bool& first) {
  constexpr std::size_t index = sorted_fields<Row>[Place];
  constexpr const auto& field = std::get<index>(Resource<Row>::fields);
  if ((mask & (FieldMask{1} << index)) == 0) return;
  out += std::exchange(first, false) ? "\"" : ",\"";
  out += field.info.name;
  out += "\":";
  append(out, row.*field.member, field.info);
}

}  // namespace row_json_detail

template <class Row>
void append_row(std::string& out, const Row& row, FieldMask mask) {
  out += '{';
  bool first = true;
  [&]<std::size_t... Place>(std::index_sequence<Place...>) {
    (row_json_detail::append_field<Row, Place>(out, row, mask, first), ...);
  }(std::make_index_sequence<field_count<Row>>{});
  out += '}';
}

}  // namespace kiln
