// SPDX-License-Identifier: MIT
#include "core/engine/build_properties.h"

#include <algorithm>
#include <set>
#include <utility>

namespace kiln::engine {
namespace {

Json text_or_null(const std::optional<std::string>& text) { return text ? Json(*text) : Json(nullptr); }

void set_all(Properties& target, const Properties& from, std::string_view source) {
  for (const Property& property : from) target.set(property.name, property.value, source);
}

void set_missing(Properties& target, const Properties& from, std::string_view source) {
  for (const Property& property : from) target.set_if_missing(property.name, property.value, source);
}

void set_source(Properties& properties, const SourceStamp& stamp) {
  properties.set("branch", text_or_null(stamp.branch), "Build");
  properties.set("revision", text_or_null(stamp.revision), "Build");
  properties.set("repository", Json(stamp.repository), "Build");
  properties.set("codebase", Json(stamp.codebase), "Build");
  properties.set("project", Json(stamp.project), "Build");
}

constexpr std::string_view name_property = "virtual_builder_name";
constexpr std::string_view tags_property = "virtual_builder_tags";
constexpr std::string_view virtual_tag = "_virtual_";

std::optional<std::string> text_of(const Properties& properties, std::string_view name) {
  const Property* found = properties.find(name);
  if (found == nullptr || !found->value.is_string()) return std::nullopt;
  return std::string(found->value.get_string());
}

}  // namespace

Properties given_properties(const script::Config& config, const RequestState& request,
                            const script::BuilderConfig& builder, const WorkerState& worker) {
  Properties properties = config.properties;
  const BuildsetState& buildset = *request.buildset;
  for (const Change& change : buildset.changes) properties.update(change.properties);
  properties.update(buildset.properties);
  properties.set("buildername", Json(builder.name), "Builder");
  properties.set("builderid", Json(request.builder->id.value), "Builder");
  set_all(properties, builder.properties, "Builder");
  set_missing(properties, builder.default_properties, "Builder");
  if (worker.config) set_all(properties, worker.config->properties, "Worker");
  properties.set("workername", Json(worker.row.name), "Worker");
  if (worker.config) set_missing(properties, worker.config->default_properties, "Worker");
  return properties;
}

void add_own_properties(Properties& properties, const BuildsetState& buildset) {
  properties.set("buildnumber", Json(nullptr), "Build");  // its place in the order; the journal gives the number
  if (buildset.row.sourcestamps.size() == 1) set_source(properties, buildset.row.sourcestamps.front());
}

std::optional<VirtualBuilder> virtual_builder(const Properties& properties, const script::BuilderConfig& builder) {
  VirtualBuilder shown;
  shown.name = text_of(properties, name_property).value_or("");
  if (shown.name.empty()) return std::nullopt;
  shown.description = text_of(properties, "virtual_builder_description");
  if (!shown.description) {
    shown.description = builder.description;
    shown.description_format = builder.description_format;
  }
  const Property* tags = properties.find(tags_property);
  if (tags != nullptr && tags->value.is_array()) {
    for (const Json& tag : tags->value.get_array()) {
      if (tag.is_string()) shown.tags.emplace_back(tag.get_string());
    }
  } else {
    shown.tags = builder.tags;
  }
  if (std::find(shown.tags.begin(), shown.tags.end(), virtual_tag) == shown.tags.end()) {
    shown.tags.emplace_back(virtual_tag);
  }
  return shown;
}

void mark_virtual_tags(Properties& properties) {
  const Property* tags = properties.find(tags_property);
  if (tags == nullptr || !tags->value.is_array() || !text_of(properties, name_property)) return;
  JsonArray marked = tags->value.get_array();
  if (std::find(marked.begin(), marked.end(), Json(virtual_tag)) != marked.end()) return;
  marked.emplace_back(virtual_tag);
  properties.set(tags_property, Json(std::move(marked)), std::string(tags->source), tags->runtime);
}

// NOLINTNEXTLINE(misc-no-recursion): as deep as the value is nested.
Json masked_values(const Secrets& secrets, const Json& value) {
  if (value.is_string()) return Json(secrets.masked(value.get_string()));
  if (value.is_array()) {
    JsonArray out;
    for (const Json& item : value.get_array()) out.push_back(masked_values(secrets, item));
    return out;
  }
  if (!value.is_object()) return value;
  JsonObject out;
  for (const auto& pair : value.get_object()) {
    out[secrets.masked(pair.key())] = masked_values(secrets, pair.value());
  }
  return out;
}

Properties masked_values(const Secrets& secrets, const Properties& properties) {
  Properties masked;
  for (const Property& property : properties) {
    masked.set(property.name, masked_values(secrets, property.value), property.source, property.runtime);
  }
  return masked;
}

JsonArray build_owners(const BuildsetState& buildset) {
  std::set<std::string> names;
  for (const Change& change : buildset.changes) {
    if (!change.author.empty()) names.insert(change.author);
  }
  for (const SourceStamp& stamp : buildset.row.sourcestamps) {
    if (stamp.patch && !stamp.patch->author.empty()) names.insert(stamp.patch->author);
  }
  const Property* owner = buildset.properties.find("owner");
  if (owner != nullptr && owner->value.is_string()) {
    names.insert(std::string(owner->value.get_string()));
  }
  JsonArray owners;
  for (const std::string& name : names) owners.push_back(Json(name));
  return owners;
}

Properties directory_properties(const WorkerInfo& info, const script::BuilderConfig& builder) {
  Properties properties;
  const char* separator = info.system == "nt" ? "\\" : "/";
  properties.set("basedir", Json(info.basedir), "Worker");
  properties.set("builddir", Json(info.basedir + separator + builder.worker_builddir), "Worker");
  return properties;
}

const Json* BuildScope::property(std::string_view name) const {
  const Property* found = properties_.find(name);
  return found == nullptr ? nullptr : &found->value;
}

std::optional<Json> BuildScope::source(std::string_view codebase, std::string_view attribute) const {
  for (const SourceStamp& stamp : stamps_) {
    if (stamp.codebase != codebase) continue;
    if (attribute == "branch") return text_or_null(stamp.branch);
    if (attribute == "revision") return text_or_null(stamp.revision);
    if (attribute == "repository") return Json(stamp.repository);
    if (attribute == "project") return Json(stamp.project);
    if (attribute == "codebase") return Json(stamp.codebase);
    return std::nullopt;
  }
  return std::nullopt;
}

std::optional<Json> BuildScope::worker(std::string_view name) const {
  const Json* value = worker_info_.if_contains(name);
  return value == nullptr ? std::nullopt : std::optional<Json>(*value);
}

}  // namespace kiln::engine
