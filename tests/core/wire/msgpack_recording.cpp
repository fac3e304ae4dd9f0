// SPDX-License-Identifier: MIT
#include "tests/core/wire/msgpack_recording.h"

#include <fstream>
#include <map>
#include <stdexcept>

#include "core/base/json.h"

namespace kiln::wire {
namespace {

std::uint64_t big_endian(std::string_view bytes) {
  std::uint64_t number = 0;
  for (const char byte : bytes) number = number << 8 | static_cast<unsigned char>(byte);
  return number;
}

// What one direction of a connection has sent and is not yet a whole frame.
class Direction {
 public:
  // Appends the payloads of the binary frames that are complete now; none of them is fragmented.
  void feed(std::string_view piece, std::vector<std::string>& messages) {
    bytes_ += piece;
    if (const auto end = bytes_.find("\r\n\r\n"); !is_upgraded_ && end != std::string::npos) {
      bytes_.erase(0, end + 4);
      is_upgraded_ = true;
    }
    while (is_upgraded_ && take_frame(messages)) {
    }
  }

 private:
  bool take_frame(std::vector<std::string>& messages) {
    if (bytes_.size() < 2) return false;
    const auto second = static_cast<unsigned char>(bytes_[1]);
    const std::size_t size_bytes = (second & 127) == 127 ? 8 : (second & 127) == 126 ? 2 : 0;
    const std::size_t head = 2 + size_bytes + (second >> 7) * 4u;
    if (bytes_.size() < head) return false;
    const std::size_t size = size_bytes == 0 ? second & 127u : big_endian({bytes_.data() + 2, size_bytes});
    if (bytes_.size() < head + size) return false;
    std::string payload = bytes_.substr(head, size);
    for (std::size_t i = 0; second >= 128 && i < size; ++i) {
      payload[i] = static_cast<char>(payload[i] ^ bytes_[head - 4 + i % 4]);
    }
    if ((bytes_[0] & 15) == 2) messages.push_back(std::move(payload));
    bytes_.erase(0, head + size);
    return true;
  }

  std::string bytes_;
  bool is_upgraded_ = false;
};

}  // namespace

std::string from_hex(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  }
  return bytes;
}

std::vector<RecordedMessage> recorded_messages(int number) {
  std::ifstream file(KILN_TEST_DATA "/msgpack/msgpack.jsonl");
  if (!file) throw std::runtime_error("cannot open tests/data/msgpack/msgpack.jsonl");
  std::vector<RecordedMessage> recorded;
  std::map<bool, Direction> directions;
  for (std::string line; std::getline(file, line);) {
    const Json json = parse_json(line).value();
    const std::string_view direction = json.at("dir").get_string();
    if (json.at("conn").get_int64() != number || (direction != "s>c" && direction != "c>s")) continue;
    const bool from_master = direction == "s>c";
    std::vector<std::string> messages;
    directions[from_master].feed(from_hex(json.at("hex").get_string()), messages);
    for (auto& message : messages) recorded.push_back({from_master, std::move(message)});
  }
  return recorded;
}

}  // namespace kiln::wire
