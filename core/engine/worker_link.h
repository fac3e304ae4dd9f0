// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/json.h"
#include "core/base/result.h"
#include "core/script/transfer.h"

namespace kiln::engine {

// What a worker tells at attach. `all` holds every key as given (environ, system, basedir, worker_commands, admin ...).
struct WorkerInfo {
  JsonObject all;
  std::string version;
  std::string basedir;
  std::string system;  // "posix" or "nt"
};

struct BuilderDir {
  std::string name;
  std::string builddir;
  friend bool operator==(const BuilderDir&, const BuilderDir&) = default;
};

// The events of one command, on the loop thread, in the order they happened. on_complete or on_lost comes last, once.
class CommandSink {
 public:
  virtual ~CommandSink() = default;
  // stream: 'o', 'e', 'h'. Text as the worker sent it, UTF-8, perhaps partial lines.
  virtual void on_output(char stream, std::string_view text) = 0;
  virtual void on_log_file(std::string_view name, std::string_view text) = 0;
  // rc, elapsed, failure_reason, stat, files and any other key.
  virtual void on_update(std::string_view key, const Json& value) = 0;
  virtual void on_complete(std::optional<std::string> failure_text) = 0;
  virtual void on_lost() = 0;
};

using CommandId = std::int64_t;

// A connected worker, whatever the protocol. All on the loop thread. Made by session/, used by the engine; replies fail
// with peer_gone when the connection ends. After close() or a lost connection every running command gets on_lost().
class WorkerLink {
 public:
  virtual ~WorkerLink() = default;
  virtual const WorkerInfo& info() const = 0;
  virtual void set_builders(std::vector<BuilderDir> builders, Reply<> reply) = 0;
  virtual void ping(Reply<> reply) = 0;
  virtual void start_build(const std::string& builder, Reply<> reply) = 0;
  // `args` as in script::CommandRequest. Errors to start come as on_complete with text. `transfer`: the master's end of
  // a file transfer, held until the command has ended; null for other commands.
  virtual CommandId start_command(const std::string& builder, const std::string& command, const JsonObject& args,
                                  std::shared_ptr<CommandSink> sink, script::TransferPtr transfer = nullptr) = 0;
  virtual void interrupt_command(CommandId command, const std::string& why) = 0;
  // Asks the worker process to end.
  virtual void shutdown(Reply<> reply) = 0;
  virtual void close(const std::string& why) = 0;
  // Back pressure: while paused the socket is not read.
  virtual void pause_reading(bool paused) = 0;
};

// What a session asks of the engine when a worker dials in. Loop thread.
class WorkerGate {
 public:
  virtual ~WorkerGate() = default;
  // The configured password; nullopt: no such worker.
  virtual std::optional<std::string> password(const std::string& worker) const = 0;
  // The link that is attached now; null: none.
  virtual std::shared_ptr<WorkerLink> attached(const std::string& worker) const = 0;
  // Builders this worker is configured for.
  virtual std::vector<BuilderDir> builders(const std::string& worker) const = 0;
  // The attach sequence is done: the engine may use the link from now on.
  virtual void attach(const std::string& worker, std::shared_ptr<WorkerLink> link) = 0;
  // The connection is gone; commands have had their on_lost().
  virtual void detach(const std::string& worker, const std::shared_ptr<WorkerLink>& link) = 0;
  // The worker asks for a graceful shutdown.
  virtual void shutdown_requested(const std::string& worker) = 0;
};

}  // namespace kiln::engine
