// SPDX-License-Identifier: MIT
// A recorded session of an upstream master with its worker: given the worker's bytes, this master says what that one said.
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <fstream>

#include "core/wire/pb_password.h"
#include "tests/core/session/session_support.h"

namespace kiln::session {
namespace {

struct Recorded {
  bool is_from_worker = false;
  std::string bytes;
};

std::string from_hex(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  }
  return bytes;
}

// What was sent on one connection, in order.
std::vector<Recorded> read_recording(std::int64_t connection) {
  std::ifstream in(KILN_TEST_DATA "/pb/pb.jsonl");
  REQUIRE(in);
  std::vector<Recorded> recording;
  for (std::string line; std::getline(in, line);) {
    const Json entry = parse_json(line).value();
    const std::string_view direction = entry.at("dir").get_string();
    if (entry.at("conn").get_int64() != connection || (direction != "c>s" && direction != "s>c")) continue;
    recording.push_back({direction == "c>s", from_hex(entry.at("hex").get_string())});
  }
  return recording;
}

class RecordedFixture : public PortFixture {
 public:
  RecordedFixture() : socket(io) {
    gate.passwords = {{"w-pb", "not the recorded one"}};
    gate.builder_list = {{"boom", "boom"}, {"slow", "slow"}, {"main", "bd-main"}, {"child", "child"}};
    open();
    socket.connect({boost::asio::ip::make_address("127.0.0.1"), port_number});
  }

  std::string receive(std::size_t size) {
    std::string bytes(size, '\0');
    std::size_t have = 0;
    while (have < size) {
      bool has_read = false;
      socket.async_read_some(boost::asio::buffer(bytes.data() + have, size - have), [&](const auto& error, std::size_t n) {
        REQUIRE_FALSE(error);
        have += n;
        has_read = true;
      });
      run_until([&] { return has_read; });
    }
    return bytes;
  }

  void send(std::string_view bytes) { boost::asio::write(socket, boost::asio::buffer(bytes)); }

  boost::asio::ip::tcp::socket socket;
};

TEST_CASE_METHOD(RecordedFixture, "the attach sequence and a first command are byte for byte those of upstream") {
  const auto recording = read_recording(1);
  std::string challenge;
  const auto sink = std::make_shared<RecordingSink>();
  // Entry 0 is our greeting, 1 the worker's login, 2 our challenge, 3 the worker's response: only these two differ.
  for (std::size_t next = 0;; ++next) {
    const auto& [is_from_worker, bytes] = recording.at(next);
    const auto asks_for = [&text = bytes](const char* method) { return text.find(method) != std::string::npos; };
    if (sink->is_over() && asks_for("startCommand")) break;
    if (is_from_worker) {
      std::string sent = bytes;
      if (next == 3) {
        const auto place = sent.find("respond") + 7;
        const auto response = sent.find("\x10\x82", place) + 2;
        sent.replace(response, 16, wire::pb_login_response("not the recorded one", challenge));
      }
      send(sent);
      continue;
    }
    // What upstream's engine asked for at this point; ours has to be asked, too.
    if (asks_for("ping")) link("w-pb")->ping({});
    if (asks_for("startBuild")) link("w-pb")->start_build("main", {});
    if (asks_for("startCommand")) link("w-pb")->start_command("main", "mkdir", {{"dir", "build/sub"}}, sink);
    std::string received = receive(bytes.size());
    if (next == 2) {
      const auto place = bytes.find("\x10\x82") + 2;
      challenge = received.substr(place, 16);
      received.replace(place, 16, bytes.substr(place, 16));
    }
    INFO("entry " << next);
    REQUIRE(received == bytes);
  }

  REQUIRE(sink->events.size() == 3);
  REQUIRE(sink->events[0] == "rc 0");
  REQUIRE(sink->events[2] == "complete");
  REQUIRE(link("w-pb")->info().version == "4.3.0");
}

}  // namespace
}  // namespace kiln::session
