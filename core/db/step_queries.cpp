// SPDX-License-Identifier: MIT
#include "core/db/covers.h"
#include "core/db/step_store.h"
#include "core/db/stored_properties.h"

namespace kiln::db {
namespace {

constexpr bool nullable = true;
constexpr std::array fields{
    Field{"stepid", FieldKind::integer, "s.id"},
    Field{"number", FieldKind::integer, "s.number"},
    Field{"name", FieldKind::text, "s.name"},
    Field{"buildid", FieldKind::integer, "s.buildid"},
    Field{"started_at", FieldKind::integer, "s.started_at", nullable},
    Field{"locks_acquired_at", FieldKind::integer, "s.locks_acquired_at", nullable},
    Field{"complete", FieldKind::present, "s.complete_at"},
    Field{"complete_at", FieldKind::integer, "s.complete_at", nullable},
    Field{"results", FieldKind::integer, "s.results", nullable},
    Field{"state_string", FieldKind::text, "s.state_string"},
    Field{"hidden", FieldKind::boolean, "s.hidden"},
};
static_assert(covers<Step>(fields));

constexpr Entity entity{
    .columns = "s.id, s.number, s.name, s.buildid, s.started_at, s.locks_acquired_at, s.complete_at, s.results, "
               "s.state_string, s.urls_json, s.hidden",
    .from = "steps s",
    .id = "s.id",
    .fields = fields,
    .paging = Paging::in_memory,
};

std::vector<Url> urls_of(std::string_view text) {
  if (text == "[]") return {};
  std::vector<Url> urls;
  const Json list = stored_json(text, "urls_json");
  if (!list.is_array()) return urls;
  for (const Json& item : list.get_array()) {
    if (!item.is_object()) continue;
    const auto member = [&](const char* key) {
      const Json* value = item.get_object().if_contains(key);
      return value == nullptr || !value->is_string() ? std::string() : std::string(value->get_string());
    };
    urls.push_back({member("name"), member("url")});
  }
  return urls;
}

Step step_of(const Row& row) {
  Step step;
  step.id = StepId(row.integer(0));
  step.number = row.integer(1);
  step.name = row.text(2);
  step.buildid = BuildId(row.integer(3));
  step.started_at = row.optional_integer(4);
  step.locks_acquired_at = row.optional_integer(5);
  step.complete_at = row.optional_integer(6);
  step.complete = step.complete_at.has_value();
  if (!row.is_null(7)) step.results = static_cast<Results>(row.integer(7));
  step.state_string = row.text(8);
  step.urls = urls_of(row.view(9));
  step.hidden = row.flag(10);
  return step;
}

}  // namespace

Result<Rows<Step>> query_steps(Connection& connection, const StepScope& scope, const ResultSpec& spec) {
  Select select(connection, entity);
  if (scope.id) select.where("s.id = ?", *scope.id);
  add_build_reference(select, "s.buildid", scope.build);
  if (scope.number) select.where("s.number = ?", *scope.number);
  if (scope.name) select.where("s.name = ?", *scope.name);
  select.default_order("s.number, s.id");
  KILN_TRY_VOID(select.apply(spec));
  return select.rows(connection, step_of);
}

}  // namespace kiln::db
