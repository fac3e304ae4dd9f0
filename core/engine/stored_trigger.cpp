// SPDX-License-Identifier: MIT
#include "core/engine/stored_trigger.h"

namespace kiln::engine {
namespace {

Json text_or_null(const std::optional<std::string>& text) { return text ? Json(*text) : Json(nullptr); }

std::optional<std::string> text_of(const JsonObject& values, std::string_view key) {
  const Json* value = values.if_contains(key);
  if (value == nullptr || !value->is_string()) return std::nullopt;
  return std::string(value->get_string());
}

script::StampOrder to_stamp(const JsonObject& values) {
  script::StampOrder stamp;
  stamp.codebase = text_of(values, "codebase").value_or("");
  if (values.contains("branch")) stamp.branch = text_of(values, "branch");
  if (values.contains("revision")) stamp.revision = text_of(values, "revision");
  stamp.repository = text_of(values, "repository");
  stamp.project = text_of(values, "project");
  return stamp;
}

JsonObject to_json(const script::StampOrder& stamp) {
  JsonObject values{{"codebase", stamp.codebase}};
  if (stamp.branch) values["branch"] = text_or_null(*stamp.branch);
  if (stamp.revision) values["revision"] = text_or_null(*stamp.revision);
  if (stamp.repository) values["repository"] = *stamp.repository;
  if (stamp.project) values["project"] = *stamp.project;
  return values;
}

// A list, or a dict by codebase.
std::vector<script::StampOrder> to_stamps(const Json& value) {
  std::vector<script::StampOrder> stamps;
  if (value.is_array()) {
    for (const Json& item : value.get_array()) {
      if (item.is_object()) stamps.push_back(to_stamp(item.get_object()));
    }
  } else if (value.is_object()) {
    for (const auto& pair : value.get_object()) {
      if (!pair.value().is_object()) continue;
      stamps.push_back(to_stamp(pair.value().get_object()));
      stamps.back().codebase = pair.key();
    }
  }
  return stamps;
}

}  // namespace

Json to_json(const StoredTrigger& trigger) {
  JsonArray stamps;
  for (const script::StampOrder& stamp : trigger.sourcestamps) stamps.push_back(to_json(stamp));
  JsonObject properties;
  for (const Property& property : trigger.properties) {
    properties[property.name] = JsonArray{property.value, Json(property.source)};
  }
  return JsonArray{std::move(stamps), std::move(properties), trigger.parent ? Json(trigger.parent->value) : Json(nullptr),
                   text_or_null(trigger.parent_relationship)};
}

std::optional<StoredTrigger> to_trigger(const Json& value) {
  if (!value.is_array() || value.get_array().size() < 2) return std::nullopt;
  const JsonArray& parts = value.get_array();
  StoredTrigger trigger;
  trigger.sourcestamps = to_stamps(parts[0]);
  if (parts[1].is_object()) {
    for (const auto& pair : parts[1].get_object()) {
      if (!pair.value().is_array() || pair.value().get_array().size() != 2) continue;
      const JsonArray& known = pair.value().get_array();
      if (known[1].is_string()) trigger.properties.set(pair.key(), known[0], std::string(known[1].get_string()));
    }
  }
  if (parts.size() > 2 && parts[2].is_int64()) trigger.parent = BuildId(parts[2].get_int64());
  if (parts.size() > 3 && parts[3].is_string()) trigger.parent_relationship = std::string(parts[3].get_string());
  return trigger;
}

}  // namespace kiln::engine
