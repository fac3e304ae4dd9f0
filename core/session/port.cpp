// SPDX-License-Identifier: MIT
#include "core/session/port.h"

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>

#include "core/session/change_avatar.h"
#include "core/session/msgpack_connection.h"
#include "core/session/pb_attach.h"
#include "core/session/pb_link.h"
#include "core/session/try_avatar.h"
#include "core/wire/worker_messages.h"

namespace kiln::session {
namespace {

// Shared by all connections: bounds what one read costs, and how much output is joined into one call of a sink.
constexpr std::size_t read_size = 256 * 1024;
constexpr auto complaint_interval = std::chrono::minutes(1);
constexpr std::size_t complaint_limit = 10'000;

}  // namespace

Port::Port(boost::asio::any_io_executor executor, engine::WorkerGate& gate, WorkerPortOptions options)
    : executor_(executor), gate_(gate), options_(options), clock_(executor), tasks_(executor), scratch_(read_size) {}

template <class Connected>
void Port::welcome(std::shared_ptr<Connected> connection) {
  connections_.insert(connection);
  strangers_.push_back(connection);
  tasks_.spawn("connection from " + connection->peer(), Connected::run(connection));
}

void Port::accept(net::Socket socket, const net::TlsContext& tls, WorkerProtocol protocol, const std::string& door) {
  if (strangers_.size() >= options_.stranger_limit) {
    strangers_.front()->end(make_error(Errc::busy, "too many connections that have not logged in"));
  }
  std::string peer = net::peer_name(socket);
  // A request must not wait for the acknowledgement of the one before; unix sockets have none of this.
  boost::system::error_code ignored;
  socket.set_option(boost::asio::ip::tcp::no_delay(true), ignored);
  if (protocol == WorkerProtocol::msgpack) {
    return welcome(std::make_shared<MsgpackConnection>(shared_from_this(), executor_,
                                                       make_websocket(std::move(socket), tls), std::move(peer)));
  }
  welcome(std::make_shared<Connection>(shared_from_this(), executor_, net::make_stream(std::move(socket), tls),
                                       std::move(peer), door));
}

void Port::set_clients(ClientHost& host, std::vector<script::PbClient> clients, std::set<std::string> worker_doors) {
  host_ = &host;
  clients_ = std::move(clients);
  worker_doors_ = std::move(worker_doors);
}

void Port::admit_client(const script::PbClient& client, const ConnectionPtr& connection,
                        const wire::LoginAnswered& login) {
  auto& broker = connection->broker();
  if (login.mind) broker.decref(*login.mind);
  std::shared_ptr<Avatar> avatar;
  if (client.scheduler.empty()) {
    avatar = std::make_shared<ChangeAvatar>(connection, *host_, client.prefix);
  } else {
    avatar = std::make_shared<TryAvatar>(connection, *host_, client.scheduler);
  }
  connection->set_avatar(std::move(avatar));
  if (const auto sent = wire::answer_object(broker, login.call, wire::Perspective{1}); !sent) {
    return connection->end_soon(sent.error());
  }
  connection->flush_soon();
}

std::optional<User> Port::find_user(const std::string& name, const std::string& door) {
  for (const script::PbClient& client : clients_) {
    if (client.port != door || client.user != name) continue;
    return User{client.password, [this, client](const ConnectionPtr& connection, const wire::LoginAnswered& login) {
                  admit_client(client, connection, login);
                }};
  }
  if (!worker_doors_.contains(door)) return std::nullopt;
  auto password = gate_.password(name);
  if (!password) return std::nullopt;
  return User{std::move(*password), [this](const ConnectionPtr& connection, const wire::LoginAnswered& login) {
                if (!login.mind) {
                  return connection->refuse_login(login, wire::runtime_error_type, "a worker must bring its bot");
                }
                const auto link = std::make_shared<PbLink>(shared_from_this(), connection, login.username, *login.mind);
                tasks_.spawn("attach of worker " + login.username, attach_worker(link, login));
              }};
}

void Port::close_all(const Error& why) {
  for (const auto& connection : std::set<PeerPtr>(connections_)) connection->end(why);
}

void Port::logged_in(const PeerPtr& connection) { strangers_.remove(connection); }

void Port::ended(const PeerPtr& connection) {
  strangers_.remove(connection);
  connections_.erase(connection);
}

bool Port::may_complain(const std::string& peer) {
  const auto now = clock_.now();
  std::erase_if(complaints_, [&](const auto& entry) { return now - entry.second >= complaint_interval; });
  if (complaints_.size() >= complaint_limit) return false;
  return complaints_.emplace(peer, now).second;
}

std::shared_ptr<NamedLink> Port::link(const std::string& worker) const {
  const auto found = links_.find(worker);
  return found == links_.end() ? nullptr : found->second;
}

void Port::add_link(std::shared_ptr<NamedLink> link) {
  const std::string& worker = link->worker();
  links_[worker] = std::move(link);
}

void Port::remove_link(const NamedLink& link) {
  const auto found = links_.find(link.worker());
  if (found != links_.end() && found->second.get() == &link) links_.erase(found);
}

}  // namespace kiln::session
