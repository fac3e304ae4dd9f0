// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.h"
#include "core/base/ids.h"

namespace kiln::engine {

// One thing that keeps a request from being built.
struct WaitReason {
  std::string_view kind;  // one of those that docs/choosing.md lists
  std::string text;       // for people
  std::string worker{};   // empty: it is not about one
  std::vector<BuildId> builds{};        // that are in the way
  std::string lock{};                   // that they hold
  std::optional<EpochSeconds> until{};  // when it ends by itself
};

// A request that waits.
struct WaitingRow {
  RequestId request;
  BuilderId builder;
  std::int64_t position = 1;  // among those of its builder
  std::vector<WaitReason> reasons;
  std::optional<EpochSeconds> predicted_start;  // none: too little is known

  std::string text() const;
};

}  // namespace kiln::engine
