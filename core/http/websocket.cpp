// SPDX-License-Identifier: MIT
#include "core/http/websocket.h"

#include <boost/asio/async_result.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <deque>
#include <vector>

#include "core/http/ws_commands.h"

namespace kiln::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = boost::beast::websocket;
using boost::system::error_code;

constexpr std::size_t max_message_bytes = 64 * 1024;  // from the client
constexpr std::size_t max_queued_bytes = 4 * 1024 * 1024;
constexpr std::size_t max_queued_frames = 20'000;

// A Transport as the AsyncStream that Beast wants. Bytes that were read before the upgrade come first.
class TransportStream {
 public:
  using executor_type = asio::any_io_executor;
  TransportStream(std::unique_ptr<Transport> transport, std::string rest)
      : transport_(std::move(transport)), rest_(std::move(rest)) {}

  executor_type get_executor() { return transport_->executor(); }
  Transport& transport() { return *transport_; }

  template <class Buffers, class Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    return asio::async_initiate<Token, void(error_code, std::size_t)>(
        [this](auto handler, const Buffers& target) { this->read(target, share(std::move(handler))); }, token, buffers);
  }
  template <class Buffers, class Token>
  auto async_write_some(const Buffers& buffers, Token&& token) {
    return asio::async_initiate<Token, void(error_code, std::size_t)>(
        [this](auto handler, const Buffers& source) { this->write(source, share(std::move(handler))); }, token, buffers);
  }

 private:
  // Beast's handlers cannot be copied, a std::function must be.
  template <class Handler>
  static Transport::Done share(Handler handler) {
    auto shared = std::make_shared<Handler>(std::move(handler));
    return [shared](const error_code& error, std::size_t size) { (*shared)(error, size); };
  }
  template <class Buffers>
  void read(const Buffers& buffers, Transport::Done done) {
    if (rest_.empty()) {
      const asio::mutable_buffer first = *asio::buffer_sequence_begin(buffers);
      return transport_->read_some(first, std::move(done));
    }
    const std::size_t size = asio::buffer_copy(buffers, asio::buffer(rest_));
    rest_.erase(0, size);
    asio::post(get_executor(), [done = std::move(done), size] { done({}, size); });
  }
  template <class Buffers>
  void write(const Buffers& buffers, Transport::Done done) {
    Transport::WriteBuffers some{};
    std::size_t count = 0;
    for (auto it = asio::buffer_sequence_begin(buffers); it != asio::buffer_sequence_end(buffers); ++it) {
      const asio::const_buffer buffer(*it);
      if (buffer.size() == 0) continue;
      if (count == some.size()) break;
      some[count++] = buffer;
    }
    transport_->write(some, std::move(done));
  }

  std::unique_ptr<Transport> transport_;
  std::string rest_;
};

// Beast finds these by the argument's namespace: the TCP connection ends with the websocket.
void beast_close_socket(TransportStream& stream) { stream.transport().close(); }
template <class Handler>
void async_teardown(beast::role_type, TransportStream& stream, Handler&& handler) {
  stream.transport().close();
  asio::post(stream.get_executor(),
             [handler = std::forward<Handler>(handler)]() mutable { handler(error_code()); });
}

beast::http::request<beast::http::string_body> to_beast(const Request& request) {
  beast::http::request<beast::http::string_body> message;
  message.version(11);
  message.method_string(request.method);
  message.target(request.target);
  for (const auto& [name, value] : request.headers) message.insert(name, value);
  return message;
}

class Session : public WebSocket, public data::Subscriber, public std::enable_shared_from_this<Session> {
 public:
  Session(std::unique_ptr<Transport> transport, const Request& request, std::string rest, data::EventBus& bus,
          std::function<void(WebSocket*)> closed)
      : request_(to_beast(request)),
        stream_(std::move(transport), std::move(rest)),
        commands_(std::make_unique<WsCommands>(bus, *this)),
        closed_(std::move(closed)) {
    stream_.read_message_max(max_message_bytes);
    // Ends connections whose peer vanished, and pings quiet ones so that proxies keep them.
    websocket::stream_base::timeout limits{std::chrono::seconds(30), std::chrono::seconds(90), true};
    stream_.set_option(limits);
  }

  void start() override {
    stream_.async_accept(request_, [self = shared_from_this()](const error_code& error) {
      if (error) return self->end();
      self->is_open_ = true;
      self->stream_.text(true);
      self->read();
    });
  }

  void close() override {
    if (is_ended_) return;
    if (!is_open_) return end();
    queue_.clear();
    commands_.reset();
    stream_.async_close(websocket::close_code::going_away, [self = shared_from_this()](const error_code&) {
      self->end();
    });
  }

  void cut() override { end(); }

  void deliver(const data::Message& message) override { send(message.frame); }

 private:
  void read() {
    stream_.async_read(buffer_, [self = shared_from_this()](const error_code& error, std::size_t) {
      if (error || self->commands_ == nullptr) return self->end();
      const auto data = self->buffer_.cdata();
      const std::string_view text(static_cast<const char*>(data.data()), data.size());
      self->send(std::make_shared<const std::string>(self->commands_->answer(text)));
      self->buffer_.consume(self->buffer_.size());
      self->read_when_answered();
    });
  }

  // A client that sends and does not read gets no more of its commands taken.
  void read_when_answered() {
    if (is_ended_) return;
    is_read_waiting_ = queue_.size() > 100;
    if (!is_read_waiting_) read();
  }

  void send(std::shared_ptr<const std::string> frame) {
    if (is_ended_) return;
    queued_bytes_ += frame->size();
    queue_.push_back(std::move(frame));
    if (queued_bytes_ > max_queued_bytes || queue_.size() > max_queued_frames) return end();
    if (!is_writing_) write();
  }

  void write() {
    is_writing_ = true;
    stream_.async_write(asio::buffer(*queue_.front()),
                        [self = shared_from_this(), frame = queue_.front()](const error_code& error, std::size_t) {
                          self->on_written(error, frame->size());
                        });
  }

  void on_written(const error_code& error, std::size_t size) {
    is_writing_ = false;
    if (error) return end();
    if (is_ended_ || queue_.empty()) return;
    queue_.pop_front();
    queued_bytes_ -= size;
    if (!queue_.empty()) write();
    if (is_read_waiting_ && queue_.size() <= 100) {
      is_read_waiting_ = false;
      read();
    }
  }

  void end() {
    if (is_ended_) return;
    is_ended_ = true;
    commands_.reset();
    queue_.clear();
    stream_.next_layer().transport().close();
    closed_(this);
  }

  beast::http::request<beast::http::string_body> request_;
  websocket::stream<TransportStream> stream_;
  std::unique_ptr<WsCommands> commands_;
  std::function<void(WebSocket*)> closed_;
  beast::flat_buffer buffer_;
  std::deque<std::shared_ptr<const std::string>> queue_;
  std::size_t queued_bytes_ = 0;
  bool is_open_ = false;
  bool is_writing_ = false;
  bool is_read_waiting_ = false;
  bool is_ended_ = false;
};

}  // namespace

std::shared_ptr<WebSocket> make_websocket(std::unique_ptr<Transport> transport, const Request& request,
                                          std::string rest, data::EventBus& bus,
                                          std::function<void(WebSocket*)> closed) {
  return std::make_shared<Session>(std::move(transport), request, std::move(rest), bus, std::move(closed));
}

}  // namespace kiln::http
