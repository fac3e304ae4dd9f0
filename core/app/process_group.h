// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <cstdint>

namespace kiln::app {

// What all processes of a group use together.
struct GroupUse {
  int processes = 0;
  std::uint64_t resident_bytes = 0;
};
GroupUse use_of_group(pid_t group);

}  // namespace kiln::app
