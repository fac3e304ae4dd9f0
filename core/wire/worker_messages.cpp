// SPDX-License-Identifier: MIT
#include "core/wire/worker_messages.h"

#include <limits>

#include "core/base/text.h"

namespace kiln::wire {
namespace {

Error refuse(std::string what) { return make_error(Errc::bad_input, std::move(what)); }

std::string text_or_json(const Json& value) {
  return value.is_string() ? std::string(value.get_string()) : dump_json(value);
}

std::map<std::string, std::string> to_text_map(const JsonObject& object) {
  std::map<std::string, std::string> map;
  for (const auto& [key, value] : object)
    map.insert_or_assign(std::string(key), text_or_json(value));
  return map;
}

void read_info_item(WorkerInfo& worker, const std::string& key, const Json& value) {
  const bool is_commands = key == "worker_commands" || key == "slave_commands";
  if (const auto* object = value.if_object();
      object != nullptr && (is_commands || key == "environ")) {
    (is_commands ? worker.commands : worker.environ) = to_text_map(*object);
  } else if (key == "numcpus" && value.is_int64()) {
    worker.cpus = value.get_int64();
  } else if (key == "delete_leftover_dirs" && (value.is_bool() || value.is_int64())) {
    worker.deletes_leftover_dirs = value.is_bool() ? value.get_bool() : value.get_int64() != 0;
  } else if (!value.is_string()) {
    worker.others.insert_or_assign(key, value);
  } else if (key == "system") {
    worker.system = text_or_json(value);
  } else if (key == "basedir") {
    worker.basedir = text_or_json(value);
  } else if (key == "version") {
    worker.version = text_or_json(value);
  } else {
    worker.info.insert_or_assign(key, text_or_json(value));
  }
}

std::optional<double> to_number(const Jelly& jelly) {
  if (const auto* real = jelly.as<double>()) return *real;
  if (const auto* integer = jelly.as<std::int64_t>()) return static_cast<double>(*integer);
  return std::nullopt;
}

Result<TransferRequest> read_utime(const std::vector<Jelly>& args) {
  const auto* times = args.size() == 1 ? args[0].as<JellyTuple>() : nullptr;
  if (times != nullptr && times->items.size() == 2) {
    const auto accessed = to_number(times->items[0]);
    const auto modified = to_number(times->items[1]);
    if (accessed && modified) return TransferRequest(UtimeRequest{*accessed, *modified});
  }
  return refuse("utime: expected a tuple of two numbers");
}

Jelly text(std::string_view value) { return Text{std::string(value)}; }

}  // namespace

Jelly to_jelly(const Arg& arg) {
  if (const auto* json = std::get_if<Json>(&arg.data)) return jelly_from_json(*json);
  if (const auto* bytes = std::get_if<Bytes>(&arg.data)) return *bytes;
  if (const auto* ref = std::get_if<RemoteRef>(&arg.data)) return *ref;
  if (const auto* hidden = std::get_if<Obfuscated>(&arg.data)) {
    return JellyTuple{{text("obfuscated"), text(hidden->real), text(hidden->shown)}};
  }
  if (const auto* list = std::get_if<ArgList>(&arg.data)) {
    JellyList items;
    for (const Arg& item : *list) items.items.push_back(to_jelly(item));
    return items;
  }
  JellyDict dict;
  for (const auto& [key, value] : std::get<ArgDict>(arg.data))
    dict.items.push_back({text(key), to_jelly(value)});
  return dict;
}

Result<WorkerInfo> read_worker_info(const Jelly& answer) {
  const auto json = to_json(answer);
  if (json.has_error()) return json.error();
  const auto* object = json->if_object();
  if (object == nullptr) return refuse("worker info: expected a dictionary");
  WorkerInfo worker;
  for (const auto& [key, value] : *object) read_info_item(worker, std::string(key), value);
  return worker;
}

Result<std::map<std::string, std::string>> read_commands(const Jelly& answer) {
  const auto json = to_json(answer);
  if (json.has_error()) return json.error();
  if (!json->is_object()) return refuse("worker commands: expected a dictionary");
  return to_text_map(json->get_object());
}

Result<std::string> read_version(const Jelly& answer) {
  const auto version = answer.as_string();
  if (!version) return refuse("worker version: expected text");
  return to_utf8_replacing(*version);
}

Result<std::map<std::string, ObjectId>> read_builder_objects(const Jelly& answer) {
  const auto* dict = answer.as<JellyDict>();
  if (dict == nullptr) return refuse("builder list: expected a dictionary");
  std::map<std::string, ObjectId> builders;
  for (const auto& [key, value] : dict->items) {
    const auto name = key.as_string();
    const auto* object = value.as<RemoteRef>();
    if (!name || object == nullptr) return refuse("builder list: expected names and objects");
    builders.insert_or_assign(to_utf8_replacing(*name), object->id);
  }
  return builders;
}

Result<std::optional<PbFailure>> read_completion(const std::vector<Jelly>& args) {
  if (args.empty() || args.front().is_none()) return std::optional<PbFailure>();
  auto failure = read_failure(args.front());
  if (failure.has_error()) return failure.error();
  return std::optional(std::move(*failure));
}

Result<TransferRequest> read_transfer_request(Called&& call) {
  if (call.method == "close") return TransferRequest(CloseRequest{});
  if (call.method == "unpack") return TransferRequest(UnpackRequest{});
  if (call.method == "utime") return read_utime(call.args);
  if (call.method == "write") {
    const auto block = call.args.size() == 1 ? call.args[0].as_string() : std::nullopt;
    if (!block) return refuse("write: expected bytes");
    if (auto* bytes = std::get_if<Bytes>(&call.args[0].data)) {
      return TransferRequest(WriteRequest{std::move(bytes->value)});
    }
    return TransferRequest(WriteRequest{std::string(*block)});
  }
  if (call.method == "read") {
    const auto* longest = call.args.size() == 1 ? call.args[0].as<std::int64_t>() : nullptr;
    if (longest == nullptr || *longest < 0) return refuse("read: expected a length");
    return TransferRequest(ReadRequest{static_cast<std::size_t>(*longest)});
  }
  return make_error(Errc::not_supported,
                    "file transfer: no method \"" + to_utf8_replacing(call.method) + "\"");
}

Result<CallId> call_print(Broker& broker, ObjectId bot, std::string_view message) {
  return broker.call(bot, "print", {}, {{"message", text(message)}});
}

Result<CallId> call_worker_info(Broker& broker, ObjectId bot) {
  return broker.call(bot, "getWorkerInfo", {});
}

Result<CallId> call_slave_info(Broker& broker, ObjectId bot) {
  return broker.call(bot, "getSlaveInfo", {});
}

Result<CallId> call_commands(Broker& broker, ObjectId bot) {
  return broker.call(bot, "getCommands", {});
}

Result<CallId> call_version(Broker& broker, ObjectId bot) {
  return broker.call(bot, "getVersion", {});
}

Result<CallId> call_builder_list(Broker& broker, ObjectId bot,
                                 const std::vector<BuilderDirectory>& builders) {
  JellyList list;
  for (const auto& [builder, directory] : builders) {
    list.items.emplace_back(JellyTuple{{text(builder), text(directory)}});
  }
  return broker.call(bot, "setBuilderList", {std::move(list)});
}

Result<CallId> call_shutdown(Broker& broker, ObjectId bot) {
  return broker.call(bot, "shutdown", {});
}

Result<CallId> call_start_build(Broker& broker, ObjectId builder) {
  return broker.call(builder, "startBuild", {});
}

Result<CallId> call_start_command(Broker& broker, ObjectId builder, const CommandStart& start) {
  const auto command = broker.export_object(start.command);
  if (command.has_error()) return command.error();
  std::vector<Jelly> args{RemoteRef{*command}, text(start.id), text(start.name),
                          to_jelly(Arg{start.args})};
  auto call = broker.call(builder, "startCommand", std::move(args));
  if (call.has_error()) broker.withdraw(*command);
  return call;
}

Result<CallId> call_interrupt_command(Broker& broker, ObjectId builder, std::string_view command_id,
                                      std::string_view why) {
  return broker.call(builder, "interruptCommand", {text(command_id), text(why)});
}

Result<> answer_none(Broker& broker, PeerCall call) { return broker.answer(call, {}); }

Result<> answer_number(Broker& broker, PeerCall call, std::int64_t number) {
  return broker.answer(call, number);
}

Result<> answer_bytes(Broker& broker, PeerCall call, std::string bytes) {
  return broker.answer(call, Bytes{std::move(bytes)});
}

Result<> answer_object(Broker& broker, PeerCall call, const Exported& object) {
  const auto id = broker.export_object(object);
  if (id.has_error()) return id.error();
  return broker.answer(call, RemoteRef{*id});
}

}  // namespace kiln::wire
