// SPDX-License-Identifier: MIT
#include "core/session/connection.h"

#include <fmt/format.h>
#include <openssl/rand.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "core/base/json.h"
#include "core/base/log.h"
#include "core/session/port.h"
#include "core/session/reply_within.h"

namespace kiln::session {
namespace {

namespace asio = boost::asio;

constexpr auto last_write_limit = std::chrono::seconds(5);
// More than this unsent means that the peer does not read.
constexpr std::size_t unsent_limit = 64 * 1024 * 1024;
constexpr std::size_t unsent_limit_of_strangers = 64 * 1024;

template <class... Handlers>
struct Overloaded : Handlers... {
  using Handlers::operator()...;
};
template <class... Handlers>
Overloaded(Handlers...) -> Overloaded<Handlers...>;  // clang 16 does not find it by itself

}  // namespace

Error to_error(const wire::PbFailure& failure) {
  const Errc code = failure.is(wire::no_such_method_type) ? Errc::not_supported : Errc::bad_input;
  std::string text = failure.value.empty() ? failure.type : fmt::format("{}: {}", failure.type, failure.value);
  if (!failure.traceback.empty()) text += "\n" + failure.traceback;
  return make_error(code, std::move(text));
}

Connection::Connection(std::shared_ptr<Port> port, asio::any_io_executor executor, std::unique_ptr<net::Stream> stream,
                       std::string peer, std::string door)
    : port_(std::move(port)),
      executor_(std::move(executor)),
      stream_(std::move(stream)),
      peer_(std::move(peer)),
      door_(std::move(door)),
      broker_(wire::Broker::Role::server),
      resumed_(executor_) {}

net::Task<void> Connection::run(std::shared_ptr<Connection> self) {
  const auto limit = self->port_->options().login_limit;
  self->deadline_ = self->port_->clock().call_after(limit, [connection = self.get()] {
    connection->end(make_error(Errc::timeout, "no login in time"));
  });
  self->stream_->keep_alive();
  const auto started = co_await self->stream_->start();
  if (!started) self->end(started.error());
  self->flush();
  co_await self->read_until_end();
}

net::Task<void> Connection::read_until_end() {
  while (is_alive_) {
    co_await wait_while_paused();
    if (!is_alive_) break;
    const auto bytes = co_await stream_->read(port_->scratch());
    if (!is_alive_) break;
    if (bytes) {
      receive(*bytes);
    } else {
      end(bytes.error());
    }
  }
}

net::Task<void> Connection::wait_while_paused() {
  while (is_paused_ && is_alive_) {
    resumed_.expires_at(asio::steady_timer::time_point::max());
    co_await resumed_.async_wait(asio::as_tuple(asio::use_awaitable));
  }
}

void Connection::pause_reading(bool paused) {
  is_paused_ = paused;
  if (!paused) resumed_.cancel();
}

void Connection::receive(std::span<const char> bytes) {
  for (wire::Action& action : broker_.feed(bytes)) {
    if (!is_alive_) return;
    handle(action);
  }
  if (avatar_ != nullptr) avatar_->on_input_end();
  flush();
}

void Connection::handle(wire::Action& action) {
  const auto call_of_stranger = [&](const wire::PeerCall& call) {
    broker_.error(call, wire::make_failure(wire::runtime_error_type, "not logged in"));
  };
  std::visit(Overloaded{
                 [](wire::Connected&) {},
                 [](wire::Released&) {},
                 [&](wire::LoginRequested& request) { challenge(request); },
                 [&](wire::LoginAnswered& login) { handle_login(login); },
                 [&](wire::Called& call) {
                   avatar_ != nullptr ? avatar_->on_call(std::move(call)) : call_of_stranger(call.call);
                 },
                 [&](wire::CommandUpdated& update) {
                   avatar_ != nullptr ? avatar_->on_update(std::move(update)) : call_of_stranger(update.call);
                 },
                 [&](wire::Answered& answered) { handle_answer(answered); },
                 [&](wire::Closed& closed) {
                   flush();
                   end(closed.why);
                 },
             },
             action);
}

void Connection::challenge(const wire::LoginRequested& request) {
  std::string bytes(16, '\0');
  KILN_CHECK(::RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(bytes.size())) == 1);
  if (const auto sent = broker_.challenge(request, bytes); !sent) end(sent.error());
}

void Connection::handle_login(const wire::LoginAnswered& login) {
  if (is_admitted_) return end(make_error(Errc::bad_input, "second login on one connection"));
  const auto user = port_->find_user(login.username, door_);
  if (!user || !broker_.verify_login(login, user->password)) {
    if (port_->may_complain(peer_)) {
      // As JSON: a name from outside must not be able to look like further log lines.
      log_warning("login refused from {}: {} {}", peer_, user ? "wrong password for" : "unknown user",
                  dump_json(Json(login.username.substr(0, 100))));
    }
    return refuse_login(login, wire::unauthorized_login_type, "");
  }
  is_admitted_ = true;
  user->admit(shared_from_this(), login);
}

void Connection::set_avatar(std::shared_ptr<Avatar> avatar) {
  avatar_ = std::move(avatar);
  deadline_.reset();
  port_->logged_in(shared_from_this());
}

void Connection::refuse_login(const wire::LoginAnswered& login, std::string_view failure_type, std::string_view why) {
  broker_.error(login.call, wire::make_failure(failure_type, why));
  if (login.mind) broker_.decref(*login.mind);
  flush_soon();
}

void Connection::handle_answer(wire::Answered& answered) {
  auto found = waiting_.extract(answered.call);
  if (found.empty()) return;
  if (auto* value = std::get_if<wire::Jelly>(&answered.outcome)) {
    found.mapped()(std::move(*value));
  } else {
    found.mapped()(to_error(std::get<wire::PbFailure>(answered.outcome)));
  }
}

void Connection::expect(Result<wire::CallId> call, Reply<wire::Jelly> reply) {
  if (is_alive_ && call) {
    waiting_.emplace(*call, std::move(reply));
    return flush_soon();
  }
  const Error error = is_alive_ ? call.error() : make_error(Errc::peer_gone, "the connection has ended");
  asio::post(executor_, [reply = std::move(reply), error] { reply(error); });
}

net::Task<Result<wire::Jelly>> Connection::answer_of(Result<wire::CallId> call, std::chrono::milliseconds limit) {
  const std::function<void(Reply<wire::Jelly>)> ask = [this, call](Reply<wire::Jelly> reply) {
    expect(call, std::move(reply));
  };
  return reply_within<wire::Jelly>(executor_, limit, ask);
}

void Connection::release(const wire::Jelly& jelly) {
  if (!is_alive_) return;
  wire::for_each_remote(jelly, [&](wire::RemoteRef ref) { broker_.decref(ref.id); });
}

void Connection::flush_soon() {
  if (std::exchange(is_flush_due_, true)) return;
  asio::post(executor_, [self = shared_from_this()] {
    self->is_flush_due_ = false;
    self->flush();
  });
}

void Connection::flush() {
  if (!is_alive_) return;
  unsent_ += broker_.take_output();
  if (unsent_.size() > (avatar_ ? unsent_limit : unsent_limit_of_strangers)) return end(make_error(Errc::busy, "the peer does not read what it is sent"));
  if (is_writing_ || unsent_.empty()) return;
  is_writing_ = true;
  port_->tasks().spawn("connection to " + peer_, write_out(shared_from_this()));
}

net::Task<void> Connection::write_out(std::shared_ptr<Connection> self) {
  while (!self->unsent_.empty()) {
    const std::string bytes = std::exchange(self->unsent_, {});
    const auto written = co_await self->stream_->write(bytes);
    if (written) continue;
    self->end(written.error());
    break;
  }
  self->is_writing_ = false;
  if (!self->is_alive_) self->stream_->close();
}

void Connection::end(const Error& why) {
  if (!is_alive_) return;
  const auto self = shared_from_this();
  unsent_ += broker_.take_output();
  is_alive_ = false;
  deadline_.reset();
  resumed_.cancel();
  if (is_writing_ && why.code != Errc::busy && why.code != Errc::peer_gone) {
    // The write under way closes the stream when it is done, if the peer reads.
    deadline_ = port_->clock().call_after(last_write_limit, [this] { stream_->close(); });
  } else {
    stream_->close();
  }
  const bool is_silent = is_admitted_ || why.code == Errc::peer_gone || why.code == Errc::cancelled;
  if (!is_silent && port_->may_complain(peer_)) log_info("connection from {} ended: {}", peer_, why.what);
  const auto avatar = std::exchange(avatar_, nullptr);
  if (avatar != nullptr) avatar->on_lost(why);
  const Error gone = make_error(Errc::peer_gone, "the connection has ended: " + why.what);
  for (auto& [call, reply] : std::exchange(waiting_, {})) reply(gone);
  port_->ended(self);
}

void Connection::end_soon(const Error& why) {
  asio::post(executor_, [self = shared_from_this(), why] { self->end(why); });
}

}  // namespace kiln::session
