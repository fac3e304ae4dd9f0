// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>

#include "core/engine/locks.h"
#include "core/script/config.h"

namespace kiln::engine {

// What a build takes when it is given to a worker: its builder's list, unless that is rendered, and the worker's.
script::LockAccesses build_accesses(const script::BuilderConfig& builder, const script::WorkerConfig* worker);
// The lock that such a build cannot have now; none: it can have all.
std::optional<script::Lock> missing_lock(const Locks& locks, const script::BuilderConfig& builder,
                                         const script::WorkerConfig& worker);
// In words: why a request waits for it.
std::string lock_reason(const LockReport& report);
// One of the names' locks is among `accesses`; null: none is.
const script::Lock* shared_lock(const script::LockAccesses& own, const script::LockAccesses& accesses);

}  // namespace kiln::engine
