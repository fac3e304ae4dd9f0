// SPDX-License-Identifier: MIT
#include "core/session/msgpack_connection.h"

#include <fmt/format.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "core/base/log.h"
#include "core/session/basic_auth.h"
#include "core/session/msgpack_attach.h"
#include "core/session/msgpack_link.h"
#include "core/session/port.h"
#include "core/session/reply_within.h"

namespace kiln::session {
namespace {

namespace asio = boost::asio;

constexpr auto farewell_limit = std::chrono::seconds(5);
// More than this unsent means that the peer does not read.
constexpr std::size_t unsent_limit = 64 * 1024 * 1024;

}  // namespace

MsgpackConnection::MsgpackConnection(std::shared_ptr<Port> port, asio::any_io_executor executor,
                                     std::unique_ptr<WebSocket> websocket, std::string peer)
    : port_(std::move(port)),
      executor_(std::move(executor)),
      websocket_(std::move(websocket)),
      peer_(std::move(peer)),
      resumed_(executor_) {}

net::Task<void> MsgpackConnection::run(std::shared_ptr<MsgpackConnection> self) {
  const auto limit = self->port_->options().login_limit;
  self->deadline_ = self->port_->clock().call_after(limit, [connection = self.get()] {
    connection->end(make_error(Errc::timeout, "no login in time"));
  });
  co_await self->admit();
  co_await self->read_until_end();
}

// The handshake, with the password in it.
net::Task<void> MsgpackConnection::admit() {
  const auto request = co_await websocket_->receive_request();
  if (!is_alive_) co_return;
  if (!request) co_return end(request.error());
  if (!request->is_upgrade) co_return co_await turn_away(426, "Upgrade Required", "no request for a websocket");
  if (!request->authorization) co_return co_await turn_away(401, "Unauthorized", "no authorization");
  const auto credentials = read_basic_auth(*request->authorization);
  if (!credentials) co_return co_await turn_away(400, "Bad request", credentials.error().what);
  const auto expected = port_->gate().password(credentials->name);
  if (!is_password(credentials->password, expected)) {
    // As JSON: a name from outside must not be able to look like further log lines.
    co_return co_await turn_away(401, "Unauthorized",
                                 fmt::format("{} {}", expected ? "wrong password for" : "unknown user",
                                             dump_json(Json(credentials->name.substr(0, 100)))));
  }
  is_admitted_ = true;
  const auto accepted = co_await websocket_->accept();
  if (!is_alive_) co_return;
  if (!accepted) co_return end(accepted.error());
  is_open_ = true;
  const auto link = std::make_shared<MsgpackLink>(port_, shared_from_this(), credentials->name);
  port_->tasks().spawn("attach of worker " + credentials->name, attach_msgpack_worker(link));
}

net::Task<void> MsgpackConnection::turn_away(int status, std::string_view reason, std::string why) {
  if (port_->may_complain(peer_)) log_warning("login refused from {}: {}", peer_, why);
  (void)co_await websocket_->answer(status, reason);
  if (is_alive_) end(make_error(Errc::cancelled, why));
}

net::Task<void> MsgpackConnection::read_until_end() {
  while (is_alive_) {
    co_await wait_while_paused();
    if (!is_alive_) break;
    const auto message = co_await websocket_->read();
    if (!is_alive_) break;
    if (message) {
      receive(*message);
    } else {
      end(message.error());
    }
  }
}

net::Task<void> MsgpackConnection::wait_while_paused() {
  while (is_paused_ && is_alive_) {
    resumed_.expires_at(asio::steady_timer::time_point::max());
    co_await resumed_.async_wait(asio::as_tuple(asio::use_awaitable));
  }
}

void MsgpackConnection::pause_reading(bool paused) {
  is_paused_ = paused;
  if (!paused) resumed_.cancel();
}

void MsgpackConnection::receive(std::string_view message) {
  wire::MsgpackAction action = protocol_.feed(message);
  if (auto* request = std::get_if<wire::MsgpackRequested>(&action)) {
    if (link_ == nullptr) return refuse(request->number, "Worker not authenticated.");
    link_->on_request(*request);
  } else if (auto* answered = std::get_if<wire::MsgpackAnswered>(&action)) {
    handle_answer(*answered);
  } else if (const auto* ignored = std::get_if<wire::MsgpackIgnored>(&action)) {
    if (port_->may_complain(peer_)) log_warning("message from {} ignored: {}", peer_, ignored->why.what);
  } else {
    end(std::get<wire::MsgpackClosed>(action).why);
  }
}

void MsgpackConnection::handle_answer(wire::MsgpackAnswered& answered) {
  auto found = waiting_.extract(answered.number);
  if (!found.empty()) found.mapped()(std::move(answered.result));
}

void MsgpackConnection::request(const Ask& ask, Reply<Json> reply) {
  if (!is_alive_) {
    const Error gone = make_error(Errc::peer_gone, "the connection has ended");
    return asio::post(executor_, [reply = std::move(reply), gone] { reply(gone); });
  }
  waiting_.emplace(ask(protocol_), std::move(reply));
  flush_soon();
}

net::Task<Result<Json>> MsgpackConnection::answer_of(Ask ask, std::chrono::milliseconds limit) {
  const std::function<void(Reply<Json>)> start = [self = shared_from_this(), ask = std::move(ask)](Reply<Json> reply) {
    self->request(ask, std::move(reply));
  };
  return reply_within<Json>(executor_, limit, start);
}

void MsgpackConnection::answer(wire::SequenceNumber number, const wire::Arg& result) {
  if (!is_alive_) return;
  protocol_.answer(number, result);
  flush_soon();
}

void MsgpackConnection::refuse(wire::SequenceNumber number, const std::string& text) {
  if (!is_alive_) return;
  protocol_.refuse(number, text);
  flush_soon();
}

void MsgpackConnection::set_link(std::shared_ptr<MsgpackLink> link) {
  link_ = std::move(link);
  deadline_.reset();
  port_->logged_in(shared_from_this());
}

void MsgpackConnection::flush_soon() {
  if (std::exchange(is_flush_due_, true)) return;
  asio::post(executor_, [self = shared_from_this()] {
    self->is_flush_due_ = false;
    self->flush();
  });
}

void MsgpackConnection::flush() {
  if (!is_alive_) return;
  for (std::string& message : protocol_.take_output()) {
    unsent_size_ += message.size();
    unsent_.push_back(std::move(message));
  }
  if (unsent_size_ > unsent_limit) return end(make_error(Errc::busy, "the peer does not read what it is sent"));
  if (is_writing_ || unsent_.empty()) return;
  is_writing_ = true;
  port_->tasks().spawn("connection to " + peer_, write_out(shared_from_this()));
}

// Also says good-bye when the connection has ended in between.
net::Task<void> MsgpackConnection::write_out(std::shared_ptr<MsgpackConnection> self) {
  while (!self->unsent_.empty() && !self->is_cut_) {
    const std::string message = std::move(self->unsent_.front());
    self->unsent_.pop_front();
    self->unsent_size_ -= message.size();
    const auto written = co_await self->websocket_->write(message);
    if (written) continue;
    self->end(written.error());
    self->is_cut_ = true;
  }
  if (!self->is_alive_ && !self->is_cut_) co_await self->websocket_->close();
  self->is_writing_ = false;
  if (!self->is_alive_) self->websocket_->cut();
  if (!self->is_alive_) self->deadline_.reset();
}

void MsgpackConnection::end(const Error& why) {
  if (!is_alive_) return;
  const auto self = shared_from_this();
  for (std::string& message : protocol_.take_output()) unsent_.push_back(std::move(message));
  is_alive_ = false;
  deadline_.reset();
  resumed_.cancel();
  is_cut_ = !is_open_ || why.code == Errc::busy || why.code == Errc::peer_gone || why.code == Errc::timeout;
  if (is_cut_) {
    websocket_->cut();
  } else {
    deadline_ = port_->clock().call_after(farewell_limit, [this] { websocket_->cut(); });
    if (!std::exchange(is_writing_, true)) port_->tasks().spawn("good-bye to " + peer_, write_out(self));
  }
  const bool is_silent = is_admitted_ || why.code == Errc::peer_gone || why.code == Errc::cancelled;
  if (!is_silent && port_->may_complain(peer_)) log_info("connection from {} ended: {}", peer_, why.what);
  const auto link = std::exchange(link_, nullptr);
  if (link != nullptr) link->on_lost(why);
  const Error gone = make_error(Errc::peer_gone, "the connection has ended: " + why.what);
  for (auto& [number, reply] : std::exchange(waiting_, {})) reply(gone);
  port_->ended(self);
}

void MsgpackConnection::end_soon(const Error& why) {
  asio::post(executor_, [self = shared_from_this(), why] { self->end(why); });
}

}  // namespace kiln::session
