// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace kiln::wire {

// One msgpack message of a recorded connection between a Buildbot 4.3 master and its worker.
struct RecordedMessage {
  bool from_master = false;
  std::string bytes;
};

// tests/data/msgpack/msgpack.jsonl: the binary messages of connection `number`, in order of time.
std::vector<RecordedMessage> recorded_messages(int number);
constexpr int recorded_msgpack_connections = 6;

std::string from_hex(std::string_view hex);

}  // namespace kiln::wire
