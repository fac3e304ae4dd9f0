// SPDX-License-Identifier: MIT
#include "core/http/transport.h"

#include <boost/asio/post.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>

namespace kiln::http {
namespace {

using boost::system::error_code;

void close_socket(net::Socket& socket) {
  error_code ignored;
  socket.shutdown(boost::asio::socket_base::shutdown_both, ignored);
  socket.close(ignored);
}

class PlainTransport : public Transport {
 public:
  explicit PlainTransport(net::Socket socket) : socket_(std::move(socket)) {}

  boost::asio::any_io_executor executor() override { return socket_.get_executor(); }
  void start(Done done) override {
    boost::asio::post(socket_.get_executor(), [done = std::move(done)] { done({}, 0); });
  }
  void read_some(boost::asio::mutable_buffer buffer, Done done) override {
    socket_.async_read_some(buffer, std::move(done));
  }
  void write(const WriteBuffers& buffers, Done done) override {
    boost::asio::async_write(socket_, buffers, std::move(done));
  }
  void finish_writing() override {
    error_code ignored;
    socket_.shutdown(boost::asio::socket_base::shutdown_send, ignored);
  }
  void close() override { close_socket(socket_); }

 private:
  net::Socket socket_;
};

class TlsTransport : public Transport {
 public:
  TlsTransport(net::Socket socket, net::TlsContext tls) : tls_(std::move(tls)), stream_(std::move(socket), *tls_) {}

  boost::asio::any_io_executor executor() override { return stream_.get_executor(); }
  void start(Done done) override {
    stream_.async_handshake(boost::asio::ssl::stream_base::server,
                            [done = std::move(done)](const error_code& error) { done(error, 0); });
  }
  void read_some(boost::asio::mutable_buffer buffer, Done done) override {
    stream_.async_read_some(buffer, std::move(done));
  }
  void write(const WriteBuffers& buffers, Done done) override {
    boost::asio::async_write(stream_, buffers, std::move(done));
  }
  void finish_writing() override {
    error_code ignored;
    stream_.next_layer().shutdown(boost::asio::socket_base::shutdown_send, ignored);
  }
  void close() override { close_socket(stream_.next_layer()); }

 private:
  net::TlsContext tls_;
  boost::asio::ssl::stream<net::Socket> stream_;
};

}  // namespace

std::unique_ptr<Transport> make_transport(net::Socket socket, const net::TlsContext& tls) {
  if (tls == nullptr) return std::make_unique<PlainTransport>(std::move(socket));
  return std::make_unique<TlsTransport>(std::move(socket), tls);
}

}  // namespace kiln::http
