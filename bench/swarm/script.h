// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace kiln::swarm {

// What one command prints and how it ends, from its argument words: `replay lines=20 width=60`, `replay bytes=52428800
// chunk=65536`, with `rate=` (bytes a second), `sleep=` (seconds), `rc=`. Any other command ends at once with 0.
struct Script {
  explicit Script(const std::vector<std::string>& words);

  std::size_t bytes = 0;
  std::size_t chunk = 65536;
  double rate = 0;   // 0: as fast as it is taken
  double sleep = 0;  // seconds before the exit status
  std::int64_t rc = 0;
  std::string header;
  std::string lines;  // printed at once, before `bytes`

  // The text of `bytes` from offset `sent` on: at most one chunk.
  std::string_view text_at(std::size_t sent) const;
};

}  // namespace kiln::swarm
