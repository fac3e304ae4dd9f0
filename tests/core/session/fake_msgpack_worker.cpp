// SPDX-License-Identifier: MIT
#include "tests/core/session/fake_msgpack_worker.h"

#include <fmt/format.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <catch2/catch_test_macros.hpp>
#include <deque>
#include <functional>

#include "core/base/base64.h"

namespace kiln::session {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using boost::system::error_code;

std::string hex(std::string_view bytes) {
  std::string text;
  for (const char byte : bytes) text += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  return text;
}

std::string text_of(const JsonObject& message, std::string_view key) {
  const Json* value = message.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

// The result in a response: as JSON, or bytes in hex.
std::string describe_result(std::string_view message) {
  wire::MsgpackCursor cursor(message);
  const auto map = std::get<wire::MsgpackMap>(cursor.next().value());
  for (std::size_t i = 0; i < map.count; ++i) {
    const auto key = std::get<wire::MsgpackText>(cursor.next().value());
    const std::string_view value = cursor.skip().value();
    if (key.text != "result") continue;
    const wire::MsgpackItem item = wire::MsgpackCursor(value).next().value();
    if (const auto* bytes = std::get_if<wire::MsgpackBytes>(&item)) return "bytes " + hex(bytes->bytes);
    return dump_json(wire::MsgpackCursor(value).json().value());
  }
  return "no result";
}

}  // namespace

struct FakeMsgpackWorker::Socket {
  virtual ~Socket() = default;
  virtual void start(asio::ip::tcp::endpoint endpoint) = 0;
  virtual void send(std::string message, bool is_text) = 0;
  virtual void ping() = 0;
  virtual void close() = 0;
  FakeMsgpackWorker* owner = nullptr;  // null: it is gone
};

template <class Stream>
struct FakeMsgpackWorker::StreamSocket : Socket, std::enable_shared_from_this<StreamSocket<Stream>> {
  template <class... Args>
  explicit StreamSocket(Args&&... args) : stream(std::forward<Args>(args)...) {}

  void start(asio::ip::tcp::endpoint endpoint) override {
    beast::get_lowest_layer(stream).connect(endpoint);
    stream.control_callback([this](beast::websocket::frame_type type, const auto&) {
      if (owner != nullptr && type == beast::websocket::frame_type::pong) ++owner->pongs;
    });
    stream.set_option(beast::websocket::stream_base::decorator([this](beast::websocket::request_type& request) {
      const auto& habits = owner->habits_;
      const std::string value =
          habits.authorization.value_or("Basic " + to_base64(habits.name + ":" + habits.password));
      if (!value.empty()) request.set(beast::http::field::authorization, value);
    }));
    stream.binary(true);
    if constexpr (std::is_same_v<Stream, beast::websocket::stream<asio::ip::tcp::socket>>) {
      shake_hands();
    } else {
      stream.next_layer().async_handshake(asio::ssl::stream_base::client,
                                          [self = this->shared_from_this()](const error_code& error) {
                                            error ? self->ended() : self->shake_hands();
                                          });
    }
  }

  void shake_hands() {
    stream.async_handshake(response, "localhost", "/", [self = this->shared_from_this()](const error_code& error) {
      if (self->owner == nullptr) return;
      self->owner->status = static_cast<int>(self->response.result_int());
      if (error) return self->ended();
      self->owner->is_open = true;
      self->owner->flush();
      self->read();
    });
  }

  void read() {
    stream.async_read(buffer, [self = this->shared_from_this()](const error_code& error, std::size_t) {
      if (self->owner == nullptr) return;
      if (error) return self->ended();
      const auto data = self->buffer.cdata();
      self->owner->on_message({static_cast<const char*>(data.data()), data.size()});
      self->buffer.consume(self->buffer.size());
      self->read();
    });
  }

  void ended() {
    if (owner != nullptr) owner->is_closed = true;
  }

  void send(std::string message, bool is_text) override {
    unsent.emplace_back(std::move(message), is_text);
    if (unsent.size() == 1) write();
  }

  void write() {
    stream.text(unsent.front().second);
    stream.async_write(asio::buffer(unsent.front().first), [self = this->shared_from_this()](const error_code& error, std::size_t) {
      self->unsent.pop_front();
      if (!error && !self->unsent.empty()) self->write();
    });
  }

  void ping() override {
    stream.async_ping("are you there", [self = this->shared_from_this()](const error_code&) {});
  }

  void close() override {
    error_code ignored;
    beast::get_lowest_layer(stream).close(ignored);
  }

  Stream stream;
  beast::websocket::response_type response;
  beast::flat_buffer buffer;
  std::deque<std::pair<std::string, bool>> unsent;
};

FakeMsgpackWorker::FakeMsgpackWorker(asio::io_context& io, std::uint16_t port) : FakeMsgpackWorker(io, port, Habits{}) {}

FakeMsgpackWorker::FakeMsgpackWorker(asio::io_context& io, std::uint16_t port, Habits habits) : habits_(std::move(habits)) {
  if (habits_.uses_tls) {
    static asio::ssl::context context(asio::ssl::context::tls_client);
    using Stream = beast::websocket::stream<asio::ssl::stream<asio::ip::tcp::socket>>;
    socket_ = std::make_shared<StreamSocket<Stream>>(io, context);
  } else {
    socket_ = std::make_shared<StreamSocket<beast::websocket::stream<asio::ip::tcp::socket>>>(io);
  }
  socket_->owner = this;
  socket_->start({asio::ip::make_address("127.0.0.1"), port});
}

FakeMsgpackWorker::~FakeMsgpackWorker() {
  socket_->owner = nullptr;
  socket_->close();
}

void FakeMsgpackWorker::on_message(std::string_view message) {
  wire::MsgpackAction action = peer_.feed(message);
  if (const auto* request = std::get_if<wire::MsgpackRequested>(&action)) {
    on_request(*request);
  } else if (auto* answered = std::get_if<wire::MsgpackAnswered>(&action)) {
    answered->result ? answers.push_back(describe_result(message)) : failures.push_back(answered->result.error().what);
  } else {
    FAIL("the master sent what is no message");
  }
  flush();
}

void FakeMsgpackWorker::on_request(const wire::MsgpackRequested& request) {
  JsonObject message;
  for (const auto& [key, raw] : request.fields.all()) message[key] = wire::MsgpackCursor(raw).json().value();
  const std::string op(request.op);
  std::string line = op;
  for (const char* key : {"message", "builder_name", "command_id", "command_name", "why"}) {
    if (message.contains(key)) line += " " + text_of(message, key);
  }
  if (op != "start_command" || message.contains("builder_name")) calls.push_back(line);
  if (op == "start_command") return on_start(request.number, message);
  if (op == "print" && !habits_.answers_prints) return;
  if (op != "get_worker_info") return peer_.answer(request.number, {Json(nullptr)});
  const JsonObject info{{"admin", "somebody\n"},        {"system", habits_.system},
                        {"basedir", habits_.basedir},   {"environ", JsonObject{{"PATH", "/bin"}, {"HOME", "/home/b"}}},
                        {"version", "4.3.0"},           {"worker_commands", JsonObject{{"shell", "3.3"}}},
                        {"delete_leftover_dirs", habits_.deletes_leftover_dirs}};
  peer_.answer(request.number, {Json(info)});
}

void FakeMsgpackWorker::on_start(wire::SequenceNumber number, const JsonObject& message) {
  if (!message.contains("builder_name")) {
    on_setup_command(message);
  } else if (!start_failure.empty()) {
    return peer_.refuse(number, start_failure);
  } else {
    commands.push_back({text_of(message, "command_id"), text_of(message, "builder_name"),
                        text_of(message, "command_name"), message.at("args")});
  }
  peer_.answer(number, {Json(nullptr)});
}

// Updates and the end of such a command come before the answer to its start.
void FakeMsgpackWorker::on_setup_command(const JsonObject& message) {
  const std::string id = text_of(message, "command_id"), name = text_of(message, "command_name");
  setup.push_back(name + " " + dump_json(message.at("args")));
  JsonArray updates;
  if (name == "listdir") {
    JsonArray files;
    for (const auto& [file, mode] : habits_.files) files.emplace_back(file);
    updates.push_back(JsonArray{"files", std::move(files)});
  }
  if (name == "stat") {
    const std::string path(message.at("args").at("path").get_string());
    updates.push_back(JsonArray{"stat", JsonArray{habits_.files.at(path.substr(path.rfind('/') + 1)), 1, 2, 3, 4, 5, 6, 7, 8, 9}});
  }
  updates.push_back(JsonArray{"rc", name == "mkdir" && !habits_.makes_directories ? 13 : 0});
  update(id, std::move(updates));
  request("complete", {{"args", {Json(nullptr)}}, {"command_id", {Json(id)}}});
}

void FakeMsgpackWorker::request(const std::string& op, const wire::ArgDict& fields) {
  peer_.request(op, fields);
  flush();
}

void FakeMsgpackWorker::update(const std::string& command, JsonArray updates) {
  request("update", {{"args", {Json(std::move(updates))}}, {"command_id", {Json(command)}}});
}

void FakeMsgpackWorker::send_message(std::string message, bool is_text) { socket_->send(std::move(message), is_text); }

void FakeMsgpackWorker::send_ping() { socket_->ping(); }

void FakeMsgpackWorker::flush() {
  if (!is_open) return;
  for (std::string& message : peer_.take_output()) socket_->send(std::move(message), false);
}

void FakeMsgpackWorker::disconnect() { socket_->close(); }

}  // namespace kiln::session
