// SPDX-License-Identifier: MIT
#include "core/engine/invariant_watch.h"

#include <algorithm>

#include "core/base/log.h"
#include "core/engine/invariant_bundle.h"

namespace kiln::engine {
namespace {

constexpr std::size_t piece = 2'000;  // things that are looked at in one go: about a millisecond
constexpr std::size_t told = 10;      // violations of one look that are logged
// Between pieces; and after a look for each of its pieces, so that a long queue does not cost more than a short one.
constexpr std::chrono::milliseconds pause{10}, rest{100};

}  // namespace

InvariantWatch::InvariantWatch(const World& world, Clock& clock, std::function<void()> heal)
    : world_(world), clock_(clock), heal_(std::move(heal)) {
  for (const std::string_view name : invariant_names) rows_.emplace_back().name = name;
}

void InvariantWatch::start(std::chrono::seconds interval, InvariantReport report) {
  interval_ = interval;
  report_ = std::move(report);
  look_now();
}

void InvariantWatch::look_now() {
  if (!report_) return;
  sweep_.reset();
  timer_ = clock_.call_after(std::chrono::milliseconds(0), [this] { look(); });
}

void InvariantWatch::look() {
  if (!sweep_) {
    sweep_.emplace(world_);
    pieces_ = 0;
  }
  ++pieces_;
  const bool is_done = sweep_->go_on(piece);
  if (is_done) {
    found(sweep_->violations());
    sweep_.reset();
  }
  const auto next = is_done ? interval_ + rest * (pieces_ - 1) : pause;
  timer_ = clock_.call_after(next, [this] { look(); });
}

void InvariantWatch::found(const std::vector<Violation>& violations) {
  const EpochSeconds now = clock_.now_s();
  for (InvariantRow& row : rows_) {
    ++row.checks;
    row.checked_at = now;
    row.broken = 0;
  }
  std::vector<Violation> fresh;
  const auto known = std::exchange(known_, {});
  for (const Violation& violation : violations) {
    InvariantRow& row = rows_[static_cast<std::size_t>(violation.invariant)];
    ++row.broken;
    known_.emplace(violation.invariant, violation.object);
    if (known.contains({violation.invariant, violation.object})) continue;
    ++row.violations;
    row.violated_at = now;
    row.violation = violation.object + ": " + violation.text;
    if (fresh.size() < told) log_error("broken invariant {}: {}", row.name, row.violation);
    fresh.push_back(violation);
  }
  if (fresh.size() > told) log_error("{} more broken invariants", fresh.size() - told);
  const bool is_idle = std::any_of(violations.begin(), violations.end(), [](const Violation& violation) {
    return violation.invariant == Invariant::eligible_and_idle;
  });
  if (!fresh.empty()) report_(fresh, bundle(world_, fresh));
  if (!is_idle) return;
  log_warning("all requests that wait are looked at again, because a worker was idle");
  heal_();
}

}  // namespace kiln::engine
