// SPDX-License-Identifier: MIT
// Why requests wait, as the Matcher knows it.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "core/engine/build_accesses.h"
#include "core/engine/build_run.h"
#include "core/engine/matcher.h"

namespace kiln::engine {
namespace {

// A look at a long queue must not hold up the master.
constexpr std::size_t most_counted = 10'000;  // requests that come first
constexpr std::size_t most_named_of_one = 1'000, most_named_of_many = 20;  // workers

WaitReason lock_missing(const LockReport& report, const WorkerState& worker) {
  const std::string text = fmt::format("worker \"{}\" {}", worker.row.name, lock_reason(report));
  WaitReason reason{"locked", text, worker.row.name};
  reason.lock = report.name;
  for (const LockReport::Use& use : report.holders) reason.builds.push_back(use.user.build);
  return reason;
}

// Of a build that is decided on and has no row yet.
std::optional<WaitReason> reason_before(const BuildRun& build) {
  const std::string& worker = build.worker().row.name;
  switch (build.phase()) {
    case BuildRun::Phase::claiming:
    case BuildRun::Phase::adding: return WaitReason{"starting", fmt::format("it starts on worker \"{}\"", worker), worker};
    case BuildRun::Phase::deciding: return WaitReason{"deciding", "do_build_if is asked", worker};
    default: return std::nullopt;
  }
}

}  // namespace

std::string WaitingRow::text() const {
  std::string all;
  for (const WaitReason& reason : reasons) all += (all.empty() ? "" : ", ") + reason.text;
  return all;
}

std::vector<WaitingRow> Matcher::wait_reasons() const {
  std::map<RequestId, WaitingRow> rows;
  for (const auto& [id, builder] : requests_.builders()) {
    for (WaitingRow& waiting : wait_reasons(*builder, builder->waiting.size())) {
      rows.emplace(waiting.request, std::move(waiting));
    }
  }
  std::vector<WaitingRow> sorted;
  for (auto& [id, waiting] : rows) sorted.push_back(std::move(waiting));
  return sorted;
}

std::optional<WaitingRow> Matcher::wait_reasons(RequestId id) const {
  const RequestState* request = requests_.find_request(id);
  if (request == nullptr) return std::nullopt;
  if (request->build != nullptr) {
    auto reason = reason_before(*request->build);
    if (!reason) return std::nullopt;
    return WaitingRow{id, request->builder->id, 1, {*std::move(reason)}, std::nullopt};
  }
  if (request->phase != RequestState::Phase::waiting) return std::nullopt;
  std::size_t position = 1;
  for (const RequestState* earlier : request->builder->waiting) {
    if (earlier == request || position > most_counted) break;
    ++position;
  }
  return row(*request, position, outlook(*request->builder, most_named_of_one));
}

std::vector<WaitingRow> Matcher::wait_reasons(const BuilderState& builder, std::size_t limit) const {
  std::vector<WaitingRow> rows;
  const Outlook same = outlook(builder, most_named_of_many);
  for (const RequestState* request : builder.waiting) {
    if (rows.size() == limit) break;
    rows.push_back(row(*request, rows.size() + 1, same));
  }
  return rows;
}

Matcher::Outlook Matcher::outlook(const BuilderState& builder, std::size_t most_named) const {
  if (!builder.config) return {};
  Outlook found{reasons_of_workers(builder, most_named), {}};
  for (const WorkerState* worker : builder.workers) {
    if (const auto at = free_at(*worker, builder)) found.free_at.push_back(std::max(*at, kernel_.clock.now_s()));
  }
  std::sort(found.free_at.begin(), found.free_at.end());
  return found;
}

WaitingRow Matcher::row(const RequestState& request, std::size_t position, const Outlook& outlook) const {
  return {request.row.id, request.builder->id, static_cast<std::int64_t>(position),
          reasons(request, position, outlook), predicted_start(request, position, outlook)};
}

std::optional<WaitReason> Matcher::reason_of_master(const RequestState& request) const {
  const BuilderState& builder = *request.builder;
  if (kernel_.shutting_down) return WaitReason{"stopping", "the master is shutting down"};
  if (kernel_.storage_lost) return WaitReason{"storage_lost", "the database cannot be written"};
  if (request.retry_delay) {
    WaitReason reason{"retried", fmt::format("{} builds of it ended as RETRY", request.retries)};
    reason.until = request.retry_at;
    return reason;
  }
  if (!may_start(request)) return WaitReason{"draining", "the master finishes its builds before it stops"};
  if (!builder.config) return WaitReason{"not_configured", fmt::format("builder \"{}\" is not configured", builder.name)};
  return std::nullopt;
}

// Of each worker of the builder; none: one could take a build.
std::vector<WaitReason> Matcher::reasons_of_workers(const BuilderState& builder, std::size_t most_named) const {
  std::vector<WaitReason> found;
  std::size_t further = 0;
  for (const WorkerState* worker : builder.workers) {
    const bool is_named = found.size() < most_named;
    std::optional<WaitReason> reason = reason_against(*worker, builder);
    if (!reason) {
      const auto missing = missing_lock(kernel_.locks, *builder.config, *worker->config);
      if (!missing) return {};
      if (is_named) reason = lock_missing(kernel_.locks.report(*missing, worker->row.name), *worker);
    }
    if (is_named) {
      found.push_back(*std::move(reason));
    } else {
      ++further;
    }
  }
  if (further > 0) found.push_back({"further", fmt::format("workers that cannot take it either: {}", further)});
  return found;
}

std::vector<WaitReason> Matcher::reasons(const RequestState& request, std::size_t position,
                                         const Outlook& outlook) const {
  if (auto reason = reason_of_master(request)) return {*std::move(reason)};
  const BuilderState& builder = *request.builder;
  if (!outlook.of_workers.empty()) return outlook.of_workers;
  if (left_out_.contains(&builder)) return {{"left_out", "prioritizeBuilders left the builder out"}};
  std::vector<WaitReason> found;
  for (const script::Refusal& refusal : consultations_.refusals(request)) {
    const std::string on = refusal.worker ? fmt::format(" worker \"{}\"", *refusal.worker) : "";
    found.push_back({"refused", refusal.why + on, refusal.worker.value_or("")});
  }
  if (!found.empty()) return found;
  if (position > 1) {
    const bool is_counted = position <= most_counted;
    return {{"behind", fmt::format("requests of its builder that come first: {}{}", is_counted ? "" : "at least ",
                                   position - 1)}};
  }
  if (is_ordering_ || consultations_.is_asking(builder)) return {{"asking", "functions of the configuration are asked"}};
  return {{"starting", "it is about to start"}};
}

std::optional<EpochSeconds> Matcher::free_at(const WorkerState& worker, const BuilderState& builder) const {
  const std::optional<WaitReason> reason = reason_against(worker, builder);
  if (!reason) return kernel_.clock.now_s();
  if (reason->until) return reason->until;
  std::optional<EpochSeconds> first;
  for (const BuildRun* build : worker.builds) {
    const bool counts = reason->kind == "full" || (reason->kind == "building" && &build->builder() == &builder);
    if (!counts || !build->builder().mean_seconds) continue;
    const EpochSeconds end = build->row().started_at + static_cast<EpochSeconds>(*build->builder().mean_seconds);
    first = std::min(first.value_or(end), end);
  }
  return first;
}

// The requests before it take the workers in turn, each for as long as the builder's latest builds took.
std::optional<EpochSeconds> Matcher::predicted_start(const RequestState& request, std::size_t position,
                                                     const Outlook& outlook) const {
  const BuilderState& builder = *request.builder;
  if (const auto reason = reason_of_master(request)) return reason->until;
  const std::vector<EpochSeconds>& free = outlook.free_at;
  if (free.empty() || position > most_counted || (position > 1 && !builder.mean_seconds)) return std::nullopt;
  const std::size_t rounds = (position - 1) / free.size();
  const double taken = static_cast<double>(rounds) * builder.mean_seconds.value_or(0);
  return free[(position - 1) % free.size()] + static_cast<EpochSeconds>(taken);
}

}  // namespace kiln::engine
