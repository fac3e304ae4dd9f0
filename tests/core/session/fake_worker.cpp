// SPDX-License-Identifier: MIT
#include "tests/core/session/fake_worker.h"

#include <boost/asio/write.hpp>
#include <catch2/catch_test_macros.hpp>

#include "core/wire/pb_password.h"

namespace kiln::session {
namespace {

wire::Jelly text(std::string_view value) { return wire::Text{std::string(value)}; }

}  // namespace

FakeWorker::FakeWorker(boost::asio::io_context& io, std::uint16_t port) : FakeWorker(io, port, Habits{}) {}

FakeWorker::FakeWorker(boost::asio::io_context& io, std::uint16_t port, Habits habits)
    : socket_(io), habits_(std::move(habits)), buffer_(100'000, '\0') {
  socket_.connect({boost::asio::ip::make_address("127.0.0.1"), port});
  read();
}

FakeWorker::~FakeWorker() { *is_alive_ = false; }

void FakeWorker::read() {
  socket_.async_read_some(boost::asio::buffer(buffer_), [this, alive = is_alive_](const auto& error, std::size_t size) {
    if (!*alive) return;
    if (error) {
      is_closed = true;
      return;
    }
    for (wire::Action& action : broker_.feed({buffer_.data(), size})) handle(action);
    send();
    read();
  });
}

void FakeWorker::handle(wire::Action& action) {
  if (std::holds_alternative<wire::Connected>(action)) {
    login_call_ = broker_.call(wire::root_object, "login", {wire::Bytes{habits_.name}}).value();
  } else if (const auto* call = std::get_if<wire::Called>(&action)) {
    on_call(*call);
  } else if (const auto* answered = std::get_if<wire::Answered>(&action)) {
    on_answer(*answered);
  } else if (std::holds_alternative<wire::Released>(action)) {
    ++decrefs;
  }
}

void FakeWorker::on_answer(const wire::Answered& answered) {
  if (const auto* failure = std::get_if<wire::PbFailure>(&answered.outcome)) {
    if (answered.call == respond_call_) {
      refused = failure->type + ": " + failure->value;
    } else {
      failures.push_back(failure->value);
    }
    return;
  }
  const auto& value = std::get<wire::Jelly>(answered.outcome);
  if (answered.call == login_call_) {
    const auto& parts = value.as<wire::JellyTuple>()->items;
    const auto challenger = parts[1].as<wire::RemoteRef>()->id;
    wire::Jelly mind;
    if (habits_.brings_bot) mind = wire::RemoteRef{broker_.export_object(wire::Bot{1}).value()};
    const auto response = wire::pb_login_response(habits_.password, *parts[0].as_string());
    respond_call_ = broker_.call(challenger, "respond", {wire::Bytes{response}, mind}).value();
    broker_.decref(challenger);
  } else if (answered.call == respond_call_) {
    perspective_ = value.as<wire::RemoteRef>()->id;
    is_logged_in = true;
  } else {
    answers.push_back(value);
  }
}

void FakeWorker::on_call(const wire::Called& call) {
  if (std::holds_alternative<wire::Bot>(call.target)) return on_bot_call(call);
  on_builder_call(call, std::get<wire::WorkerForBuilder>(call.target).key);
}

void FakeWorker::on_bot_call(const wire::Called& call) {
  std::string line = call.method;
  for (const auto& [name, value] : call.kwargs) line += " " + std::string(*value.as_string());
  calls.push_back(line);
  if (call.method == "print") {
    if (habits_.answers_prints) broker_.answer(call.call, {}).value();
  } else if (call.method == (habits_.is_of_08 ? "getSlaveInfo" : "getWorkerInfo")) {
    broker_.answer(call.call, worker_info()).value();
  } else if (call.method == "getCommands") {
    broker_.answer(call.call, wire::JellyDict{{{text("shell"), text("2.16")}}}).value();
  } else if (call.method == "getVersion") {
    broker_.answer(call.call, text("0.8.4")).value();
  } else if (call.method == "setBuilderList") {
    broker_.answer(call.call, take_builders(call.args.at(0))).value();
  } else if (call.method == "shutdown") {
    broker_.answer(call.call, {}).value();
  } else {
    broker_.error(call.call, wire::make_failure(wire::no_such_method_type, "no method " + call.method));
  }
}

wire::Jelly FakeWorker::worker_info() const {
  wire::JellyDict info;
  info.items.push_back({text("admin"), text("somebody\n")});
  info.items.push_back({text("system"), text("posix")});
  info.items.push_back({text("basedir"), text("/srv/w")});
  info.items.push_back({text("environ"), wire::JellyDict{{{text("PATH"), text("/bin")}}}});
  if (habits_.is_of_08) return info;
  info.items.push_back({text("version"), text("4.3.0")});
  info.items.push_back({text("worker_commands"), wire::JellyDict{{{text("shell"), text("3.3")}}}});
  return info;
}

wire::Jelly FakeWorker::take_builders(const wire::Jelly& list) {
  wire::JellyDict objects;
  for (const wire::Jelly& item : list.as<wire::JellyList>()->items) {
    const std::string name(*item.as<wire::JellyTuple>()->items[0].as_string());
    const auto key = builder_keys_.try_emplace(name, builder_keys_.size() + 1).first->second;
    objects.items.push_back({text(name), wire::RemoteRef{broker_.export_object(wire::WorkerForBuilder{key}).value()}});
  }
  return objects;
}

void FakeWorker::on_builder_call(const wire::Called& call, std::uint64_t key) {
  std::string builder;
  for (const auto& [name, number] : builder_keys_) {
    if (number == key) builder = name;
  }
  std::string line = call.method + " " + builder;
  for (const auto& arg : call.args) {
    if (const auto word = arg.as_string()) line += " " + std::string(*word);
  }
  calls.push_back(line);
  if (call.method == "startCommand" && !start_failure.empty()) {
    return broker_.error(call.call, wire::make_failure("builtins.ValueError", start_failure));
  }
  broker_.answer(call.call, {}).value();
  if (call.method != "startCommand") return;
  commands.push_back({call.args[0].as<wire::RemoteRef>()->id, std::string(*call.args[1].as_string()),
                      std::string(*call.args[2].as_string()), *call.args[3].as<wire::JellyDict>()});
}

void FakeWorker::call_perspective(const std::string& method) {
  broker_.call(perspective_, method, {}).value();
  send();
}

void FakeWorker::update(wire::ObjectId command, const std::string& key, wire::Jelly value) {
  wire::JellyDict dict{{{text(key), std::move(value)}}};
  wire::JellyList pair{{std::move(dict), std::int64_t{0}}};
  broker_.call(command, "update", {wire::JellyList{{std::move(pair)}}}).value();
}

void FakeWorker::call(wire::ObjectId object, const std::string& method, std::vector<wire::Jelly> args) {
  broker_.call(object, method, std::move(args)).value();
  send();
}

void FakeWorker::complete(wire::ObjectId command, wire::Jelly failure) {
  broker_.call(command, "complete", {std::move(failure)}).value();
  broker_.decref(command);
}

void FakeWorker::send() { send_raw(broker_.take_output()); }

void FakeWorker::send_raw(std::string_view bytes) {
  boost::system::error_code ignored;
  boost::asio::write(socket_, boost::asio::buffer(bytes), ignored);
}

void FakeWorker::disconnect() {
  boost::system::error_code ignored;
  socket_.close(ignored);
}

}  // namespace kiln::session
