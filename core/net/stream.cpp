// SPDX-License-Identifier: MIT
#include "core/net/stream.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <cstring>

namespace kiln::net {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

Error gone(const error_code& error) {
  const Errc code = error == asio::error::operation_aborted ? Errc::cancelled : Errc::peer_gone;
  return make_error(code, error == asio::error::eof ? "the peer closed the connection" : error.message());
}

void close_socket(Socket& socket) {
  error_code ignored;
  socket.shutdown(Socket::shutdown_both, ignored);
  socket.close(ignored);
}

class PlainStream : public Stream {
 public:
  explicit PlainStream(Socket socket) : socket_(std::move(socket)) {
    error_code ignored;
    socket_.non_blocking(true, ignored);
  }

  Task<Result<>> start() override { co_return Result<>(); }

  Task<Result<std::span<const char>>> read(std::vector<char>& scratch) override {
    while (true) {
      const auto [waited] = co_await socket_.async_wait(Socket::wait_read, as_result);
      if (waited) co_return gone(waited);
      error_code error;
      const std::size_t size = socket_.read_some(asio::buffer(scratch), error);
      if (error == asio::error::would_block || error == asio::error::interrupted) continue;
      if (error) co_return gone(error);
      co_return std::span<const char>(scratch.data(), size);
    }
  }

  Task<Result<>> write(std::string_view bytes) override {
    const auto [error, size] = co_await asio::async_write(socket_, asio::buffer(bytes), as_result);
    if (error) co_return gone(error);
    co_return Result<>();
  }

  void close() override { close_socket(socket_); }
  void keep_alive() override { net::keep_alive(socket_); }

 private:
  Socket socket_;
};

class TlsStream : public Stream {
 public:
  TlsStream(Socket socket, const TlsContext& context)
      : context_(context), stream_(std::move(socket), *context), buffer_(tls_record_size) {}

  Task<Result<>> start() override {
    const auto [error] = co_await stream_.async_handshake(asio::ssl::stream_base::server, as_result);
    if (error) co_return gone(error);
    co_return Result<>();
  }

  Task<Result<std::span<const char>>> read(std::vector<char>&) override {
    const auto [error, size] = co_await stream_.async_read_some(asio::buffer(buffer_), as_result);
    if (error) co_return gone(error);
    co_return std::span<const char>(buffer_.data(), size);
  }

  Task<Result<>> write(std::string_view bytes) override {
    const auto [error, size] = co_await asio::async_write(stream_, asio::buffer(bytes), as_result);
    if (error) co_return gone(error);
    co_return Result<>();
  }

  void close() override { close_socket(stream_.next_layer()); }
  void keep_alive() override { net::keep_alive(stream_.next_layer()); }

 private:
  static constexpr std::size_t tls_record_size = 16 * 1024;
  const TlsContext context_;
  asio::ssl::stream<Socket> stream_;
  std::vector<char> buffer_;
};

bool add_chain(SSL_CTX* context, const std::string& file) {
  const std::unique_ptr<BIO, decltype(&::BIO_free)> bio(::BIO_new_file(file.c_str(), "r"), &::BIO_free);
  if (bio == nullptr) return false;
  int count = 0;
  while (X509* certificate = ::PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) {
    ++count;
    // The context owns the certificate when it was taken.
    if (::SSL_CTX_add_extra_chain_cert(context, certificate) == 1) continue;
    ::X509_free(certificate);
    return false;
  }
  ::ERR_clear_error();  // reading past the last one is no error
  return count > 0;
}

}  // namespace

void keep_alive(Socket& socket) {
  error_code ignored;  // unix sockets have none of this
  socket.set_option(asio::socket_base::keep_alive(true), ignored);
  const int handle = socket.native_handle();
  const auto set = [handle](int option, int value) {
    ::setsockopt(handle, IPPROTO_TCP, option, &value, sizeof value);
  };
  set(TCP_KEEPIDLE, 60);
  set(TCP_KEEPINTVL, 15);
  set(TCP_KEEPCNT, 6);
}

std::unique_ptr<Stream> make_stream(Socket socket) { return std::make_unique<PlainStream>(std::move(socket)); }

std::unique_ptr<Stream> make_stream(Socket socket, const TlsContext& tls) {
  if (tls == nullptr) return make_stream(std::move(socket));
  return std::make_unique<TlsStream>(std::move(socket), tls);
}

Result<TlsContext> make_tls_context(const Endpoint& endpoint) {
  namespace ssl = asio::ssl;
  const auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
  const auto unusable = [](const char* what, const std::string& file, const error_code& why) {
    return make_error(Errc::bad_input, fmt::format("cannot use {} \"{}\": {}", what, file, why.message()));
  };
  error_code error;
  context->set_options(ssl::context::no_tlsv1 | ssl::context::no_tlsv1_1, error);
  context->use_certificate_chain_file(endpoint.certificate_file, error);
  if (error) return unusable("certificate", endpoint.certificate_file, error);
  context->use_private_key_file(endpoint.private_key_file, ssl::context::pem, error);
  if (error) return unusable("private key", endpoint.private_key_file, error);
  if (!endpoint.extra_chain_file.empty()) {
    if (!add_chain(context->native_handle(), endpoint.extra_chain_file)) {
      return make_error(Errc::bad_input, fmt::format("cannot use extraCertChain \"{}\"", endpoint.extra_chain_file));
    }
  }
  return context;
}

std::string peer_name(const Socket& socket) {
  error_code error;
  const auto remote = socket.remote_endpoint(error);
  if (error) return "unknown peer";
  const int family = remote.data()->sa_family;
  if (family != AF_INET && family != AF_INET6) return "unix socket";
  asio::ip::tcp::endpoint address;
  std::memcpy(address.data(), remote.data(), remote.size());
  return address.address().to_string();
}

}  // namespace kiln::net
