// SPDX-License-Identifier: MIT
#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace kiln {

// A database id that cannot be mixed up with another table's. 0 means "none yet".
template <class Tag>
struct Id {
  std::int64_t value = 0;

  constexpr Id() = default;
  constexpr explicit Id(std::int64_t v) : value(v) {}
  constexpr explicit operator bool() const { return value != 0; }
  friend constexpr auto operator<=>(Id, Id) = default;
};

using MasterId = Id<struct MasterTag>;
using BuilderId = Id<struct BuilderTag>;
using WorkerId = Id<struct WorkerTag>;
using SchedulerId = Id<struct SchedulerTag>;
using ChangeSourceId = Id<struct ChangeSourceTag>;
using ChangeId = Id<struct ChangeTag>;
using SourceStampId = Id<struct SourceStampTag>;
using PatchId = Id<struct PatchTag>;
using BuildsetId = Id<struct BuildsetTag>;
using RequestId = Id<struct RequestTag>;
using BuildId = Id<struct BuildTag>;
using StepId = Id<struct StepTag>;
using LogId = Id<struct LogTag>;
using ProjectId = Id<struct ProjectTag>;

}  // namespace kiln

template <class Tag>
struct std::hash<kiln::Id<Tag>> {
  std::size_t operator()(kiln::Id<Tag> id) const noexcept {
    return std::hash<std::int64_t>{}(id.value);
  }
};
