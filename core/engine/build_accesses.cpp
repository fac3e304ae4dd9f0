// SPDX-License-Identifier: MIT
#include "core/engine/build_accesses.h"

#include <fmt/format.h>

namespace kiln::engine {

script::LockAccesses build_accesses(const script::BuilderConfig& builder, const script::WorkerConfig* worker) {
  script::LockAccesses accesses = builder.locks;
  if (worker != nullptr) accesses.insert(accesses.end(), worker->locks.begin(), worker->locks.end());
  return accesses;
}

std::optional<script::Lock> missing_lock(const Locks& locks, const script::BuilderConfig& builder,
                                         const script::WorkerConfig& worker) {
  if (builder.locks.empty() && worker.locks.empty()) return std::nullopt;
  const script::LockAccesses accesses = build_accesses(builder, &worker);
  const script::LockAccess* missing = locks.blocking(accesses, worker.name);
  return missing == nullptr ? std::nullopt : std::optional(missing->lock);
}

std::string lock_reason(const LockReport& report) {
  std::string text = fmt::format("waits for lock \"{}\"", report.name);
  std::string by;
  for (const LockReport::Use& use : report.holders) {
    const std::string step = use.user.step.empty() ? "" : fmt::format(" (step \"{}\")", use.user.step);
    by += fmt::format("{}build {} of builder \"{}\"{}", by.empty() ? " held by " : ", ", use.user.build.value,
                      use.user.builder, step);
  }
  if (by.empty()) by = fmt::format(" which has {} places", report.places);
  return text + by;
}

const script::Lock* shared_lock(const script::LockAccesses& own, const script::LockAccesses& accesses) {
  for (const script::LockAccess& a : own) {
    for (const script::LockAccess& b : accesses) {
      if (a.lock.kind == b.lock.kind && a.lock.name == b.lock.name) return &a.lock;
    }
  }
  return nullptr;
}

}  // namespace kiln::engine
