// SPDX-License-Identifier: MIT
#include "core/model/resources.h"

#include "core/base/big_integer.h"
#include "core/model/row_json.h"

namespace kiln {

namespace {

using Member = const boost::json::key_value_pair*;

std::vector<Member> sorted_members(const JsonObject& object) {
  std::vector<Member> members;
  members.reserve(object.size());
  for (const auto& pair : object) members.push_back(&pair);
  std::sort(members.begin(), members.end(), [](Member a, Member b) { return a->key() < b->key(); });
  return members;
}

}  // namespace

// NOLINTNEXTLINE(misc-no-recursion): the depth of a Json is limited where it enters.
void append_sorted_json(std::string& out, const JsonObject& object) {
  out += '{';
  bool first = true;
  for (const Member member : sorted_members(object)) {
    if (!std::exchange(first, false)) out += ',';
    append_json_string(out, member->key());
    out += ':';
    append_sorted_json(out, member->value());
  }
  out += '}';
}

// NOLINTNEXTLINE(misc-no-recursion): as above.
void append_sorted_json(std::string& out, const Json& value) {
  const JsonObject* object = value.if_object();
  if (object != nullptr && !digits_of(value)) return append_sorted_json(out, *object);
  const JsonArray* array = value.if_array();
  if (array == nullptr) return append_json(out, value);
  out += '[';
  bool first = true;
  for (const Json& item : *array) {
    if (!std::exchange(first, false)) out += ',';
    append_sorted_json(out, item);
  }
  out += ']';
}

void append_properties_json(std::string& out, const Properties& properties) {
  std::vector<const Property*> sorted;
  sorted.reserve(properties.size());
  for (const Property& property : properties) sorted.push_back(&property);
  std::sort(sorted.begin(), sorted.end(),
            [](const Property* a, const Property* b) { return a->name < b->name; });
  out += '{';
  bool first = true;
  for (const Property* property : sorted) {
    if (!std::exchange(first, false)) out += ',';
    append_json_string(out, property->name);
    out += ":[";
    append_sorted_json(out, property->value);
    out += ',';
    append_json_string(out, property->source);
    out += ']';
  }
  out += '}';
}

}  // namespace kiln
