// SPDX-License-Identifier: MIT
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/net/stream.h"
#include "core/session/avatar.h"
#include "core/session/peer.h"
#include "core/wire/broker.h"

namespace kiln::session {

class Port;

// One Perspective Broker connection: socket, broker, calls that wait for answers, bytes that wait to be sent.
// Loop thread. Kept alive by its coroutines and by its avatar's users; dead after end(), when everything fails
// with peer_gone.
class Connection : public Peer, public std::enable_shared_from_this<Connection> {
 public:
  Connection(std::shared_ptr<Port> port, boost::asio::any_io_executor executor, std::unique_ptr<net::Stream> stream,
             std::string peer, std::string door);

  // Reads until the end. `self` keeps it alive.
  static net::Task<void> run(std::shared_ptr<Connection> self);

  wire::Broker& broker() { return broker_; }
  const std::string& peer() const { return peer_; }
  bool is_alive() const { return is_alive_; }
  const boost::asio::any_io_executor& executor() const { return executor_; }

  // `call` is what the broker said to a call just made. Replies exactly once, never from inside.
  void expect(Result<wire::CallId> call, Reply<wire::Jelly> reply);
  net::Task<Result<wire::Jelly>> answer_of(Result<wire::CallId> call, std::chrono::milliseconds limit);
  // Sends what the broker has to say soon: several calls made in one go share a write.
  void flush_soon();
  void pause_reading(bool paused);
  bool is_paused() const { return is_paused_; }

  // The login is complete: from now on, the peer talks to `avatar` and may stay.
  void set_avatar(std::shared_ptr<Avatar> avatar);
  void refuse_login(const wire::LoginAnswered& login, std::string_view failure_type, std::string_view why);
  // Gives back each object of the peer inside.
  void release(const wire::Jelly& jelly);

  void end(const Error& why) override;
  // The same, from a fresh stack: for callers that must not be called back from inside.
  void end_soon(const Error& why);

 private:
  net::Task<void> read_until_end();
  net::Task<void> wait_while_paused();
  static net::Task<void> write_out(std::shared_ptr<Connection> self);
  void receive(std::span<const char> bytes);
  void handle(wire::Action& action);
  void handle_login(const wire::LoginAnswered& login);
  void handle_answer(wire::Answered& answered);
  void challenge(const wire::LoginRequested& request);
  void flush();

  std::shared_ptr<Port> port_;
  boost::asio::any_io_executor executor_;
  std::unique_ptr<net::Stream> stream_;
  const std::string peer_;
  const std::string door_;
  wire::Broker broker_;
  std::shared_ptr<Avatar> avatar_;
  std::map<wire::CallId, Reply<wire::Jelly>> waiting_;
  std::string unsent_;
  boost::asio::steady_timer resumed_;
  std::unique_ptr<Timer> deadline_;  // of the login, later of the last write
  bool is_alive_ = true;
  bool is_admitted_ = false;
  bool is_paused_ = false;
  bool is_writing_ = false;
  bool is_flush_due_ = false;
};
using ConnectionPtr = std::shared_ptr<Connection>;

// A remote failure as our error: not_supported for a missing method, else bad_input with type, text and traceback.
Error to_error(const wire::PbFailure& failure);

}  // namespace kiln::session
