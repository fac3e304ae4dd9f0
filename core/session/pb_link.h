// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/engine/worker_link.h"
#include "core/session/avatar.h"
#include "core/session/connection.h"
#include "core/session/named_link.h"
#include "core/session/running_commands.h"

namespace kiln::session {

// A worker that speaks Perspective Broker. Loop thread. Shared by the engine, its connection and the port; it stays
// usable after the connection has ended, when every verb fails with peer_gone.
class PbLink : public NamedLink, public Avatar, public std::enable_shared_from_this<PbLink> {
 public:
  PbLink(std::shared_ptr<Port> port, ConnectionPtr connection, std::string worker, wire::ObjectId bot);

  const engine::WorkerInfo& info() const override { return info_; }
  void set_builders(std::vector<engine::BuilderDir> builders, Reply<> reply) override;
  void ping(Reply<> reply) override;
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
  void on_claimed() override { connection_->set_avatar(shared_from_this()); }
  void end(const Error& why) override { connection_->end(why); }

  void on_call(wire::Called&& call) override;
  void on_update(wire::CommandUpdated&& update) override;
  void on_input_end() override { commands_.flush(); }
  void on_lost(const Error& why) override;

  // For the attach sequence.
  const std::shared_ptr<Port>& port() { return port_; }
  Connection& connection() { return *connection_; }
  const ConnectionPtr& shared_connection() { return connection_; }
  wire::ObjectId bot() const { return bot_; }
  void set_info(engine::WorkerInfo info) { info_ = std::move(info); }
  Result<wire::CallId> call_set_builders(const std::vector<engine::BuilderDir>& builders);
  Result<> take_builders(const wire::Jelly& answer);
  void greet_builder();  // a print, whose answer nobody waits for
  void set_attached();

 private:
  void on_perspective_call(const wire::Called& call);
  void on_command_call(const wire::Called& call, engine::CommandId command);
  void on_file_call(wire::Called&& call, engine::CommandId command);
  void fail_file_call(wire::PeerCall call, engine::CommandId command, const wire::PbFailure& failure);
  void expect_nothing(Result<wire::CallId> call, Reply<> reply);
  void fail_command(engine::CommandId command, const std::string& why);
  Result<wire::CallId> call_start(const wire::ObjectId* builder, engine::CommandId id, const std::string& command,
                                  const JsonObject& args, bool is_transfer);
  const wire::ObjectId* builder_object(const std::string& builder) const;
  void keep_alive_later();

  std::shared_ptr<Port> port_;
  ConnectionPtr connection_;
  const std::string worker_;
  const wire::ObjectId bot_;
  engine::WorkerInfo info_;
  std::map<std::string, wire::ObjectId> builders_;
  RunningCommands commands_;
  std::unique_ptr<Timer> keepalive_;
  bool is_attached_ = false;
};

}  // namespace kiln::session
