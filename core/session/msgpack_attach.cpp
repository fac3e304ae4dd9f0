// SPDX-License-Identifier: MIT
#include "core/session/msgpack_attach.h"

#include <fmt/format.h>

#include <set>

#include "core/base/log.h"
#include "core/session/port.h"
#include "core/session/reply_within.h"

namespace kiln::session {
namespace {

using net::Task;

// What a worker's leftover files are compared with: the directory of its own description stays.
constexpr const char* info_dir = "info";

Task<Result<Json>> ask(std::shared_ptr<MsgpackLink> link, MsgpackConnection::Ask request) {
  auto answer = co_await link->connection().answer_of(request, link->port()->options().attach_limit);
  // The connection, and the port with it, may have ended after the answer came.
  if (!link->is_alive()) co_return make_error(Errc::peer_gone, "the connection has ended");
  co_return answer;
}

Task<Result<Json>> say_attached(std::shared_ptr<MsgpackLink> link) {
  return ask(link, [](wire::MsgpackPeer& peer) { return wire::request_print(peer, "attached"); });
}

// What one command of the attach sequence told.
class SetupSink : public engine::CommandSink {
 public:
  explicit SetupSink(Reply<JsonObject> reply) : reply_(std::move(reply)) {}

  void on_output(char, std::string_view text) override { text_ += text; }
  void on_log_file(std::string_view, std::string_view) override {}
  void on_update(std::string_view key, const Json& value) override { updates_[key] = value; }
  void on_complete(std::optional<std::string> failure_text) override {
    if (failure_text) return reply_(make_error(Errc::bad_input, std::move(*failure_text)));
    const Json* code = updates_.if_contains("rc");
    if (code == nullptr || *code != Json(0)) {
      return reply_(make_error(Errc::bad_input, fmt::format("exit code {}: {}", dump_json(code == nullptr ? Json(nullptr) : *code), text_.substr(0, 500))));
    }
    reply_(std::move(updates_));
  }
  void on_lost() override { reply_(make_error(Errc::peer_gone, "the connection has ended")); }

 private:
  Reply<JsonObject> reply_;
  JsonObject updates_;
  std::string text_;
};

Task<Result<JsonObject>> run(std::shared_ptr<MsgpackLink> link, std::string command, JsonObject args) {
  const std::function<void(Reply<JsonObject>)> start = [&](Reply<JsonObject> reply) {
    link->start_setup_command(command, args, std::make_shared<SetupSink>(std::move(reply)));
  };
  auto updates = co_await reply_within<JsonObject>(link->connection().executor(), link->port()->options().attach_limit, start);
  if (!link->is_alive()) co_return make_error(Errc::peer_gone, "the connection has ended");
  if (!updates) co_return make_error(updates.error().code, command + ": " + updates.error().what);
  co_return updates;
}

// g++ 12 cannot compile lists of initializers in coroutines.
JsonObject one(const char* name, Json value) {
  JsonObject args;
  args[name] = std::move(value);
  return args;
}

Task<Result<std::set<std::string>>> list_base_dir(std::shared_ptr<MsgpackLink> link) {
  const auto updates = co_await run(link, "listdir", one("path", Json(link->info().basedir)));
  if (!updates) co_return updates.error();
  const Json* files = updates->if_contains("files");
  if (files == nullptr || !files->is_array()) co_return make_error(Errc::bad_input, "listdir: no list of files");
  std::set<std::string> names;
  for (const Json& name : files->get_array()) {
    if (name.is_string()) names.emplace(name.get_string());
  }
  co_return names;
}

bool is_directory(const JsonObject& updates) {
  constexpr std::int64_t type_mask = 0170000, directory_type = 0040000;
  const Json* stat = updates.if_contains("stat");
  const auto* fields = stat == nullptr ? nullptr : stat->if_array();
  const bool has_mode = fields != nullptr && !fields->empty() && fields->front().is_int64();
  return has_mode && (fields->front().get_int64() & type_mask) == directory_type;
}

Task<Result<>> remove_leftovers(std::shared_ptr<MsgpackLink> link, std::vector<std::string> names) {
  JsonArray leftover;
  for (const std::string& name : names) {
    const std::string path = link->paths().join(link->info().basedir, name);
    const auto updates = co_await run(link, "stat", one("path", Json(path)));
    if (!updates) co_return updates.error();
    if (is_directory(*updates)) leftover.emplace_back(path);
  }
  if (leftover.empty()) co_return Result<>();
  const auto removed = co_await run(link, "rmdir", one("paths", Json(std::move(leftover))));
  co_return removed ? Result<>() : Result<>(removed.error());
}

Task<Result<>> make_directories(std::shared_ptr<MsgpackLink> link, std::vector<engine::BuilderDir> builders) {
  const auto present = co_await list_base_dir(link);
  if (!present) co_return present.error();
  std::set<std::string> wanted{info_dir};
  for (const auto& builder : builders) wanted.insert(builder.builddir);
  if (link->deletes_leftover_dirs()) {
    std::set<std::string> leftover = *present;
    // A builder's directory may be some levels down.
    for (const std::string& dir : wanted) leftover.erase(std::string(link->paths().first_part(dir)));
    std::vector<std::string> names(leftover.begin(), leftover.end());
    const auto removed = co_await remove_leftovers(link, std::move(names));
    if (!removed) co_return removed;
  }
  JsonArray missing;
  for (const std::string& dir : wanted) {
    if (!present->contains(dir)) missing.emplace_back(link->paths().join(link->info().basedir, dir));
  }
  if (missing.empty()) co_return Result<>();
  const auto made = co_await run(link, "mkdir", one("paths", Json(std::move(missing))));
  co_return made ? Result<>() : Result<>(made.error());
}

Task<Result<>> prepare(std::shared_ptr<MsgpackLink> link, std::vector<engine::BuilderDir> builders) {
  const auto set = co_await ask(link, wire::request_settings);
  if (!set) co_return set.error();
  co_return co_await make_directories(link, std::move(builders));
}

Task<Result<>> tell_builders(std::shared_ptr<MsgpackLink> link) {
  std::vector<engine::BuilderDir> told;
  do {
    told = link->port()->gate().builders(link->worker());
    const auto prepared = co_await prepare(link, told);
    if (!prepared) co_return prepared;
    link->take_builders(told);
    for (std::size_t i = 0; i < told.size(); ++i) {
      const auto greeted = co_await say_attached(link);
      if (!greeted) co_return greeted.error();
    }
    // A reconfiguration in between could not reach a worker that was not attached.
  } while (told != link->port()->gate().builders(link->worker()));
  co_return Result<>();
}

Task<Result<>> introduce(std::shared_ptr<MsgpackLink> link) {
  const auto greeted = co_await say_attached(link);
  if (!greeted) co_return greeted.error();
  auto info = co_await ask(link, wire::request_worker_info);
  if (!info) co_return info.error();
  if (!info->is_object()) co_return make_error(Errc::bad_input, "worker info that is no map");
  link->set_info(std::move(info->get_object()));
  if (link->info().basedir.empty()) co_return make_error(Errc::bad_input, "worker info without basedir");
  co_return co_await tell_builders(link);
}

}  // namespace

Task<void> attach_msgpack_worker(std::shared_ptr<MsgpackLink> link) {
  const std::string peer = link->connection().peer();
  if (!co_await claim_name(link->port(), link)) {
    log_warning("worker \"{}\" from {} refused: another one of this name is connected", link->worker(), peer);
    link->end(make_error(Errc::conflict, "another worker of this name is connected"));
    co_return;
  }
  if (!link->is_alive()) co_return;
  const auto introduced = co_await introduce(link);
  if (!link->is_alive()) co_return;
  if (!introduced) {
    link->end(make_error(introduced.error().code, "cannot attach: " + introduced.error().what));
    co_return;
  }
  log_info("worker \"{}\" attached from {}", link->worker(), peer);
  link->set_attached();
  link->port()->gate().attach(link->worker(), link);
}

Task<void> prepare_builders(std::shared_ptr<MsgpackLink> link, std::vector<engine::BuilderDir> builders, Reply<> reply) {
  const auto prepared = co_await prepare(link, std::move(builders));
  reply(prepared);
}

}  // namespace kiln::session
