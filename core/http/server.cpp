// SPDX-License-Identifier: MIT
#include "core/http/server.h"

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <unordered_map>

#include "core/base/log.h"
#include "core/http/access_log.h"
#include "core/http/connection.h"
#include "core/http/site.h"
#include "core/http/websocket.h"
#include "core/net/endpoint.h"
#include "core/net/listener.h"

namespace kiln::http {
namespace {

using boost::system::error_code;
constexpr std::chrono::seconds sweep_interval{1};

}  // namespace

class Server::Parts : public std::enable_shared_from_this<Parts> {
 public:
  Parts(Needs needs, Options options)
      : needs_(std::move(needs)),
        options_(std::move(options)),
        log_({options_.access_log, options_.log_max_bytes, options_.log_max_files}),
        site_({needs_.api, needs_.controls, needs_.authz, options_.session_secret}),
        sweep_timer_(needs_.executor),
        stop_timer_(needs_.executor) {}

  Result<std::uint16_t> start(const std::string& text) {
    const auto endpoint = net::parse_endpoint(text);
    if (endpoint.has_error()) return endpoint.error();
    auto opened = open(*endpoint);
    if (opened.has_error() && opened.error().code == Errc::conflict && listener_ && listener_->port() == endpoint->port) {
      // The same port with other words: the old one has to go first.
      const net::Endpoint old = listener_->endpoint();
      listener_.reset();
      opened = open(*endpoint);
      if (opened.has_error()) {
        if (auto again = open(old)) listener_ = *std::move(again);
      }
    }
    if (opened.has_error()) return opened.error();
    listener_ = *std::move(opened);
    warn_when_open();
    sweep();
    return listener_->port();
  }

  void stop(std::chrono::milliseconds patience, std::function<void()> done) {
    listener_.reset();
    stopped_ = std::move(done);
    const auto sockets = websockets_;
    for (const auto& [key, socket] : sockets) socket->close();
    const auto serving = connections_;
    for (const auto& [key, connection] : serving) connection->finish();
    stop_timer_.expires_after(patience);
    stop_timer_.async_wait([self = shared_from_this()](const error_code& error) {
      if (!error) self->cut();
    });
    finish_when_empty();
  }

  // Ends everything at once.
  void cut() {
    listener_.reset();
    sweep_timer_.cancel();
    close_connections([](const Connection&) { return true; });
    const auto sockets = websockets_;
    for (const auto& [key, socket] : sockets) socket->cut();
    log_.flush();
    finish_when_empty();
  }

  std::size_t connections() const { return connections_.size() + websockets_.size(); }

 private:
  Result<std::unique_ptr<net::Listener>> open(const net::Endpoint& endpoint) {
    return net::Listener::open(needs_.executor, endpoint, [this](net::Socket socket) { accept(std::move(socket)); });
  }

  // Without authorization rules whoever reaches the port controls the master.
  void warn_when_open() const {
    if (!net::is_public(listener_->endpoint())) return;
    const script::ConfigPtr config = needs_.api.config();
    if (config != nullptr && config->www.authz) return;
    log_warning(
        "the web server on {} is open to other machines and c['www'] has no authz: anybody who reaches it can start "
        "and stop builds; set www authz (see docs/auth.md), or listen on 127.0.0.1",
        net::to_string(listener_->endpoint()));
  }

  void accept(net::Socket socket) {
    if (!listener_) return;
    if (connections() >= options_.max_connections) {
      // The one who waits longest for nothing makes room; when all are busy the new one goes.
      if (!close_one_idle()) return;
    }
    const std::string peer = net::peer_name(socket);
    error_code ignored;  // a unix socket has no such option
    socket.set_option(boost::asio::ip::tcp::no_delay(true), ignored);
    auto connection = std::make_shared<Connection>(
        make_transport(std::move(socket), listener_->tls()), peer,
        Connection::Needs{site_, log_,
                          [self = weak_from_this()](std::unique_ptr<Transport> transport, const Request& request,
                                                    std::string rest) {
                            if (auto alive = self.lock()) {
                              alive->upgrade(std::move(transport), request, std::move(rest));
                            }
                          },
                          [self = weak_from_this()](Connection* closed) {
                            if (auto alive = self.lock()) alive->forget(closed);
                          },
                          shared_from_this()});
    connections_.emplace(connection.get(), connection);
    connection->start();
  }

  void upgrade(std::unique_ptr<Transport> transport, const Request& request, std::string rest) {
    auto socket = make_websocket(std::move(transport), request, std::move(rest), needs_.events,
                                 [self = weak_from_this()](WebSocket* closed) {
                                   if (auto alive = self.lock()) alive->forget(closed);
                                 });
    websockets_.emplace(socket.get(), socket);
    socket->start();
  }

  void forget(Connection* closed) {
    connections_.erase(closed);
    finish_when_empty();
  }
  void forget(WebSocket* closed) {
    websockets_.erase(closed);
    finish_when_empty();
  }

  void finish_when_empty() {
    if (!stopped_ || connections() > 0) return;
    stop_timer_.cancel();
    sweep_timer_.cancel();
    log_.flush();
    boost::asio::post(needs_.executor, std::exchange(stopped_, nullptr));
  }

  template <class Which>
  void close_connections(Which&& which) {
    std::vector<std::shared_ptr<Connection>> chosen;
    for (const auto& [key, connection] : connections_) {
      if (which(*connection)) chosen.push_back(connection);
    }
    for (const auto& connection : chosen) connection->close();
  }

  bool close_one_idle() {
    for (const auto& [key, connection] : connections_) {
      if (!connection->is_idle()) continue;
      const auto kept = connection;
      kept->close();
      return true;
    }
    return false;
  }

  void sweep() {
    sweep_timer_.expires_after(sweep_interval);
    sweep_timer_.async_wait([self = weak_from_this()](const error_code& error) {
      const auto alive = self.lock();
      if (error || alive == nullptr) return;
      const auto now = Connection::Clock::now();
      alive->close_connections([&](const Connection& connection) { return connection.is_overdue(now); });
      alive->log_.flush();
      alive->sweep();
    });
  }

  Needs needs_;
  Options options_;
  AccessLog log_;
  Site site_;
  std::unique_ptr<net::Listener> listener_;
  boost::asio::steady_timer sweep_timer_;
  boost::asio::steady_timer stop_timer_;
  std::unordered_map<Connection*, std::shared_ptr<Connection>> connections_;
  std::unordered_map<WebSocket*, std::shared_ptr<WebSocket>> websockets_;
  std::function<void()> stopped_;
};

Server::Server(Needs needs, Options options)
    : parts_(std::make_shared<Parts>(std::move(needs), std::move(options))) {}

Server::~Server() { parts_->cut(); }

Result<std::uint16_t> Server::start(const std::string& endpoint) { return parts_->start(endpoint); }

void Server::stop(std::chrono::milliseconds patience, std::function<void()> done) {
  parts_->stop(patience, std::move(done));
}

std::size_t Server::connections() const { return parts_->connections(); }

}  // namespace kiln::http
