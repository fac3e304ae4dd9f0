// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>

#include "core/db/select.h"
#include "core/model/resources.h"

namespace kiln::db {

// Every field of the REST type that a query argument can be compared with has its SQL, and says so when it may be null.
template <class Row, std::size_t N>
constexpr bool covers(const std::array<Field, N>& fields) {
  return std::all_of(field_infos<Row>.begin(), field_infos<Row>.end(), [&](const FieldInfo& info) {
    return !is_filterable(info.type) ||
           std::any_of(fields.begin(), fields.end(), [&](const Field& field) {
             return field.name == info.name && (field.nullable || !info.nullable);
           });
  });
}

}  // namespace kiln::db
