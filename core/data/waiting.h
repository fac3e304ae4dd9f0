// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "core/data/endpoint.h"
#include "core/engine/engine.h"
#include "core/model/extra_entities.h"
#include "core/model/invariant_check.h"

namespace kiln::data {

// Of a builder's requests that wait, those that are shown.
constexpr std::size_t shown_waiting = 1000;

// The requests that wait, of those that the path's arguments name: buildrequestid, or builderid. Loop thread.
std::vector<WaitingRequestRow> waiting_requests(const engine::Engine& engine, const PathArgs& args);

// What must always hold, and how it has held. Loop thread.
std::vector<InvariantCheck> invariant_checks(const engine::Engine& engine);

}  // namespace kiln::data
