// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/base/clock.h"
#include "core/model/resources.h"

namespace kiln {

// One of the things that must always hold in a master, and how it has held since the master started.
struct InvariantCheck {
  std::string name;
  std::int64_t violations = 0;  // each object once, until it is well again
  std::int64_t broken = 0;      // objects, by the last look
  std::int64_t checks = 0;
  std::optional<EpochSeconds> checked_at;
  std::optional<EpochSeconds> violated_at;
  std::string violation;  // the last one in words
};

template <>
struct Resource<InvariantCheck> {
  static constexpr std::string_view type = "invariant", plural = "invariants";
  static constexpr std::tuple fields{field("name", &InvariantCheck::name),
                                     field("violations", &InvariantCheck::violations),
                                     field("broken", &InvariantCheck::broken),
                                     field("checks", &InvariantCheck::checks),
                                     field_as(FieldType::datetime, "checked_at", &InvariantCheck::checked_at),
                                     field_as(FieldType::datetime, "violated_at", &InvariantCheck::violated_at),
                                     field("violation", &InvariantCheck::violation)};
  static constexpr Paths<0> event_paths{};
};

}  // namespace kiln
