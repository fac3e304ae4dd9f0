// SPDX-License-Identifier: MIT
#include "tests/core/wire/recording.h"

#include <fstream>
#include <stdexcept>

#include "core/base/json.h"

namespace kiln::wire {
namespace {

std::string from_hex(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  }
  return bytes;
}

}  // namespace

std::vector<RecordedPiece> recorded_connection(int number) {
  std::ifstream file(KILN_TEST_DATA "/pb/pb.jsonl");
  if (!file) throw std::runtime_error("cannot open tests/data/pb/pb.jsonl");
  std::vector<RecordedPiece> pieces;
  for (std::string line; std::getline(file, line);) {
    const Json json = parse_json(line).value();
    const std::string_view direction = json.at("dir").get_string();
    if (json.at("conn").get_int64() != number || (direction != "s>c" && direction != "c>s"))
      continue;
    pieces.push_back({direction == "s>c", from_hex(json.at("hex").get_string())});
  }
  return pieces;
}

std::string recorded_stream(const std::vector<RecordedPiece>& pieces, bool from_server) {
  std::string stream;
  for (const RecordedPiece& piece : pieces) {
    if (piece.from_server == from_server) stream += piece.bytes;
  }
  return stream;
}

}  // namespace kiln::wire
