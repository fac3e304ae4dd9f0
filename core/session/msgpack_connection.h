// SPDX-License-Identifier: MIT
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/net/stream.h"
#include "core/session/peer.h"
#include "core/session/websocket.h"
#include "core/wire/msgpack_peer.h"

namespace kiln::session {

class MsgpackLink;
class Port;

// One connection of the protocol msgpack_experimental_v7: websocket, requests that wait for answers, messages that wait
// to be sent. Loop thread. Kept alive by its coroutines and by its link; dead after end(), when everything fails with
// peer_gone.
class MsgpackConnection : public Peer, public std::enable_shared_from_this<MsgpackConnection> {
 public:
  MsgpackConnection(std::shared_ptr<Port> port, boost::asio::any_io_executor executor,
                    std::unique_ptr<WebSocket> websocket, std::string peer);

  // Reads until the end. `self` keeps it alive.
  static net::Task<void> run(std::shared_ptr<MsgpackConnection> self);

  const std::string& peer() const { return peer_; }
  bool is_alive() const { return is_alive_; }
  const boost::asio::any_io_executor& executor() const { return executor_; }

  using Ask = std::function<wire::SequenceNumber(wire::MsgpackPeer&)>;
  // `ask` makes the request. Replies exactly once, never from inside.
  void request(const Ask& ask, Reply<Json> reply);
  net::Task<Result<Json>> answer_of(Ask ask, std::chrono::milliseconds limit);
  // Answers of the worker's requests. Ignored when the connection has ended.
  void answer(wire::SequenceNumber number, const wire::Arg& result);
  void refuse(wire::SequenceNumber number, const std::string& text);

  void pause_reading(bool paused);
  bool is_paused() const { return is_paused_; }
  // The peer is this worker: from now on it talks to `link` and may stay.
  void set_link(std::shared_ptr<MsgpackLink> link);

  void end(const Error& why) override;
  // The same, from a fresh stack: for callers that must not be called back from inside.
  void end_soon(const Error& why);

 private:
  net::Task<void> admit();
  net::Task<void> turn_away(int status, std::string_view reason, std::string why);
  net::Task<void> read_until_end();
  net::Task<void> wait_while_paused();
  static net::Task<void> write_out(std::shared_ptr<MsgpackConnection> self);
  void receive(std::string_view message);
  void handle_answer(wire::MsgpackAnswered& answered);
  void flush_soon();
  void flush();

  std::shared_ptr<Port> port_;
  boost::asio::any_io_executor executor_;
  std::unique_ptr<WebSocket> websocket_;
  const std::string peer_;
  wire::MsgpackPeer protocol_;
  std::shared_ptr<MsgpackLink> link_;
  std::map<wire::SequenceNumber, Reply<Json>> waiting_;
  std::deque<std::string> unsent_;
  std::size_t unsent_size_ = 0;
  boost::asio::steady_timer resumed_;
  std::unique_ptr<Timer> deadline_;  // of the login, later of the good-bye
  bool is_alive_ = true;
  bool is_open_ = false;  // the websocket
  bool is_admitted_ = false;
  bool is_paused_ = false;
  bool is_writing_ = false;
  bool is_flush_due_ = false;
  bool is_cut_ = false;  // no good-bye
};

}  // namespace kiln::session
