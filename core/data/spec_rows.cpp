// SPDX-License-Identifier: MIT
#include <algorithm>

#include "core/data/handlers.h"
#include "core/data/select.h"

// `application.spec`: the interface described by itself, from the resource table.
namespace kiln::data {
namespace {

JsonObject describe(std::string_view type, std::span<const FieldInfo> fields);

template <class Row>
JsonObject describe() {
  return describe(Resource<Row>::type, field_infos<Row>);
}

JsonObject describe_entity(std::string_view type) {
  if (type == "sourcestamp") return describe<SourceStamp>();
  if (type == "patch") return describe<Patch>();
  if (type == "master") return describe<Master>();
  if (type == "master_builder") return describe<ConfiguredOn>();
  if (type == "Url") return describe<Url>();
  constexpr FieldInfo master_id{"masterid", FieldType::integer, false, {}};
  return describe("master_id", std::span(&master_id, 1));
}

std::string_view type_name(FieldType type) {
  switch (type) {
    case FieldType::integer:
    case FieldType::list_of_integer: return "integer";
    case FieldType::string:
    case FieldType::list_of_string: return "string";
    case FieldType::identifier:
    case FieldType::list_of_identifier: return "identifier";
    case FieldType::boolean: return "boolean";
    case FieldType::datetime: return "datetime";
    case FieldType::binary: return "binary";
    case FieldType::properties: return "sourcedproperties";
    default: return "jsonobject";
  }
}

bool is_list(FieldType type) {
  return type == FieldType::list_of_integer || type == FieldType::list_of_string ||
         type == FieldType::list_of_identifier || type == FieldType::list_of_json ||
         type == FieldType::list_of_entity;
}

// Upstream declares a change's committer as always there, and yet answers null; a build's properties the other way.
bool is_declared_nullable(std::string_view type, const FieldInfo& field) {
  if (type == "build" && field.name == "properties") return true;
  return field.nullable && !(type == "change" && field.name == "committer");
}

JsonObject describe_type(const FieldInfo& field, bool nullable) {
  const bool is_entity = field.type == FieldType::entity || field.type == FieldType::list_of_entity;
  JsonObject plain;
  if (is_entity) {
    plain = describe_entity(field.entity);
  } else {
    plain["name"] = type_name(field.type);
  }
  if (is_list(field.type)) return {{"of", std::move(plain)}, {"type", "list"}};
  if (nullable) plain["can_be_null"] = true;
  return plain;
}

JsonObject describe(std::string_view type, std::span<const FieldInfo> fields) {
  JsonArray described;
  for (const FieldInfo& field : fields) {
    const bool nullable = is_declared_nullable(type, field);
    const std::string_view plain = field.type == FieldType::entity ? field.entity : type_name(field.type);
    std::string name(is_list(field.type) ? "list" : plain);
    if (nullable && !is_list(field.type)) name += " or None";
    described.push_back(JsonObject{
        {"name", field.name}, {"type", std::move(name)}, {"type_spec", describe_type(field, nullable)}});
  }
  return {{"fields", std::move(described)}, {"type", type}};
}

}  // namespace

Result<RowText> get_spec(const Query& query) {
  std::vector<PathSpec> rows;
  for (const Endpoint& endpoint : endpoints()) {
    if (endpoint.is_own) continue;
    Json type_spec = describe(endpoint.type, endpoint.fields);
    if (endpoint.type == "sourcedproperties") type_spec = JsonObject{{"name", "sourcedproperties"}};
    for (const std::string_view pattern : endpoint.patterns) {
      rows.push_back({std::string(pattern), std::string(endpoint.type), std::string(endpoint.plural), type_spec});
    }
  }
  std::sort(rows.begin(), rows.end(), [](const PathSpec& a, const PathSpec& b) { return a.path < b.path; });
  return to_text(select_rows(std::move(rows), query.spec), query.spec);
}

}  // namespace kiln::data
