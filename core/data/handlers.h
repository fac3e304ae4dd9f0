// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "core/data/endpoint.h"
#include "core/logs/log_store.h"
#include "core/model/invariant_check.h"
#include "core/model/row_json.h"
#include "core/script/config.h"

namespace kiln::db {
class Connection;
}

namespace kiln::data {

// What a handler needs. It runs on a database reader thread.
struct Query {
  db::Connection& db;
  const Endpoint& endpoint;
  const PathArgs& args;
  const ResultSpec& spec;
  const script::ConfigPtr& config;  // null: none loaded yet
  const std::vector<WaitingRequestRow>& waiting;  // of endpoints that show these
  const std::vector<InvariantCheck>& invariants;  // likewise

  BuildId build_id_arg() const { return BuildId(args.number("buildid").value_or(0)); }
};

// Rows as JSON objects joined by commas.
struct RowText {
  std::string json;
  std::size_t count = 0;
  std::optional<std::int64_t> total;
};

template <class Row>
RowText to_text(const Rows<Row>& page, const ResultSpec& spec) {
  RowText text;
  text.count = page.rows.size();
  text.total = page.total;
  const FieldMask mask = field_mask<Row>(spec.fields);
  for (const Row& row : page.rows) {
    if (!text.json.empty()) text.json += ',';
    append_row(text.json, row, mask);
  }
  return text;
}

template <class Row>
RowText to_text(const std::optional<Row>& row, const ResultSpec& spec) {
  RowText text;
  if (!row) return text;
  text.count = 1;
  append_row(text.json, *row, field_mask<Row>(spec.fields));
  return text;
}

// One for each endpoint or family of them; they read the arguments that the path had.
Result<RowText> get_masters(const Query&);
Result<RowText> get_builders(const Query&);
Result<RowText> get_builds(const Query&);
Result<RowText> get_triggered_builds(const Query&);
Result<RowText> get_buildrequests(const Query&);
Result<RowText> get_buildsets(const Query&);
Result<RowText> get_changes(const Query&);
Result<RowText> get_sourcestamps(const Query&);
Result<RowText> get_workers(const Query&);
Result<RowText> get_steps(const Query&);
Result<RowText> get_logs(const Query&);
Result<RowText> get_schedulers(const Query&);
Result<RowText> get_changesources(const Query&);
Result<RowText> get_forceschedulers(const Query&);
Result<RowText> get_waiting(const Query&);
Result<RowText> get_invariants(const Query&);
Result<RowText> get_properties(const Query&);
Result<RowText> get_property_list(const Query&);
Result<RowText> get_change_property_list(const Query&);
Result<RowText> get_projects(const Query&);
Result<RowText> get_codebases(const Query&);
Result<RowText> get_commits(const Query&);
Result<RowText> get_commit_graph(const Query&);
Result<RowText> get_branches(const Query&);
Result<RowText> get_build_data(const Query&);
Result<RowText> get_test_result_sets(const Query&);
Result<RowText> get_test_results(const Query&);
Result<RowText> get_rootlinks(const Query&);
Result<RowText> get_spec(const Query&);
// Contents, raw logs and build data values are not rows: the Api streams them.
Result<RowText> not_rows(const Query&);

}  // namespace kiln::data
