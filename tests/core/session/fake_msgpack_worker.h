// SPDX-License-Identifier: MIT
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/json.h"
#include "core/wire/msgpack_messages.h"

namespace kiln::session {

// A worker on a real websocket that behaves as buildbot-worker does over msgpack, on the test's loop, as far as it is
// not told otherwise.
class FakeMsgpackWorker {
 public:
  struct Habits {
    std::string name = "w";
    std::string password = "secret";
    bool answers_prints = true;
    std::string system = "posix";
    std::string basedir = "/srv/w";
    bool deletes_leftover_dirs = false;
    std::map<std::string, std::int64_t> files = {{"buildbot.tac", 0100600}, {"info", 040755}};  // with their modes
    std::optional<std::string> authorization = {};  // the header's value, instead of name and password
    bool makes_directories = true;                  // else mkdir fails
    bool uses_tls = false;
  };

  FakeMsgpackWorker(boost::asio::io_context& io, std::uint16_t port);
  FakeMsgpackWorker(boost::asio::io_context& io, std::uint16_t port, Habits habits);
  ~FakeMsgpackWorker();

  // A request to the master.
  void request(const std::string& op, const wire::ArgDict& fields);
  void update(const std::string& command, JsonArray updates);
  void send_message(std::string message, bool is_text = false);
  void send_ping();
  void disconnect();

  struct Command {
    std::string id;
    std::string builder;
    std::string name;
    Json args;
  };

  bool is_open = false;
  bool is_closed = false;
  int status = 0;                     // of the handshake's answer
  std::vector<std::string> calls;     // "print attached", "start_command main 3 shell", ... in order of arrival
  std::vector<std::string> setup;     // "mkdir [...]": commands of no builder
  std::vector<Command> commands;      // of builders
  std::vector<std::string> answers;   // to requests: "null", "bytes 6162" ...
  std::vector<std::string> failures;  // the same, when they failed
  std::string start_failure;          // when set, start_command fails with this text
  std::size_t pongs = 0;

 private:
  struct Socket;
  template <class Stream>
  struct StreamSocket;

  void on_message(std::string_view message);
  void on_request(const wire::MsgpackRequested& request);
  void on_start(wire::SequenceNumber number, const JsonObject& message);
  void on_setup_command(const JsonObject& message);
  void flush();

  Habits habits_;
  wire::MsgpackPeer peer_;
  std::shared_ptr<Socket> socket_;
};

}  // namespace kiln::session
