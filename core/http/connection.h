// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "core/http/access_log.h"
#include "core/http/message.h"
#include "core/http/request_reader.h"
#include "core/http/transport.h"

namespace kiln::http {

class Site;

// One HTTP/1 connection: requests in order, one answered at a time, so that a client that does not read is not read
// either. Loop thread. Alive as long as it has something to wait for.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  using Clock = std::chrono::steady_clock;
  // Takes the transport over after a websocket request; `rest`: what came behind it.
  using Upgrade = std::function<void(std::unique_ptr<Transport>, const Request&, std::string rest)>;
  struct Needs {
    Site& site;
    AccessLog& log;
    Upgrade upgrade;
    std::function<void(Connection*)> closed;  // once; the server forgets it
    std::shared_ptr<void> owner;              // of site and log: answers may come after the server is gone
  };
  Connection(std::unique_ptr<Transport> transport, std::string peer, Needs needs);

  void start();
  // Ends the connection at once.
  void close();
  // Ends it after the answer in work, at once when there is none.
  void finish();
  // Waits longer than it may.
  bool is_overdue(Clock::time_point now) const;
  // No request is being answered.
  bool is_idle() const { return state_ == State::reading && !reader_.is_in_request(); }

 private:
  enum class State { reading, handling, writing, closed };

  void read();
  void on_read(const boost::system::error_code& error, std::size_t size);
  void next_request();
  void handle(Request request);
  void upgrade(const Result<void>& allowed);
  void respond(Response response);
  void next_piece();
  void write_piece(std::string piece);
  void response_done();
  void refuse(int status, const std::string& text);
  void linger();
  void send(std::string_view first, std::string_view second, std::function<void()> then);
  void set_state(State state);
  bool is_upgrade(const Request& request) const;

  std::unique_ptr<Transport> transport_;
  std::string peer_;
  Needs needs_;
  RequestReader reader_;
  State state_ = State::reading;
  bool lingering_ = false;
  bool finishing_ = false;
  Clock::time_point since_ = Clock::now();
  std::array<char, 8192> bytes_;
  std::shared_ptr<const Request> request_;
  bool keep_alive_ = true;
  Response response_;
  std::string head_;
  std::string piece_;
  std::size_t body_bytes_ = 0;
};

}  // namespace kiln::http
