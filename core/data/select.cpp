// SPDX-License-Identifier: MIT
#include "core/data/select.h"

namespace kiln::data {
namespace {

bool contains(const Json& value, const Json& part) {
  if (const JsonArray* list = value.if_array()) {
    return std::find(list->begin(), list->end(), part) != list->end();
  }
  if (!value.is_string() || !part.is_string()) return false;
  return std::string_view(value.get_string()).find(std::string_view(part.get_string())) != std::string_view::npos;
}

template <class Matches>
bool any(const Filter& filter, Matches&& one) {
  return std::any_of(filter.values.begin(), filter.values.end(), one);
}

}  // namespace

bool less(const Json& a, const Json& b) {
  if (a.is_null() || b.is_null()) return a.is_null() && !b.is_null();
  if (a.is_int64() && b.is_int64()) return a.get_int64() < b.get_int64();
  if (a.is_bool() && b.is_bool()) return !a.get_bool() && b.get_bool();
  if (a.is_string() && b.is_string()) return a.get_string() < b.get_string();
  if (a.is_array() && b.is_array()) {
    return std::lexicographical_compare(a.get_array().begin(), a.get_array().end(), b.get_array().begin(),
                                        b.get_array().end(), less);
  }
  return false;
}

bool matches(const Json& value, const Filter& filter) {
  const auto equals = [&](const Json& wanted) { return value == wanted; };
  switch (filter.op) {
    case FilterOp::eq:
    case FilterOp::in: return any(filter, equals);
    case FilterOp::ne:
    case FilterOp::notin: return !any(filter, equals);
    case FilterOp::contains: return any(filter, [&](const Json& part) { return contains(value, part); });
    case FilterOp::lt: return !value.is_null() && any(filter, [&](const Json& v) { return less(value, v); });
    case FilterOp::le: return !value.is_null() && any(filter, [&](const Json& v) { return !less(v, value); });
    case FilterOp::gt: return !value.is_null() && any(filter, [&](const Json& v) { return less(v, value); });
    case FilterOp::ge: return !value.is_null() && any(filter, [&](const Json& v) { return !less(value, v); });
  }
  return false;
}

}  // namespace kiln::data
