// SPDX-License-Identifier: MIT
#include "core/session/msgpack_link.h"

#include <fmt/format.h>

#include <boost/asio/post.hpp>
#include <charconv>
#include <optional>
#include <utility>

#include "core/base/log.h"
#include "core/session/command_args.h"
#include "core/session/header_mask.h"
#include "core/session/msgpack_attach.h"
#include "core/session/msgpack_commands.h"
#include "core/session/port.h"

namespace kiln::session {
namespace {

std::optional<engine::CommandId> to_command_id(std::string_view text) {
  engine::CommandId id = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return id;
}

std::string text_of(const JsonObject& object, std::string_view key) {
  const Json* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

}  // namespace

MsgpackLink::MsgpackLink(std::shared_ptr<Port> port, std::shared_ptr<MsgpackConnection> connection, std::string worker)
    : port_(std::move(port)), connection_(std::move(connection)), worker_(std::move(worker)) {}

void MsgpackLink::expect_nothing(const MsgpackConnection::Ask& ask, Reply<> reply) {
  connection_->request(ask, [self = shared_from_this(), reply = std::move(reply)](const Result<Json>& answer) {
    if (!reply) return;
    answer ? reply({}) : reply(answer.error());
  });
}

void MsgpackLink::reply_later(Reply<> reply, Result<> result) {
  if (!reply) return;
  boost::asio::post(connection_->executor(),
                    [reply = std::move(reply), result = std::move(result)] { reply(result); });
}

void MsgpackLink::set_info(JsonObject all) {
  info_.version = text_of(all, "version");
  info_.basedir = text_of(all, "basedir");
  info_.system = text_of(all, "system");
  const Json* environ = all.if_contains("environ");
  paths_ = WorkerPaths(info_.system, environ != nullptr && environ->is_object() ? environ->get_object() : JsonObject());
  info_.all = std::move(all);
}

bool MsgpackLink::deletes_leftover_dirs() const {
  const Json* wish = info_.all.if_contains("delete_leftover_dirs");
  return wish != nullptr && (*wish == Json(true) || (wish->is_int64() && wish->get_int64() != 0));
}

void MsgpackLink::take_builders(const std::vector<engine::BuilderDir>& builders) {
  builder_dirs_.clear();
  for (const auto& [name, builddir] : builders) builder_dirs_[name] = paths_.join(info_.basedir, builddir);
}

void MsgpackLink::set_builders(std::vector<engine::BuilderDir> builders, Reply<> reply) {
  std::size_t added = 0;
  for (const auto& builder : builders) added += builder_dirs_.contains(builder.name) ? 0 : 1;
  const std::uint64_t number = ++last_set_builders_;
  const auto take = [self = shared_from_this(), number, builders, added, reply = std::move(reply)](Result<> prepared) {
    // A later list may have been prepared faster.
    if (prepared && number == self->last_set_builders_) self->take_builders(builders);
    for (std::size_t i = 0; prepared && i < added; ++i) self->print("attached", {});
    if (reply) reply(prepared);
  };
  port_->tasks().spawn("builders of worker " + worker_, prepare_builders(shared_from_this(), builders, take));
}

void MsgpackLink::print(const std::string& message, Reply<> reply) {
  expect_nothing([&](wire::MsgpackPeer& peer) { return wire::request_print(peer, message); }, std::move(reply));
}

// The protocol has no message for this: a build begins with its first command.
void MsgpackLink::start_build(const std::string& builder, Reply<> reply) {
  if (!is_alive()) return reply_later(std::move(reply), make_error(Errc::peer_gone, "the connection has ended"));
  if (builder_dirs_.contains(builder)) return reply_later(std::move(reply), {});
  reply_later(std::move(reply), make_error(Errc::not_found, fmt::format("worker \"{}\" has no builder \"{}\"", worker_, builder)));
}

Result<wire::MsgpackCommand> MsgpackLink::translate(engine::CommandId id, const std::string& builder,
                                                    const std::string& command, const JsonObject& args) const {
  const auto dir = builder_dirs_.find(builder);
  if (dir == builder_dirs_.end()) return make_error(Errc::not_found, "the worker has no such builder");
  auto converted = to_args(args);
  if (!converted) return converted.error();
  auto translated = translate_command(command, std::move(*converted), paths_, dir->second);
  if (!translated) return translated.error();
  return wire::MsgpackCommand{builder, std::to_string(id), std::move(translated->name), std::move(translated->args)};
}

engine::CommandId MsgpackLink::start_command(const std::string& builder, const std::string& command,
                                             const JsonObject& args, std::shared_ptr<engine::CommandSink> sink,
                                             script::TransferPtr transfer) {
  const engine::CommandId id = port_->next_command();
  auto translated = translate(id, builder, command, args);
  if (translated) sink = mask_headers(translated->args, std::move(sink));
  commands_.add(id, builder, std::move(sink), std::move(transfer));
  if (!is_alive()) {
    boost::asio::post(connection_->executor(), [self = shared_from_this()] { self->commands_.lose_all(); });
  } else if (!translated) {
    boost::asio::post(connection_->executor(), [self = shared_from_this(), id, why = translated.error().what] {
      self->commands_.complete(id, why);
    });
  } else {
    send_start(id, std::move(*translated));
  }
  return id;
}

void MsgpackLink::start_setup_command(const std::string& command, const JsonObject& args,
                                      std::shared_ptr<engine::CommandSink> sink) {
  const engine::CommandId id = port_->next_command();
  commands_.add(id, {}, std::move(sink));
  send_start(id, {std::nullopt, std::to_string(id), command, to_args(args).value()});
}

void MsgpackLink::send_start(engine::CommandId id, wire::MsgpackCommand command) {
  const auto ask = [&](wire::MsgpackPeer& peer) { return wire::request_start(peer, std::move(command)); };
  expect_nothing(ask, [self = shared_from_this(), id](Result<> started) {
    // A lost connection is told to all commands at once, by on_lost().
    if (!started && started.error().code != Errc::peer_gone) self->commands_.complete(id, started.error().what);
  });
}

void MsgpackLink::interrupt_command(engine::CommandId command, const std::string& why) {
  const std::string* builder = commands_.builder_of(command);
  if (builder == nullptr || !is_alive()) return;
  const auto ask = [&](wire::MsgpackPeer& peer) {
    return wire::request_interrupt(peer, *builder, std::to_string(command), why);
  };
  expect_nothing(ask, [worker = worker_](const Result<>& done) {
    if (!done && done.error().code != Errc::peer_gone) {
      log_warning("worker \"{}\" could not interrupt a command: {}", worker, done.error().what);
    }
  });
}

void MsgpackLink::shutdown(Reply<> reply) {
  expect_nothing(wire::request_shutdown, [reply = std::move(reply)](const Result<>& done) {
    // The process may end before its answer is out.
    const bool is_done = done || done.error().code == Errc::peer_gone;
    if (reply) reply(is_done ? Result<>() : done);
  });
}

void MsgpackLink::close(const std::string& why) { connection_->end_soon(make_error(Errc::cancelled, why)); }

void MsgpackLink::on_request(const wire::MsgpackRequested& request) {
  auto report = wire::read_report(request);
  if (!report) return connection_->refuse(request.number, report.error().what);
  const auto handle = [&](auto& said) {
    const auto command = to_command_id(said.command);
    if (!command || commands_.builder_of(*command) == nullptr) {
      return connection_->refuse(request.number, "'unknown \"command_id\"'");
    }
    on_report(request.number, *command, said);
  };
  std::visit(handle, *report);
}

void MsgpackLink::on_report(wire::SequenceNumber number, engine::CommandId command, wire::MsgpackUpdate& update) {
  commands_.update(command, update.updates);
  commands_.flush();  // its texts end with the message
  connection_->answer(number, {Json(nullptr)});
}

void MsgpackLink::on_report(wire::SequenceNumber number, engine::CommandId command, wire::MsgpackComplete& complete) {
  connection_->answer(number, {Json(nullptr)});
  commands_.complete(command, std::move(complete.failure));
}

// The answer makes the worker go on: it comes when the data is where it belongs.
void MsgpackLink::on_report(wire::SequenceNumber number, engine::CommandId command, wire::MsgpackTransfer& transfer) {
  const auto respond = [connection = connection_, number](Result<TransferCalls::Answer> done) {
    if (!done) return connection->refuse(number, done.error().what);
    if (*done) return connection->answer(number, {wire::Bytes{std::move(**done)}});
    connection->answer(number, {Json(nullptr)});
  };
  commands_.transfer(command, std::move(transfer.request), respond);
}

void MsgpackLink::on_lost(const Error& why) {
  const auto self = shared_from_this();
  log_info("worker \"{}\" from {} disconnected: {}", worker_, connection_->peer(), why.what);
  keepalive_.reset();
  builder_dirs_.clear();
  commands_.lose_all();
  port_->remove_link(*this);
  if (std::exchange(is_attached_, false)) port_->gate().detach(worker_, self);
}

void MsgpackLink::set_attached() {
  is_attached_ = true;
  keep_alive_later();
}

void MsgpackLink::keep_alive_later() {
  keepalive_ = port_->clock().call_after(port_->options().keepalive_interval, [this] {
    expect_nothing(wire::request_keepalive, {});
    keep_alive_later();
  });
}

}  // namespace kiln::session
