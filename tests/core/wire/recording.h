// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace kiln::wire {

// Bytes of one direction of a recorded connection between a Buildbot 4.3 master and a peer.
struct RecordedPiece {
  bool from_server = false;
  std::string bytes;
};

// tests/data/pb/pb.jsonl: the pieces of connection `number`, in order of time.
std::vector<RecordedPiece> recorded_connection(int number);
constexpr int recorded_connections = 12;

std::string recorded_stream(const std::vector<RecordedPiece>& pieces, bool from_server);

}  // namespace kiln::wire
