// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/base/json.h"
#include "core/base/result.h"
#include "core/wire/broker.h"

// What master and worker say to each other, as types: session/ need not know how values are
// encoded.
namespace kiln::wire {

// An argument of a command: plain JSON, or what JSON cannot say.
struct Arg;
struct ArgItem;
using ArgList = std::vector<Arg>;
using ArgDict = std::vector<ArgItem>;  // in the order in which it is sent
struct Obfuscated {
  std::string real;   // what the worker runs
  std::string shown;  // what it writes into the log
};
struct Arg {
  std::variant<Json, Bytes, Obfuscated, RemoteRef, ArgList, ArgDict> data;
};
struct ArgItem {
  std::string name;
  Arg value;
};

Jelly to_jelly(const Arg& arg);

struct WorkerInfo {
  std::map<std::string, std::string>
      info;  // admin, host, access_uri, os_id ...: all other keys with text
  std::map<std::string, std::string> environ;
  std::string system;  // "posix" or "nt"
  std::string basedir;
  std::string version;
  std::optional<std::int64_t> cpus;
  std::map<std::string, std::string>
      commands;  // name -> version; empty for old workers: ask getCommands
  bool deletes_leftover_dirs = false;
  JsonObject others;  // further keys whose values are no text
};

// The answer of getWorkerInfo or getSlaveInfo. Errors: bad_input.
Result<WorkerInfo> read_worker_info(const Jelly& answer);
// The answer of getCommands: name -> version. Errors: bad_input.
Result<std::map<std::string, std::string>> read_commands(const Jelly& answer);
// The answer of getVersion. Errors: bad_input.
Result<std::string> read_version(const Jelly& answer);
// The answer of setBuilderList: builder name -> object that takes startCommand. Errors: bad_input.
Result<std::map<std::string, ObjectId>> read_builder_objects(const Jelly& answer);
// The arguments of `complete`: nothing when the command ended by itself. Errors: bad_input.
Result<std::optional<PbFailure>> read_completion(const std::vector<Jelly>& args);

// What a worker asks of a file object.
struct WriteRequest {
  std::string block;
};
struct ReadRequest {
  std::size_t longest = 0;
};
struct CloseRequest {};
struct UnpackRequest {};
struct UtimeRequest {
  double accessed = 0;
  double modified = 0;
};
using TransferRequest =
    std::variant<WriteRequest, ReadRequest, CloseRequest, UnpackRequest, UtimeRequest>;
// Errors: not_supported for unknown methods, bad_input for wrong arguments.
Result<TransferRequest> read_transfer_request(Called&& call);

struct BuilderDirectory {
  std::string builder;
  std::string directory;
};

// Calls on the bot. Errors of all calls: see Broker::call().
Result<CallId> call_print(Broker& broker, ObjectId bot, std::string_view message);
Result<CallId> call_worker_info(Broker& broker, ObjectId bot);
// What buildslave 0.8 has instead of getWorkerInfo, and what still older ones have.
Result<CallId> call_slave_info(Broker& broker, ObjectId bot);
Result<CallId> call_commands(Broker& broker, ObjectId bot);
Result<CallId> call_version(Broker& broker, ObjectId bot);
Result<CallId> call_builder_list(Broker& broker, ObjectId bot,
                                 const std::vector<BuilderDirectory>& builders);
Result<CallId> call_shutdown(Broker& broker, ObjectId bot);

struct CommandStart {
  Command command;  // exported here: the worker reports to it
  std::string id;   // unique in this master process
  std::string name;
  ArgDict args;
};

// Calls on the object of one builder.
Result<CallId> call_start_build(Broker& broker, ObjectId builder);
// Errors: also as Broker::export_object().
Result<CallId> call_start_command(Broker& broker, ObjectId builder, const CommandStart& start);
Result<CallId> call_interrupt_command(Broker& broker, ObjectId builder, std::string_view command_id,
                                      std::string_view why);

// Answers for calls of the worker.
Result<> answer_none(Broker& broker, PeerCall call);
Result<> answer_number(Broker& broker, PeerCall call, std::int64_t number);
Result<> answer_bytes(Broker& broker, PeerCall call, std::string bytes);
// Errors: also as Broker::export_object().
Result<> answer_object(Broker& broker, PeerCall call, const Exported& object);

}  // namespace kiln::wire
