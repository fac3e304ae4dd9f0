// SPDX-License-Identifier: MIT
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/wire/broker.h"

namespace kiln::session {

// A worker on a real socket that behaves as buildbot-worker does, on the test's loop, as far as it is not told otherwise.
class FakeWorker {
 public:
  struct Habits {
    std::string name = "w";
    std::string password = "secret";
    bool brings_bot = true;
    bool answers_prints = true;
    bool is_of_08 = false;  // getSlaveInfo only
  };

  FakeWorker(boost::asio::io_context& io, std::uint16_t port);
  FakeWorker(boost::asio::io_context& io, std::uint16_t port, Habits habits);
  ~FakeWorker();

  // Calls on the master's objects.
  void call_perspective(const std::string& method);
  void update(wire::ObjectId command, const std::string& key, wire::Jelly value);
  void complete(wire::ObjectId command, wire::Jelly failure = {});
  void call(wire::ObjectId object, const std::string& method, std::vector<wire::Jelly> args);
  // Sends what was said since the last time in one segment.
  void send();
  void send_raw(std::string_view bytes);
  void disconnect();

  struct Command {
    wire::ObjectId object;
    std::string id;
    std::string name;
    wire::JellyDict args;
  };

  bool is_logged_in = false;
  bool is_closed = false;
  std::string refused;              // type of the failure that answered the login
  std::vector<std::string> calls;   // "print attached", "startBuild main", ... in order of arrival
  std::vector<Command> commands;
  std::vector<wire::Jelly> answers;  // to calls on commands and perspective
  std::vector<std::string> failures;  // the same, when they failed
  std::size_t decrefs = 0;           // objects of ours that the master gave back wholly
  std::string start_failure;         // when set, startCommand fails with this text

 private:
  void read();
  void handle(wire::Action& action);
  void on_call(const wire::Called& call);
  void on_bot_call(const wire::Called& call);
  void on_builder_call(const wire::Called& call, std::uint64_t key);
  void on_answer(const wire::Answered& answered);
  wire::Jelly worker_info() const;
  wire::Jelly take_builders(const wire::Jelly& list);

  boost::asio::ip::tcp::socket socket_;
  Habits habits_;
  wire::Broker broker_{wire::Broker::Role::client};
  std::string buffer_;
  wire::CallId login_call_;
  wire::CallId respond_call_;
  wire::ObjectId perspective_;
  std::map<std::string, std::uint64_t> builder_keys_;
  std::shared_ptr<bool> is_alive_ = std::make_shared<bool>(true);
};

}  // namespace kiln::session
