// SPDX-License-Identifier: MIT
#include "tests/core/session/scripted_worker.h"

#include <algorithm>

#include "tests/core/session/fake_msgpack_worker.h"
#include "tests/core/session/fake_worker.h"

namespace kiln::session {
namespace {

using Calls = std::vector<std::string>;

Calls prints_in(const Calls& calls) {
  Calls prints;
  for (const auto& call : calls) {
    if (call.starts_with("print ")) prints.push_back(call.substr(6));
  }
  return prints;
}

std::size_t count(const Calls& calls, std::string_view start) {
  return static_cast<std::size_t>(
      std::count_if(calls.begin(), calls.end(), [&](const auto& call) { return call.starts_with(start); }));
}

class PbWorker : public ScriptedWorker {
 public:
  PbWorker(boost::asio::io_context& io, std::uint16_t port, const Habits& habits)
      : worker_(io, port, {.name = habits.name, .password = habits.password, .answers_prints = habits.answers_prints}) {
    worker_.start_failure = habits.start_failure;
  }

  Calls prints() const override { return prints_in(worker_.calls); }
  std::size_t command_count() const override { return worker_.commands.size(); }
  std::string command(std::size_t index) const override {
    Calls starts;
    for (const auto& call : worker_.calls) {
      if (call.starts_with("startCommand ")) starts.push_back(call.substr(13));
    }
    return starts.at(index);
  }
  std::size_t interrupts() const override { return count(worker_.calls, "interruptCommand"); }
  std::size_t shutdowns() const override { return count(worker_.calls, "shutdown"); }
  Calls answers() const override {
    Calls answers;
    for (const auto& answer : worker_.answers) answers.emplace_back(answer.as_string().value_or("none"));
    return answers;
  }
  Calls failures() const override { return worker_.failures; }
  bool is_refused() const override { return !worker_.refused.empty(); }
  bool is_closed() const override { return worker_.is_closed; }

  void output(std::size_t command, const std::string& stream, const std::string& text) override {
    send_update(command, stream, wire::Text{text});
  }
  void log_output(std::size_t command, const std::string& name, const std::string& text) override {
    send_update(command, "log", wire::JellyTuple{{wire::Text{name}, wire::Text{text}}});
  }
  void update(std::size_t command, const std::string& key, const Json& value) override {
    send_update(command, key, wire::jelly_from_json(value));
  }
  void complete(std::size_t command) override {
    worker_.complete(object(command));
    worker_.send();
  }
  void write(std::size_t command, const std::string& bytes) override {
    worker_.call(file(command), "write", {wire::Bytes{bytes}});
  }
  void read(std::size_t command, std::int64_t length) override { worker_.call(file(command), "read", {length}); }
  void close_file(std::size_t command, bool) override { worker_.call(file(command), "close", {}); }
  void set_times(std::size_t command, double accessed, double modified) override {
    worker_.call(file(command), "utime", {wire::JellyTuple{{accessed, modified}}});
  }
  void unpack(std::size_t command) override { worker_.call(file(command), "unpack", {}); }
  void send_garbage() override { worker_.send_raw(std::string(100, '\x01')); }
  void disconnect() override { worker_.disconnect(); }

 private:
  wire::ObjectId object(std::size_t command) const { return worker_.commands.at(command).object; }
  // What stands for the file; a command without one lets its own object be called.
  wire::ObjectId file(std::size_t command) const {
    for (const auto& [key, value] : worker_.commands.at(command).args.items) {
      const auto name = key.as_string();
      if (name == "writer" || name == "reader") return value.as<wire::RemoteRef>()->id;
    }
    return object(command);
  }
  void send_update(std::size_t command, const std::string& key, wire::Jelly value) {
    worker_.update(object(command), key, std::move(value));
    worker_.send();
  }

  FakeWorker worker_;
};

class MsgpackWorker : public ScriptedWorker {
 public:
  MsgpackWorker(boost::asio::io_context& io, std::uint16_t port, const Habits& habits)
      : worker_(io, port, {.name = habits.name, .password = habits.password, .answers_prints = habits.answers_prints}) {
    worker_.start_failure = habits.start_failure;
  }

  Calls prints() const override { return prints_in(worker_.calls); }
  std::size_t command_count() const override { return worker_.commands.size(); }
  std::string command(std::size_t index) const override {
    const auto& command = worker_.commands.at(index);
    return command.builder + " " + command.id + " " + command.name;
  }
  std::size_t interrupts() const override { return count(worker_.calls, "interrupt_command"); }
  std::size_t shutdowns() const override { return count(worker_.calls, "shutdown"); }
  Calls answers() const override {
    Calls answers;
    for (std::size_t i = setup_answers; i < worker_.answers.size(); ++i) {
      const auto& answer = worker_.answers[i];
      answers.push_back(answer.starts_with("bytes ") ? from_hex(answer.substr(6)) : "none");
    }
    return answers;
  }
  Calls failures() const override { return worker_.failures; }
  bool is_refused() const override { return worker_.status != 101 && worker_.is_closed; }
  bool is_closed() const override { return worker_.is_closed; }

  void output(std::size_t command, const std::string& stream, const std::string& text) override {
    send_update(command, {stream, lines(text)});
  }
  void log_output(std::size_t command, const std::string& name, const std::string& text) override {
    send_update(command, {"log", JsonArray{name, lines(text)}});
  }
  void update(std::size_t command, const std::string& key, const Json& value) override {
    send_update(command, {key, value});
  }
  void complete(std::size_t command) override { request(command, "complete", {{"args", {Json(nullptr)}}}); }
  void write(std::size_t command, const std::string& bytes) override {
    request(command, "update_upload_file_write", {{"args", {wire::Bytes{bytes}}}});
  }
  void read(std::size_t command, std::int64_t length) override {
    request(command, "update_read_file", {{"length", {Json(length)}}});
  }
  void close_file(std::size_t command, bool is_download) override {
    request(command, is_download ? "update_read_file_close" : "update_upload_file_close", {});
  }
  void set_times(std::size_t command, double accessed, double modified) override {
    request(command, "update_upload_file_utime", {{"access_time", {Json(accessed)}}, {"modified_time", {Json(modified)}}});
  }
  void unpack(std::size_t command) override { request(command, "update_upload_directory_unpack", {}); }
  void send_garbage() override { worker_.send_message(std::string(100, '\xc1')); }
  void disconnect() override { worker_.disconnect(); }

 private:
  // listdir and mkdir of the attach sequence: an update and a complete each; the directory `info` is there.
  static constexpr std::size_t setup_answers = 4;

  static std::string from_hex(std::string_view hex) {
    std::string bytes;
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
      bytes += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
    }
    return bytes;
  }
  static JsonArray lines(const std::string& text) { return {text, JsonArray{text.size() - 1}, JsonArray{1.5}}; }
  void send_update(std::size_t command, JsonArray update) {
    worker_.update(worker_.commands.at(command).id, JsonArray{std::move(update)});
  }
  void request(std::size_t command, const std::string& op, wire::ArgDict fields) {
    fields.push_back({"command_id", {Json(worker_.commands.at(command).id)}});
    worker_.request(op, fields);
  }

  FakeMsgpackWorker worker_;
};

}  // namespace

std::unique_ptr<ScriptedWorker> connect_worker(WorkerProtocol protocol, boost::asio::io_context& io,
                                               std::uint16_t port, ScriptedWorker::Habits habits) {
  if (protocol == WorkerProtocol::pb) return std::make_unique<PbWorker>(io, port, habits);
  return std::make_unique<MsgpackWorker>(io, port, habits);
}

}  // namespace kiln::session
