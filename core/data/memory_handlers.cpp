// SPDX-License-Identifier: MIT
#include <algorithm>

#include "core/data/handlers.h"
#include "core/data/scope_args.h"
#include "core/data/select.h"
#include "core/db/build_store.h"
#include "core/db/builder_store.h"
#include "core/db/buildset_store.h"
#include "core/db/change_store.h"
#include "core/db/extra_queries.h"

// Endpoints whose rows are few, or no table: filtered and paged in memory.
namespace kiln::data {
namespace {

template <class Row>
RowText answer(const Query& query, std::vector<Row> rows) {
  if (query.endpoint.kind == EndpointKind::collection) {
    return to_text(select_rows(std::move(rows), query.spec), query.spec);
  }
  return to_text(rows.empty() ? std::nullopt : std::optional(std::move(rows.front())), query.spec);
}

template <class Row>
Result<RowText> answer(const Query& query, Result<std::vector<Row>> rows) {
  if (rows.has_error()) return rows.error();
  return answer(query, *std::move(rows));
}

std::vector<PropertyRow> property_rows(const Properties& properties) {
  std::vector<PropertyRow> rows;
  for (const Property& property : properties) {
    rows.push_back({property.name, property.source, dump_json_spaced(property.value)});
  }
  return rows;
}

Result<Properties> build_properties(const Query& query, std::optional<BuildId> build) {
  if (!build) return Properties();
  return db::query_build_properties(query.db, *build);
}

// The build that a path names by builder and number.
Result<std::optional<BuildId>> find_build(const Query& query) {
  if (const auto id = id_arg<BuildId>(query.args, "buildid")) return id;
  const db::BuildScope scope{.path = build_path(query.args),
                             .request = std::nullopt,
                             .change = std::nullopt,
                             .worker = std::nullopt,
                             .triggered_by = std::nullopt};
  const auto page = db::query_builds(query.db, scope, {});
  if (page.has_error()) return page.error();
  return page->rows.empty() ? std::nullopt : std::optional(page->rows.front().id);
}

ForceScheduler force_row(const script::SchedulerConfig& config) {
  return {.name = config.name,
          .button_name = config.button_name,
          .label = config.label,
          .builder_names = config.builder_names,
          .enabled = true,
          .all_fields = config.all_fields};
}

// Builders are given by id or by name here (`builders/:builderid/forceschedulers`).
Result<std::optional<std::string>> builder_name(const Query& query, const std::string& element) {
  db::BuilderScope scope;
  const bool is_number = !element.empty() && element.find_first_not_of("0123456789") == std::string::npos;
  if (is_number) {
    scope.id = BuilderId(std::atoll(element.c_str()));
  } else {
    scope.name = element;
  }
  const auto page = db::query_builders(query.db, scope, {});
  if (page.has_error()) return page.error();
  return page->rows.empty() ? std::nullopt : std::optional(page->rows.front().name);
}

}  // namespace

Result<RowText> get_forceschedulers(const Query& query) {
  std::optional<std::string> builder;
  const std::string* element = query.args.text("builderid");
  if (element != nullptr) {
    auto found = builder_name(query, *element);
    if (found.has_error()) return found.error();
    builder = *std::move(found);
  }
  std::vector<ForceScheduler> rows;
  if (query.config == nullptr) return answer(query, rows);
  const std::string* name = query.args.text("schedulername");
  for (const auto& scheduler : query.config->schedulers) {
    if (scheduler->kind != script::SchedulerConfig::Kind::force) continue;
    if (name != nullptr && scheduler->name != *name) continue;
    const auto& builders = scheduler->builder_names;
    if (element != nullptr && (!builder || std::find(builders.begin(), builders.end(), *builder) == builders.end())) {
      continue;
    }
    rows.push_back(force_row(*scheduler));
  }
  return answer(query, std::move(rows));
}

Result<RowText> get_waiting(const Query& query) { return answer(query, query.waiting); }

Result<RowText> get_invariants(const Query& query) { return answer(query, query.invariants); }

Result<RowText> get_properties(const Query& query) {
  Result<Properties> properties = Properties();
  if (const auto buildset = id_arg<BuildsetId>(query.args, "bsid")) {
    properties = db::query_buildset_properties(query.db, *buildset);
  } else {
    const auto build = find_build(query);
    if (build.has_error()) return build.error();
    properties = build_properties(query, *build);
  }
  if (properties.has_error()) return properties.error();
  RowText text;
  append_properties_json(text.json, *properties);
  text.count = 1;
  return text;
}

Result<RowText> get_property_list(const Query& query) {
  const auto buildset = id_arg<BuildsetId>(query.args, "bsid");
  const auto properties = buildset ? db::query_buildset_properties(query.db, *buildset)
                                   : build_properties(query, id_arg<BuildId>(query.args, "buildid"));
  if (properties.has_error()) return properties.error();
  return answer(query, property_rows(*properties));
}

Result<RowText> get_change_property_list(const Query& query) {
  const auto properties =
      db::query_change_properties(query.db, ChangeId(query.args.number("changeid").value_or(0)));
  if (properties.has_error()) return properties.error();
  return answer(query, property_rows(*properties));
}

Result<RowText> get_projects(const Query& query) {
  db::ProjectScope scope{.id = id_arg<ProjectId>(query.args, "projectid"),
                         .name = text_arg(query.args, "projectname"),
                         .active = std::nullopt};
  // As upstream, `active` is only known when it is asked for.
  for (const Filter& filter : query.spec.filters) {
    const bool is_one = filter.op == FilterOp::eq && filter.values.size() == 1;
    if (filter.field == "active" && is_one) scope.active = filter.values.front().as_bool();
  }
  return answer(query, db::query_projects(query.db, scope));
}

Result<RowText> get_codebases(const Query& query) {
  return answer(query, db::query_codebases(query.db, {.id = query.args.number("codebaseid"),
                                                      .project = id_arg<ProjectId>(query.args, "projectid"),
                                                      .name = text_arg(query.args, "codebasename")}));
}

Result<RowText> get_commits(const Query& query) {
  return answer(query, db::query_commits(query.db, {.id = query.args.number("commitid"),
                                                    .codebase = query.args.number("codebaseid"),
                                                    .revision = text_arg(query.args, "revision")}));
}

Result<RowText> get_commit_graph(const Query& query) {
  const auto graph = db::query_common_commit(query.db, query.args.number("codebaseid").value_or(0),
                                             query.args.number("commitid1").value_or(0),
                                             query.args.number("commitid2").value_or(0));
  if (graph.has_error()) return graph.error();
  return to_text(*graph, query.spec);
}

Result<RowText> get_branches(const Query& query) {
  return answer(query, db::query_branches(query.db, {.id = query.args.number("branchid"),
                                                     .codebase = query.args.number("codebaseid")}));
}

Result<RowText> get_build_data(const Query& query) {
  return answer(query, db::query_build_data(query.db, {.build = build_path(query.args),
                                                       .name = text_arg(query.args, "name"),
                                                       .with_value = false}));
}

Result<RowText> get_test_result_sets(const Query& query) {
  // Sets between two commits: nothing records which build had which commit, upstream's answer is empty as well.
  if (query.args.number("commitid1")) return answer(query, std::vector<TestResultSet>());
  return answer(query, db::query_test_result_sets(query.db, {.id = query.args.number("test_result_setid"),
                                                             .builder = id_arg<BuilderId>(query.args, "builderid"),
                                                             .builder_name = text_arg(query.args, "buildername"),
                                                             .build = id_arg<BuildId>(query.args, "buildid"),
                                                             .step = id_arg<StepId>(query.args, "stepid")}));
}

Result<RowText> get_test_results(const Query& query) {
  return answer(query,
                db::query_test_results(query.db, query.args.number("test_result_setid").value_or(0)));
}

Result<RowText> get_rootlinks(const Query& query) {
  std::vector<RootLink> rows;
  for (const Endpoint& endpoint : endpoints()) {
    if (endpoint.is_root) rows.push_back({std::string(endpoint.plural)});
  }
  return answer(query, std::move(rows));
}

Result<RowText> not_rows(const Query&) { return make_error(Errc::fatal, "this endpoint has no rows"); }

}  // namespace kiln::data
