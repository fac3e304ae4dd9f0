// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "core/model/resources.h"
#include "core/model/result_spec.h"

// Filters, order and paging of rows in memory: for what is not a table of the database.
namespace kiln::data {

// `value` (of a field; a list for list types) against a filter.
bool matches(const Json& value, const Filter& filter);
// Null first, then by value.
bool less(const Json& a, const Json& b);

namespace select_detail {

inline Json to_json(std::int64_t value) { return value; }
inline Json to_json(int value) { return value; }
inline Json to_json(bool value) { return value; }
inline Json to_json(Results value) { return static_cast<int>(value); }
inline Json to_json(LogType value) { return Json(std::string(1, static_cast<char>(value))); }
inline Json to_json(const std::string& value) { return Json(value); }
inline Json to_json(const Json& value) { return value; }
template <class Tag>
Json to_json(Id<Tag> value) {
  return value.value;
}
template <class T>
Json to_json(const std::optional<T>& value) {
  return value ? to_json(*value) : Json();
}
template <class T>
Json to_json(const std::vector<T>& values) {
  JsonArray array;
  for (const T& value : values) array.push_back(to_json(value));
  return array;
}
// Entities are never compared.
template <class T>
  requires(field_detail::TypeOf<T>::value == FieldType::entity || std::is_same_v<T, Properties> ||
           std::is_same_v<T, JsonObject>)
Json to_json(const T&) {
  return {};
}

template <class Row>
Json field_value(const Row& row, std::string_view name) {
  Json value;
  for_each_field<Row>([&](const auto& field) {
    if (field.info.name == name) value = to_json(row.*field.member);
  });
  return value;
}

template <class Row>
bool comes_before(const Row& a, const Row& b, const std::vector<SortKey>& order) {
  for (const SortKey& key : order) {
    const Json left = field_value(a, key.field);
    const Json right = field_value(b, key.field);
    if (less(left, right)) return !key.descending;
    if (less(right, left)) return key.descending;
  }
  return false;
}

}  // namespace select_detail

template <class Row>
Rows<Row> select_rows(std::vector<Row> rows, const ResultSpec& spec) {
  for (const Filter& filter : spec.filters) {
    std::erase_if(rows, [&](const Row& row) {
      return !matches(select_detail::field_value(row, filter.field), filter);
    });
  }
  std::stable_sort(rows.begin(), rows.end(), [&](const Row& a, const Row& b) {
    return select_detail::comes_before(a, b, spec.order);
  });
  Rows<Row> page;
  page.total = static_cast<std::int64_t>(rows.size());
  const auto size = static_cast<std::int64_t>(rows.size());
  const std::int64_t begin = std::clamp<std::int64_t>(spec.offset.value_or(0), 0, size);
  const std::int64_t limit = spec.limit.value_or(-1);
  const std::int64_t end = limit < 0 ? size : begin + std::min(limit, size - begin);
  page.rows.assign(std::make_move_iterator(rows.begin() + begin), std::make_move_iterator(rows.begin() + end));
  return page;
}

}  // namespace kiln::data
