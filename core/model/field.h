// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "core/model/entities.h"
#include "core/model/extra_entities.h"

// What the resource table (resources.h) is made of: a field with its name, its place in the struct and its REST type.
namespace kiln {

enum class FieldType {
  integer,
  string,
  identifier,
  boolean,
  datetime,
  binary,
  list_of_integer,
  list_of_string,
  list_of_identifier,
  json,
  list_of_json,
  properties,
  entity,
  list_of_entity,
};

// Types that a query argument can be compared with.
constexpr bool is_filterable(FieldType type) {
  return type != FieldType::json && type != FieldType::list_of_json && type != FieldType::properties &&
         type != FieldType::entity && type != FieldType::list_of_entity && type != FieldType::binary;
}

struct FieldInfo {
  std::string_view name;
  FieldType type = FieldType::string;
  bool nullable = false;
  std::string_view entity;  // the REST type of an entity or of a list's members
};

template <class Row, class Member>
struct Field {
  FieldInfo info;
  Member Row::* member;
};

namespace field_detail {

template <class T>
struct TypeOf {
  static constexpr FieldType value = FieldType::entity;
};
template <class Tag>
struct TypeOf<Id<Tag>> {
  static constexpr FieldType value = FieldType::integer;
};
#define KILN_FIELD_TYPE(cpp_type, field_type)               \
  template <>                                               \
  struct TypeOf<cpp_type> {                                 \
    static constexpr FieldType value = FieldType::field_type; \
  }
KILN_FIELD_TYPE(std::int64_t, integer);
KILN_FIELD_TYPE(int, integer);
KILN_FIELD_TYPE(Results, integer);
KILN_FIELD_TYPE(std::string, string);
KILN_FIELD_TYPE(LogType, identifier);
KILN_FIELD_TYPE(bool, boolean);
KILN_FIELD_TYPE(Json, json);
KILN_FIELD_TYPE(JsonObject, json);
KILN_FIELD_TYPE(Properties, properties);
KILN_FIELD_TYPE(std::vector<std::string>, list_of_string);
KILN_FIELD_TYPE(std::vector<std::int64_t>, list_of_integer);
#undef KILN_FIELD_TYPE
template <class Tag>
struct TypeOf<std::vector<Id<Tag>>> {
  static constexpr FieldType value = FieldType::list_of_integer;
};
template <class T>
  requires(TypeOf<T>::value == FieldType::entity)
struct TypeOf<std::vector<T>> {
  static constexpr FieldType value = FieldType::list_of_entity;
};
template <class T>
struct TypeOf<std::optional<T>> {
  static constexpr FieldType value = TypeOf<T>::value;
};

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;

}  // namespace field_detail

// A field whose REST type is that of its C++ type.
template <class Row, class Member>
constexpr Field<Row, Member> field(std::string_view name, Member Row::* member) {
  return {{name, field_detail::TypeOf<Member>::value, field_detail::is_optional<Member>, {}}, member};
}
// A field that REST calls something more special.
template <class Row, class Member>
constexpr Field<Row, Member> field_as(FieldType type, std::string_view name, Member Row::* member) {
  return {{name, type, field_detail::is_optional<Member>, {}}, member};
}
// An entity, or a list of them, in another.
template <class Row, class Member>
constexpr Field<Row, Member> entity_field(std::string_view name, std::string_view entity, Member Row::* member) {
  const bool list = field_detail::TypeOf<Member>::value != FieldType::entity;
  return {{name, list ? FieldType::list_of_entity : FieldType::entity, field_detail::is_optional<Member>, entity},
          member};
}

}  // namespace kiln
