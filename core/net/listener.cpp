// SPDX-License-Identifier: MIT
#include "core/net/listener.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>

#include "core/base/log.h"

namespace kiln::net {
namespace {

namespace asio = boost::asio;
using asio::generic::stream_protocol;
using boost::system::error_code;

Error listen_error(const Endpoint& endpoint, const error_code& error) {
  Errc code = Errc::fatal;
  if (error == asio::error::address_in_use) code = Errc::conflict;
  if (error == asio::error::access_denied) code = Errc::forbidden;
  if (error == boost::system::errc::address_not_available) code = Errc::bad_input;
  const std::string why = code == Errc::conflict ? "address in use" : error.message();
  return make_error(code, fmt::format("cannot listen on {}: {}", to_string(endpoint), why));
}

stream_protocol::endpoint address_of(const Endpoint& endpoint) {
  if (endpoint.kind == Endpoint::Kind::unix_socket) {
    return stream_protocol::endpoint(asio::local::stream_protocol::endpoint(endpoint.path));
  }
  asio::ip::address address = asio::ip::address_v4::any();
  if (endpoint.is_ipv6) address = asio::ip::address_v6::any();
  if (!endpoint.interface.empty()) address = asio::ip::make_address(endpoint.interface);
  return stream_protocol::endpoint(asio::ip::tcp::endpoint(address, endpoint.port));
}

// A socket file that nobody listens on is left over from a process that was killed.
void remove_stale_socket(const asio::any_io_executor& executor, const std::string& path) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0 || !S_ISSOCK(info.st_mode)) return;
  error_code error;
  asio::local::stream_protocol::socket probe(executor);
  probe.connect(asio::local::stream_protocol::endpoint(path), error);
  if (error == asio::error::connection_refused) ::unlink(path.c_str());
}

// Processes that the master starts must not inherit its connections.
void close_on_exec(int handle) { ::fcntl(handle, F_SETFD, FD_CLOEXEC); }

}  // namespace

class Listener::Acceptor : public std::enable_shared_from_this<Acceptor> {
 public:
  Acceptor(const asio::any_io_executor& executor, Endpoint endpoint, Accepted accepted)
      : acceptor_(executor), retry_(executor), endpoint_(std::move(endpoint)), accepted_(std::move(accepted)) {}

  Result<> open() {
    if (endpoint_.kind == Endpoint::Kind::systemd) {
      return make_error(Errc::not_supported, "cannot listen on a systemd socket: use a tcp or unix endpoint");
    }
    if (endpoint_.kind == Endpoint::Kind::ssl) {
      auto tls = make_tls_context(endpoint_);
      if (!tls) return make_error(tls.error().code, "cannot listen on " + to_string(endpoint_) + ": " + tls.error().what);
      tls_ = *tls;
    }
    if (endpoint_.path.size() >= sizeof(sockaddr_un::sun_path)) {
      return make_error(Errc::bad_input, "cannot listen on " + to_string(endpoint_) + ": the path is too long");
    }
    if (endpoint_.kind == Endpoint::Kind::unix_socket) remove_stale_socket(acceptor_.get_executor(), endpoint_.path);
    if (const auto error = bind(address_of(endpoint_))) return listen_error(endpoint_, error);
    read_port();
    return {};
  }

  void accept() {
    acceptor_.async_accept([self = shared_from_this()](const error_code& error, Socket socket) {
      if (error == asio::error::operation_aborted || !self->acceptor_.is_open()) return;
      if (error) return self->wait_after(error);
      self->has_complained_ = false;
      close_on_exec(socket.native_handle());
      self->accepted_(std::move(socket));
      if (self->acceptor_.is_open()) self->accept();
    });
  }

  void close() {
    error_code ignored;
    const bool was_open = acceptor_.is_open();
    acceptor_.close(ignored);
    retry_.cancel();
    if (was_open && endpoint_.kind == Endpoint::Kind::unix_socket) ::unlink(endpoint_.path.c_str());
  }

  const Endpoint& endpoint() const { return endpoint_; }
  const TlsContext& tls() const { return tls_; }

 private:
  error_code bind(const stream_protocol::endpoint& address) {
    error_code error;
    acceptor_.open(address.protocol(), error);
    if (error) return error;
    close_on_exec(acceptor_.native_handle());
    acceptor_.set_option(asio::socket_base::reuse_address(true), error);
    acceptor_.bind(address, error);
    if (error) {
      error_code ignored;
      acceptor_.close(ignored);
      return error;
    }
    if (endpoint_.kind == Endpoint::Kind::unix_socket) ::chmod(endpoint_.path.c_str(), endpoint_.mode);
    acceptor_.listen(endpoint_.backlog, error);
    return error;
  }

  void read_port() {
    if (endpoint_.kind == Endpoint::Kind::unix_socket) return;
    error_code ignored;
    const auto bound = acceptor_.local_endpoint(ignored);
    // Both address families keep the port in the same place.
    endpoint_.port = ntohs(reinterpret_cast<const sockaddr_in*>(bound.data())->sin_port);
  }

  // Out of file descriptors, most likely: the connection stays in the backlog.
  void wait_after(const error_code& error) {
    if (!std::exchange(has_complained_, true)) {
      log_warning("cannot accept on {}: {}; trying again each second", to_string(endpoint_), error.message());
    }
    retry_.expires_after(std::chrono::seconds(1));
    retry_.async_wait([self = shared_from_this()](const error_code& cancelled) {
      if (!cancelled) self->accept();
    });
  }

  asio::basic_socket_acceptor<stream_protocol> acceptor_;
  asio::steady_timer retry_;
  Endpoint endpoint_;
  Accepted accepted_;
  TlsContext tls_;
  bool has_complained_ = false;
};

Result<std::unique_ptr<Listener>> Listener::open(asio::any_io_executor executor, const Endpoint& endpoint,
                                                 Accepted accepted) {
  const auto acceptor = std::make_shared<Acceptor>(executor, endpoint, std::move(accepted));
  if (auto opened = acceptor->open(); !opened) return opened.error();
  acceptor->accept();
  return std::unique_ptr<Listener>(new Listener(acceptor));
}

Listener::Listener(std::shared_ptr<Acceptor> acceptor) : acceptor_(std::move(acceptor)) {}

Listener::~Listener() { acceptor_->close(); }

const Endpoint& Listener::endpoint() const { return acceptor_->endpoint(); }

const TlsContext& Listener::tls() const { return acceptor_->tls(); }

}  // namespace kiln::net
