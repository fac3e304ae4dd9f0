// SPDX-License-Identifier: MIT
#include "core/session/pb_link.h"

#include <fmt/format.h>

#include <boost/asio/post.hpp>
#include <utility>

#include "core/base/log.h"
#include "core/session/command_args.h"
#include "core/session/port.h"
#include "core/wire/worker_messages.h"

namespace kiln::session {
namespace {

// The one perspective of a connection.
constexpr wire::Perspective worker_perspective{1};

wire::Command exported(engine::CommandId id) { return wire::Command{static_cast<std::uint64_t>(id)}; }

template <class Tag>
engine::CommandId id_of(wire::HostObject<Tag> object) {
  return static_cast<engine::CommandId>(object.key);
}

// What the worker calls with the data of a file. The commands have no `writer` or `reader` before.
struct FileArgument {
  const char* name;
  wire::Exported object;
};
FileArgument file_argument(const std::string& command, engine::CommandId id) {
  const auto key = static_cast<std::uint64_t>(id);
  if (command == "downloadFile") return {"reader", wire::FileReader{key}};
  return {"writer", wire::FileWriter{key}};
}

void release_args(Connection& connection, const wire::Called& call) {
  for (const auto& arg : call.args) connection.release(arg);
  for (const auto& [name, value] : call.kwargs) connection.release(value);
}

}  // namespace

PbLink::PbLink(std::shared_ptr<Port> port, ConnectionPtr connection, std::string worker, wire::ObjectId bot)
    : port_(std::move(port)), connection_(std::move(connection)), worker_(std::move(worker)), bot_(bot) {}

void PbLink::expect_nothing(Result<wire::CallId> call, Reply<> reply) {
  connection_->expect(std::move(call), [self = shared_from_this(), reply = std::move(reply)](Result<wire::Jelly> answer) {
    if (answer) self->connection_->release(*answer);
    if (!reply) return;
    if (answer) {
      reply({});
    } else {
      reply(answer.error());
    }
  });
}

Result<wire::CallId> PbLink::call_set_builders(const std::vector<engine::BuilderDir>& builders) {
  std::vector<wire::BuilderDirectory> list;
  for (const auto& builder : builders) list.push_back({builder.name, builder.builddir});
  return wire::call_builder_list(connection_->broker(), bot_, list);
}

Result<> PbLink::take_builders(const wire::Jelly& answer) {
  auto objects = wire::read_builder_objects(answer);
  if (!objects) return objects.error();
  // Each answer brings references of its own, also to objects we know.
  for (const auto& [name, object] : std::exchange(builders_, std::move(*objects))) connection_->broker().decref(object);
  connection_->flush_soon();
  return {};
}

void PbLink::greet_builder() { expect_nothing(wire::call_print(connection_->broker(), bot_, "attached"), {}); }

void PbLink::set_builders(std::vector<engine::BuilderDir> builders, Reply<> reply) {
  std::size_t added = 0;
  for (const auto& builder : builders) added += builders_.contains(builder.name) ? 0 : 1;
  const auto take = [self = shared_from_this(), added, reply = std::move(reply)](Result<wire::Jelly> answer) {
    const Result<> taken = answer ? self->take_builders(*answer) : Result<>(answer.error());
    for (std::size_t i = 0; taken && i < added; ++i) self->greet_builder();
    if (reply) reply(taken);
  };
  connection_->expect(call_set_builders(builders), take);
}

void PbLink::print(const std::string& message, Reply<> reply) {
  expect_nothing(wire::call_print(connection_->broker(), bot_, message), std::move(reply));
}

void PbLink::ping(Reply<> reply) { print("ping", std::move(reply)); }

const wire::ObjectId* PbLink::builder_object(const std::string& builder) const {
  const auto found = builders_.find(builder);
  return found == builders_.end() ? nullptr : &found->second;
}

void PbLink::start_build(const std::string& builder, Reply<> reply) {
  const auto* object = builder_object(builder);
  if (object == nullptr) {
    return expect_nothing(make_error(Errc::not_found, fmt::format("worker \"{}\" has no builder \"{}\"", worker_, builder)),
                          std::move(reply));
  }
  expect_nothing(wire::call_start_build(connection_->broker(), *object), std::move(reply));
}

Result<wire::CallId> PbLink::call_start(const wire::ObjectId* builder, engine::CommandId id, const std::string& command,
                                        const JsonObject& args, bool is_transfer) {
  if (builder == nullptr) return make_error(Errc::not_found, "the worker has no such builder");
  auto converted = to_args(args);
  if (!converted) return converted.error();
  wire::CommandStart start{exported(id), std::to_string(id), command, std::move(*converted)};
  auto& broker = connection_->broker();
  if (!is_transfer) return wire::call_start_command(broker, *builder, start);
  const auto [name, object] = file_argument(command, id);
  const auto file = broker.export_object(object);
  if (!file) return file.error();
  std::erase_if(start.args, [name = std::string_view(name)](const wire::ArgItem& item) { return item.name == name; });
  start.args.push_back({name, {wire::RemoteRef{*file}}});
  auto call = wire::call_start_command(broker, *builder, start);
  if (!call) broker.withdraw(*file);
  return call;
}

engine::CommandId PbLink::start_command(const std::string& builder, const std::string& command, const JsonObject& args,
                                        std::shared_ptr<engine::CommandSink> sink, script::TransferPtr transfer) {
  const engine::CommandId id = port_->next_command();
  const bool is_transfer = transfer != nullptr;
  commands_.add(id, builder, std::move(sink), std::move(transfer));
  if (!connection_->is_alive()) {
    boost::asio::post(connection_->executor(), [self = shared_from_this()] { self->commands_.lose_all(); });
    return id;
  }
  expect_nothing(call_start(builder_object(builder), id, command, args, is_transfer),
                 [self = shared_from_this(), id](Result<> started) {
    // A lost connection is told to all commands at once, by on_lost().
    if (!started && started.error().code != Errc::peer_gone) self->commands_.complete(id, started.error().what);
  });
  return id;
}

void PbLink::interrupt_command(engine::CommandId command, const std::string& why) {
  const std::string* builder = commands_.builder_of(command);
  const auto* object = builder == nullptr ? nullptr : builder_object(*builder);
  if (object == nullptr || !connection_->is_alive()) return;
  const auto call = wire::call_interrupt_command(connection_->broker(), *object, std::to_string(command), why);
  expect_nothing(call, [worker = worker_](Result<> done) {
    if (!done && done.error().code != Errc::peer_gone) {
      log_warning("worker \"{}\" could not interrupt a command: {}", worker, done.error().what);
    }
  });
}

void PbLink::shutdown(Reply<> reply) {
  expect_nothing(wire::call_shutdown(connection_->broker(), bot_), [reply = std::move(reply)](Result<> done) {
    // The process may end before its answer is out.
    const bool is_done = done || done.error().code == Errc::peer_gone;
    if (reply) reply(is_done ? Result<>() : done);
  });
}

void PbLink::close(const std::string& why) { connection_->end_soon(make_error(Errc::cancelled, why)); }

void PbLink::on_call(wire::Called&& call) {
  if (const auto* writer = std::get_if<wire::FileWriter>(&call.target)) return on_file_call(std::move(call), id_of(*writer));
  if (const auto* reader = std::get_if<wire::FileReader>(&call.target)) return on_file_call(std::move(call), id_of(*reader));
  if (std::holds_alternative<wire::Perspective>(call.target)) {
    on_perspective_call(call);
  } else if (const auto* command = std::get_if<wire::Command>(&call.target)) {
    on_command_call(call, id_of(*command));
  } else {
    connection_->broker().error(call.call, wire::make_failure(wire::no_such_method_type, "no method " + call.method));
  }
  release_args(*connection_, call);
}

void PbLink::on_perspective_call(const wire::Called& call) {
  auto& broker = connection_->broker();
  if (call.method == "keepalive") {
    wire::answer_none(broker, call.call).value();
  } else if (call.method == "shutdown") {
    wire::answer_none(broker, call.call).value();
    log_info("worker \"{}\" wants to shut down", worker_);
    port_->gate().shutdown_requested(worker_);
  } else {
    broker.error(call.call, wire::make_failure(wire::attribute_error_type,
                                               fmt::format("worker has no perspective_{}", call.method.substr(0, 100))));
  }
}

void PbLink::on_command_call(const wire::Called& call, engine::CommandId command) {
  auto& broker = connection_->broker();
  if (call.method != "complete") {
    return broker.error(call.call, wire::make_failure(wire::no_such_method_type,
                                                      fmt::format("no method {}", call.method.substr(0, 100))));
  }
  wire::answer_none(broker, call.call).value();
  const auto completion = wire::read_completion(call.args);
  if (!completion) return fail_command(command, completion.error().what);
  if (*completion) return fail_command(command, to_error(**completion).what);
  commands_.complete(command, std::nullopt);
}

void PbLink::on_file_call(wire::Called&& called, engine::CommandId command) {
  release_args(*connection_, called);
  const wire::PeerCall call = called.call;
  auto request = wire::read_transfer_request(std::move(called));
  if (!request) {
    const bool is_unknown = request.error().code == Errc::not_supported;
    const auto type = is_unknown ? wire::no_such_method_type : wire::runtime_error_type;
    return fail_file_call(call, command, wire::make_failure(type, request.error().what));
  }
  // The answer makes the worker go on: it comes when the data is where it belongs.
  const auto respond = [self = shared_from_this(), call, command](Result<TransferCalls::Answer> done) {
    if (!self->connection_->is_alive()) return;
    auto& broker = self->connection_->broker();
    if (!done) {
      self->fail_file_call(call, command, wire::make_failure(wire::runtime_error_type, done.error().what));
    } else if (*done) {
      (void)wire::answer_bytes(broker, call, std::move(**done));  // what cannot be sent is answered as a failure
    } else {
      wire::answer_none(broker, call).value();
    }
    self->connection_->flush_soon();
  };
  commands_.transfer(command, std::move(*request), respond);
}

// The worker's command ends with a failure that is a copy of ours, and with recent versions of Twisted it cannot send
// that: waiting for its `complete` would be in vain.
void PbLink::fail_file_call(wire::PeerCall call, engine::CommandId command, const wire::PbFailure& failure) {
  connection_->broker().error(call, failure);
  fail_command(command, failure.value);
}

void PbLink::fail_command(engine::CommandId command, const std::string& why) { commands_.complete(command, why); }

void PbLink::on_update(wire::CommandUpdated&& update) {
  commands_.update(id_of(update.command), update.updates);
  wire::answer_number(connection_->broker(), update.call, update.updates.number).value();
}

void PbLink::on_lost(const Error& why) {
  const auto self = shared_from_this();
  log_info("worker \"{}\" from {} disconnected: {}", worker_, connection_->peer(), why.what);
  keepalive_.reset();
  builders_.clear();
  commands_.lose_all();
  port_->remove_link(*this);
  if (std::exchange(is_attached_, false)) port_->gate().detach(worker_, self);
}

void PbLink::set_attached() {
  is_attached_ = true;
  keep_alive_later();
}

void PbLink::keep_alive_later() {
  keepalive_ = port_->clock().call_after(port_->options().keepalive_interval, [this] {
    expect_nothing(wire::call_print(connection_->broker(), bot_, "keepalive"), {});
    keep_alive_later();
  });
}

}  // namespace kiln::session
