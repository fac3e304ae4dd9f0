// SPDX-License-Identifier: MIT
#include "core/session/pb_attach.h"

#include <fmt/format.h>

#include "core/base/log.h"
#include "core/session/port.h"
#include "core/wire/worker_messages.h"

namespace kiln::session {
namespace {

using net::Task;

Task<Result<wire::Jelly>> ask(std::shared_ptr<PbLink> link, Result<wire::CallId> call) {
  auto answer = co_await link->connection().answer_of(std::move(call), link->port()->options().attach_limit);
  // The connection, and the port with it, may have ended after the answer came.
  if (!link->connection().is_alive()) co_return make_error(Errc::peer_gone, "the connection has ended");
  co_return answer;
}

std::string text_of(const JsonObject& object, std::string_view key) {
  const Json* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

// Workers before 0.9 call it getSlaveInfo, and still older ones do not list version and commands there.
Task<Result<JsonObject>> ask_info(std::shared_ptr<PbLink> link) {
  auto& broker = link->connection().broker();
  auto answer = co_await ask(link, wire::call_worker_info(broker, link->bot()));
  if (!answer && answer.error().code == Errc::not_supported) {
    answer = co_await ask(link, wire::call_slave_info(broker, link->bot()));
  }
  if (!answer) co_return answer.error();
  const auto json = wire::to_json(*answer);
  if (!json) co_return json.error();
  if (!json->is_object()) co_return make_error(Errc::bad_input, "worker info that is no dictionary");
  JsonObject info = json->get_object();
  if (!info.contains("worker_commands") && info.contains("slave_commands")) {
    info["worker_commands"] = info["slave_commands"];
  }
  if (!info.contains("worker_commands")) {
    answer = co_await ask(link, wire::call_commands(broker, link->bot()));
    if (!answer) co_return answer.error();
    if (const auto commands = wire::to_json(*answer)) info["worker_commands"] = *commands;
  }
  if (!info.contains("version")) {
    answer = co_await ask(link, wire::call_version(broker, link->bot()));
    if (!answer) co_return answer.error();
    if (const auto version = wire::read_version(*answer)) info["version"] = *version;
  }
  co_return info;
}

Task<Result<>> tell_builders(std::shared_ptr<PbLink> link) {
  std::vector<engine::BuilderDir> told;
  do {
    told = link->port()->gate().builders(link->worker());
    const auto answer = co_await ask(link, link->call_set_builders(told));
    if (!answer) co_return answer.error();
    if (const auto taken = link->take_builders(*answer); !taken) co_return taken.error();
    for (std::size_t i = 1; i < told.size(); ++i) link->greet_builder();
    if (!told.empty()) {
      const auto greeted = co_await ask(link, wire::call_print(link->connection().broker(), link->bot(), "attached"));
      if (!greeted) co_return greeted.error();
    }
    // A reconfiguration in between could not reach a worker that was not attached.
  } while (told != link->port()->gate().builders(link->worker()));
  co_return Result<>();
}

Task<Result<>> introduce(std::shared_ptr<PbLink> link) {
  const auto greeted = co_await ask(link, wire::call_print(link->connection().broker(), link->bot(), "attached"));
  if (!greeted) co_return greeted.error();
  auto all = co_await ask_info(link);
  if (!all) co_return all.error();
  engine::WorkerInfo info;
  info.version = text_of(*all, "version");
  info.basedir = text_of(*all, "basedir");
  info.system = text_of(*all, "system");
  info.all = std::move(*all);
  link->set_info(std::move(info));
  co_return co_await tell_builders(link);
}

}  // namespace

Task<void> attach_worker(std::shared_ptr<PbLink> link, wire::LoginAnswered login) {
  Connection& connection = link->connection();
  if (!co_await claim_name(link->port(), link)) {
    log_warning("worker \"{}\" from {} refused: another one of this name is connected", link->worker(), connection.peer());
    if (connection.is_alive()) connection.refuse_login(login, wire::runtime_error_type, "rejecting duplicate worker");
    co_return;
  }
  if (!connection.is_alive()) co_return;
  const auto introduced = co_await introduce(link);
  if (!connection.is_alive()) co_return;
  if (!introduced) {
    // Closing makes the worker try again; an error answer would make it exit.
    connection.end(make_error(introduced.error().code, "cannot attach: " + introduced.error().what));
    co_return;
  }
  if (const auto sent = wire::answer_object(connection.broker(), login.call, wire::Perspective{1}); !sent) {
    connection.end(sent.error());
    co_return;
  }
  connection.flush_soon();
  log_info("worker \"{}\" attached from {}", link->worker(), connection.peer());
  link->set_attached();
  link->port()->gate().attach(link->worker(), link);
}

}  // namespace kiln::session
