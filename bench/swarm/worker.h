// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "bench/swarm/script.h"
#include "core/wire/broker.h"

namespace kiln::swarm {

// What all workers of the process have done.
struct Totals {
  std::uint64_t attached = 0, lost = 0, msgs_in = 0, msgs_out = 0, commands = 0, builds = 0, payload = 0, rejected = 0;
  std::size_t up = 0;  // attached now
};

struct WorkerNeeds {
  boost::asio::any_io_executor executor;
  boost::asio::ip::tcp::endpoint master;
  std::string password;
  std::size_t window = 64;  // output updates of one command that the master has not answered
  Totals& totals;
};

// One played worker, for one connection. Shared by what still waits for its socket or timers.
class Worker : public std::enable_shared_from_this<Worker> {
 public:
  Worker(const WorkerNeeds& needs, std::string name);

  // `settled`: attached (empty text) or refused, once. `ended`: the connection is gone; after `settled`.
  void start(std::function<void(const std::string& error)> settled, std::function<void()> ended);

 private:
  struct Running {
    wire::ObjectId command;  // the master's object that hears of it
    std::shared_ptr<const Script> script;
    std::size_t sent = 0;
    std::size_t unanswered = 0;
    bool is_interrupted = false;
    bool is_window_full = false;
    bool has_slept = false;
    std::chrono::steady_clock::time_point began;
    std::unique_ptr<boost::asio::steady_timer> timer;  // set while it waits for a time
  };
  using RunningPtr = std::shared_ptr<Running>;

  void read();
  void receive(std::size_t size);
  void handle(wire::Action& action);
  void handle_call(wire::Called& call);
  void handle_answer(wire::Answered& answered);
  void log_in();
  void respond(const wire::Jelly& challenge);
  wire::Jelly builder_objects(const wire::Called& call);
  void start_command(wire::Called& call);
  void interrupt(std::uint64_t builder);
  void go_on(std::uint64_t builder, const RunningPtr& running);
  void go_on_after(double seconds, std::uint64_t builder, const RunningPtr& running);
  void update(wire::ObjectId command, const char* key, wire::Jelly value, std::function<void()> answered = {});
  void complete(std::uint64_t builder, const RunningPtr& running, std::int64_t rc);
  void call(wire::ObjectId object, std::string_view method, std::vector<wire::Jelly> args,
            std::function<void(const wire::Jelly&)> answered);
  void flush();
  void fail(const std::string& why);
  std::shared_ptr<const Script> script_of(const std::vector<std::string>& words);

  const WorkerNeeds& needs_;
  const std::string name_;
  boost::asio::ip::tcp::socket socket_;
  wire::Broker broker_{wire::Broker::Role::client};
  std::array<char, 65536> buffer_;
  std::string unsent_, being_sent_;
  std::map<wire::CallId, std::function<void(const wire::Jelly&)>> waiting_;
  std::map<std::string, std::uint64_t> builders_;
  std::map<std::uint64_t, RunningPtr> running_;  // by builder
  std::function<void(const std::string&)> settled_;
  std::function<void()> ended_;
  bool is_attached_ = false;
  bool is_closed_ = false;
};

}  // namespace kiln::swarm
