// SPDX-License-Identifier: MIT
#include "core/data/waiting.h"

#include <utility>

namespace kiln::data {
namespace {

Json text_or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

Json to_json(const engine::WaitReason& reason) {
  JsonArray builds;
  for (const BuildId build : reason.builds) builds.emplace_back(build.value);
  return JsonObject{{"kind", std::string(reason.kind)},
                    {"text", reason.text},
                    {"worker", text_or_null(reason.worker)},
                    {"builds", std::move(builds)},
                    {"lock", text_or_null(reason.lock)},
                    {"until", reason.until ? Json(*reason.until) : Json(nullptr)}};
}

WaitingRequestRow to_row(const engine::WaitingRow& waiting) {
  JsonArray reasons;
  for (const engine::WaitReason& reason : waiting.reasons) reasons.push_back(to_json(reason));
  return {waiting.request, waiting.builder,    waiting.position,
          waiting.text(),  std::move(reasons), waiting.predicted_start};
}

}  // namespace

std::vector<WaitingRequestRow> waiting_requests(const engine::Engine& engine, const PathArgs& args) {
  std::vector<WaitingRequestRow> rows;
  if (const auto request = args.number("buildrequestid")) {
    if (const auto waiting = engine.wait_reasons(RequestId(*request))) rows.push_back(to_row(*waiting));
  } else if (const auto builder = args.number("builderid")) {
    for (const auto& waiting : engine.wait_reasons(BuilderId(*builder), shown_waiting)) rows.push_back(to_row(waiting));
  }
  return rows;
}

std::vector<InvariantCheck> invariant_checks(const engine::Engine& engine) {
  std::vector<InvariantCheck> rows;
  for (const engine::InvariantRow& row : engine.invariants()) {
    rows.push_back({std::string(row.name), row.violations, row.broken, row.checks, row.checked_at, row.violated_at,
                    row.violation});
  }
  return rows;
}

}  // namespace kiln::data
