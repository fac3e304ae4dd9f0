// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/session/msgpack_connection.h"
#include "core/session/named_link.h"
#include "core/session/running_commands.h"
#include "core/session/worker_paths.h"
#include "core/wire/msgpack_messages.h"

namespace kiln::session {

// A worker that speaks msgpack over a websocket. Loop thread. Shared by the engine, its connection and the port; it stays
// usable after the connection has ended, when every verb fails with peer_gone.
class MsgpackLink : public NamedLink, public std::enable_shared_from_this<MsgpackLink> {
 public:
  MsgpackLink(std::shared_ptr<Port> port, std::shared_ptr<MsgpackConnection> connection, std::string worker);

  const engine::WorkerInfo& info() const override { return info_; }
  void set_builders(std::vector<engine::BuilderDir> builders, Reply<> reply) override;
  void ping(Reply<> reply) override { print("ping", std::move(reply)); }
  void start_build(const std::string& builder, Reply<> reply) override;
  engine::CommandId start_command(const std::string& builder, const std::string& command, const JsonObject& args,
                                  std::shared_ptr<engine::CommandSink> sink, script::TransferPtr transfer) override;
  void interrupt_command(engine::CommandId command, const std::string& why) override;
  void shutdown(Reply<> reply) override;
  void close(const std::string& why) override;
  void pause_reading(bool paused) override { connection_->pause_reading(paused); }

  const std::string& worker() const override { return worker_; }
  bool is_alive() const override { return connection_->is_alive(); }
  bool is_paused() const override { return connection_->is_paused(); }
  void print(const std::string& message, Reply<> reply) override;
  void on_claimed() override { connection_->set_link(shared_from_this()); }
  void end(const Error& why) override { connection_->end(why); }

  // From the connection.
  void on_request(const wire::MsgpackRequested& request);
  void on_lost(const Error& why);

  // For the attach sequence.
  const std::shared_ptr<Port>& port() { return port_; }
  MsgpackConnection& connection() { return *connection_; }
  const WorkerPaths& paths() const { return paths_; }
  bool deletes_leftover_dirs() const;
  void set_info(JsonObject all);
  // A command that belongs to no builder, with arguments as they are sent.
  void start_setup_command(const std::string& command, const JsonObject& args,
                           std::shared_ptr<engine::CommandSink> sink);
  void take_builders(const std::vector<engine::BuilderDir>& builders);
  void set_attached();

 private:
  void on_report(wire::SequenceNumber number, engine::CommandId command, wire::MsgpackUpdate& update);
  void on_report(wire::SequenceNumber number, engine::CommandId command, wire::MsgpackComplete& complete);
  void on_report(wire::SequenceNumber number, engine::CommandId command, wire::MsgpackTransfer& transfer);
  void send_start(engine::CommandId id, wire::MsgpackCommand command);
  Result<wire::MsgpackCommand> translate(engine::CommandId id, const std::string& builder, const std::string& command,
                                         const JsonObject& args) const;
  void expect_nothing(const MsgpackConnection::Ask& ask, Reply<> reply);
  void reply_later(Reply<> reply, Result<> result);
  void keep_alive_later();

  std::shared_ptr<Port> port_;
  std::shared_ptr<MsgpackConnection> connection_;
  const std::string worker_;
  engine::WorkerInfo info_;
  WorkerPaths paths_;
  std::map<std::string, std::string> builder_dirs_;  // absolute, by builder
  RunningCommands commands_;
  std::unique_ptr<Timer> keepalive_;
  std::uint64_t last_set_builders_ = 0;
  bool is_attached_ = false;
};

}  // namespace kiln::session
