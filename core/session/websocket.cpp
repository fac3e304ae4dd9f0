// SPDX-License-Identifier: MIT
#include "core/session/websocket.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <chrono>
#include <type_traits>

namespace kiln::session {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using boost::system::error_code;
using net::Task;

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t request_limit = 8 * 1024;
constexpr std::size_t kept_buffer_limit = 64 * 1024;  // of an idle connection
constexpr auto handshake_limit = std::chrono::seconds(5);

Error failure(const error_code& error) {
  if (error == asio::error::operation_aborted) return make_error(Errc::cancelled, error.message());
  const bool is_gone = error == beast::websocket::error::closed || error == beast::http::error::end_of_stream ||
                       error.category() == asio::error::get_system_category() ||
                       error.category() == asio::error::get_misc_category() ||
                       error == asio::ssl::error::stream_truncated;
  if (is_gone) return make_error(Errc::peer_gone, "the peer closed the connection: " + error.message());
  return make_error(Errc::bad_input, error.message());
}

using Plain = net::Socket;
using Tls = asio::ssl::stream<net::Socket>;

template <class Layer>
class BeastWebSocket : public WebSocket {
 public:
  template <class... Args>
  explicit BeastWebSocket(net::TlsContext tls, Args&&... args) : tls_(std::move(tls)), stream_(std::forward<Args>(args)...) {
    net::keep_alive(beast::get_lowest_layer(stream_));
    stream_.read_message_max(websocket_message_limit);
    stream_.auto_fragment(false);
    stream_.binary(true);
    // Silence is no sign of death: the system's keepalive finds peers that are gone, also while nobody reads.
    stream_.set_option(beast::websocket::stream_base::timeout{handshake_limit, beast::websocket::stream_base::none(), false});
    parser_.header_limit(request_limit);
  }

  Task<Result<Request>> receive_request() override {
    if constexpr (std::is_same_v<Layer, Tls>) {
      const auto [error] = co_await stream_.next_layer().async_handshake(asio::ssl::stream_base::server, as_result);
      if (error) co_return failure(error);
    }
    const auto [error, size] =
        co_await beast::http::async_read_header(stream_.next_layer(), buffer_, parser_, as_result);
    if (error) co_return failure(error);
    if (buffer_.size() > 0) co_return make_error(Errc::bad_input, "bytes behind the request to upgrade");
    Request request;
    request.is_upgrade = beast::websocket::is_upgrade(parser_.get());
    const auto found = parser_.get().find(beast::http::field::authorization);
    if (found != parser_.get().end()) request.authorization = std::string(found->value());
    co_return request;
  }

  Task<Result<>> accept() override {
    const auto [error] = co_await stream_.async_accept(parser_.get(), as_result);
    if (error) co_return failure(error);
    co_return Result<>();
  }

  Task<Result<>> answer(int status, std::string_view reason) override {
    const std::string head = "HTTP/1.1 " + std::to_string(status) + " " + std::string(reason) +
                             "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    const auto [error, size] = co_await asio::async_write(stream_.next_layer(), asio::buffer(head), as_result);
    if (error) co_return failure(error);
    co_return Result<>();
  }

  Task<Result<std::string_view>> read() override {
    do {
      buffer_.consume(buffer_.size());
      if (buffer_.capacity() > kept_buffer_limit) buffer_.shrink_to_fit();
      const auto [error, size] = co_await stream_.async_read(buffer_, as_result);
      if (error) co_return failure(error);
    } while (!stream_.got_binary());
    co_return std::string_view(static_cast<const char*>(buffer_.cdata().data()), buffer_.size());
  }

  Task<Result<>> write(std::string_view message) override {
    const auto [error, size] = co_await stream_.async_write(asio::buffer(message), as_result);
    if (error) co_return failure(error);
    co_return Result<>();
  }

  Task<void> close() override {
    (void)co_await stream_.async_close(beast::websocket::close_code::normal, as_result);
    cut();
  }

  void cut() override {
    auto& socket = beast::get_lowest_layer(stream_);
    error_code ignored;
    socket.shutdown(net::Socket::shutdown_both, ignored);
    socket.close(ignored);
  }

 private:
  const net::TlsContext tls_;
  beast::websocket::stream<Layer> stream_;
  beast::flat_buffer buffer_;
  beast::http::request_parser<beast::http::empty_body> parser_;
};

}  // namespace

std::unique_ptr<WebSocket> make_websocket(net::Socket socket, const net::TlsContext& tls) {
  if (tls == nullptr) return std::make_unique<BeastWebSocket<Plain>>(tls, std::move(socket));
  return std::make_unique<BeastWebSocket<Tls>>(tls, std::move(socket), *tls);
}

}  // namespace kiln::session
