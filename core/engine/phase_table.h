// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <utility>

#include "core/base/result.h"

namespace kiln::engine {

// A state that may change only as a table says.
template <class Phase, std::size_t count>
using Transitions = std::array<std::pair<Phase, Phase>, count>;

template <class Phase, std::size_t count>
constexpr bool is_allowed(const Transitions<Phase, count>& table, Phase from, Phase to) {
  for (const auto& [a, b] : table) {
    if (a == from && b == to) return true;
  }
  return false;
}

template <class Phase, std::size_t count>
void enter(const Transitions<Phase, count>& table, Phase& current, Phase next) {
  KILN_CHECK(is_allowed(table, current, next));
  current = next;
}

}  // namespace kiln::engine
