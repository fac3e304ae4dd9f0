// SPDX-License-Identifier: MIT
#include "core/app/master.h"

#include <sys/utsname.h>
#include <unistd.h>

#include <boost/asio/signal_set.hpp>
#include <csignal>


#include "core/app/control_socket.h"
#include "core/app/invariant_files.h"
#include "core/app/listeners.h"
#include "core/app/loop.h"
#include "core/app/master_bridge.h"
#include "core/app/reconcile_logs.h"
#include "core/app/reconfiguration.h"
#include "core/app/session_secret.h"
#include "core/base/log.h"
#include "core/data/engine_controls.h"
#include "core/data/event_bus.h"
#include "core/data/waiting.h"
#include "core/db/change_store.h"
#include "core/files/file_transfers.h"

namespace kiln::app {
namespace {

constexpr std::chrono::seconds heartbeat_interval{60};
constexpr std::chrono::seconds invariants_interval{10};
constexpr std::chrono::seconds services_limit{10};  // for Python's services to stop
constexpr std::chrono::seconds storage_limit{30};   // for the last rows to be written
constexpr std::chrono::seconds policy_limit{5};     // for the policy thread to leave its loop

// As upstream names masters: two on one machine differ by their directory.
std::string master_name(const BasedirFiles& files) {
  utsname host{};
  ::uname(&host);
  return std::string(host.nodename) + ":" + files.dir.string();
}

EpochSeconds wall_clock_now() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

}  // namespace

struct Master::Parts {
  explicit Parts(Needs given) : needs(std::move(given)), signals(loop.context(), SIGTERM, SIGINT, SIGHUP) {
    signals.add(SIGUSR1);
    signals.add(SIGCHLD);
  }

  Result<void> open_storage();
  void make_engine(Snapshot snapshot);
  Result<void> listen();
  void begin(Reply<> reply);
  void activate();
  void finish_start(Result<void> result);
  void wait_for_signal();
  void on_signal(int signal);
  void beat();
  void reconfigure(const std::function<void(const Reconfiguration::Outcome&)>& told);
  void stop_clean();
  bool cancel_stop();
  void stop();
  void stop_engine();
  void leave_database();
  void answer(const ControlSocket::Question& question);
  JsonObject status();

  Needs needs;
  Loop loop;
  boost::asio::signal_set signals;
  std::unique_ptr<db::Database> db;
  std::unique_ptr<logs::LogStore> logs;
  std::unique_ptr<files::FileTransfers> transfers;
  data::EventBus events;
  std::unique_ptr<engine::Engine> engine;
  std::unique_ptr<data::Api> api;
  std::unique_ptr<data::EngineControls> controls;
  std::unique_ptr<data::Authz> authz;
  std::unique_ptr<MasterBridge> bridge;
  std::unique_ptr<Listeners> listeners;
  std::unique_ptr<Reconfiguration> reconfiguration;
  std::unique_ptr<ControlSocket> control_socket;
  std::unique_ptr<Timer> heartbeat;
  std::string secret;  // of the sessions of users
  Reply<> started;
  std::function<void()> stopped;
  std::unique_ptr<Timer> stop_limit;
  bool is_up = false;
  bool draining = false;
  bool stopping = false;
  bool engine_stopping = false;
};

Result<void> Master::Parts::open_storage() {
  const auto post = [this](std::function<void()> work) { loop.post(std::move(work)); };
  db::Database::Options options;
  options.url = needs.config->db_url;
  options.basedir = needs.files.dir;
  options.post_to_loop = post;
  auto database = db::Database::open(std::move(options));
  if (!database) return database.error();
  db = std::move(*database);
  auto snapshot = db->start_master(master_name(needs.files), wall_clock_now());
  if (!snapshot) return snapshot.error();
  if (!snapshot->reconciled_builds.empty()) {
    log_info("{} builds that an earlier run left unfinished are finished as RETRY", snapshot->reconciled_builds.size());
  }
  auto store = logs::LogStore::open({needs.files.logs(), post});
  if (!store) return store.error();
  logs = std::move(*store);
  transfers = std::make_unique<files::FileTransfers>(post);
  if (auto done = reconcile_logs(*db, *logs, snapshot->reconciled_builds); !done) return done;
  make_engine(std::move(*snapshot));
  return {};
}

void Master::Parts::make_engine(Snapshot snapshot) {
  const auto find_changes = [this](std::vector<SourceStamp> stamps, Reply<std::vector<Change>> reply) {
    db->read<std::vector<Change>>(
        [stamps = std::move(stamps)](db::Connection& connection) { return db::query_changes_of_stamps(connection, stamps); },
        std::move(reply));
  };
  engine = std::make_unique<engine::Engine>(
      engine::Engine::Needs{loop.clock(), db->journal(), events, *logs, *transfers, find_changes}, std::move(snapshot));
  api = std::make_unique<data::Api>(
      data::Api::Needs{*db, *logs, [this] { return engine->config(); },
                       [this](const data::PathArgs& args) { return data::waiting_requests(*engine, args); },
                       [this] { return data::invariant_checks(*engine); }});
  controls = std::make_unique<data::EngineControls>(data::EngineControls::Needs{*engine, *db, events});
  authz = std::make_unique<data::Authz>(data::Authz::Needs{*db, [this] { return engine->config(); }});
  bridge = std::make_unique<MasterBridge>(MasterBridge::Needs{
      [this](std::function<void()> work) { loop.post(std::move(work)); }, *api, *controls, *db, *engine, events});
  needs.runtime.attach(*bridge);
}

void Master::Parts::begin(Reply<> reply) {
  started = std::move(reply);
  wait_for_signal();
  engine->watch_invariants(invariants_interval, [this](const std::vector<engine::Violation>& found, const JsonObject& bundle) {
    keep_bundle(needs.files.invariants(), loop.clock().now_s(), found, bundle);
  });
  engine->apply_config(needs.config, [this](const Result<void>& applied) {
    if (!applied) return finish_start(applied);
    session_secret(*db, [this](Result<std::string> made) {
      if (!made) return finish_start(made.error());
      secret = *std::move(made);
      if (auto listening = listen(); !listening) return finish_start(listening);
      activate();
    });
  });
}

Result<void> Master::Parts::listen() {
  auto socket = ControlSocket::open(loop.context(), needs.files.socket(),
                                    [this](const ControlSocket::Question& question) { answer(question); });
  if (!socket) return socket.error();
  control_socket = std::move(*socket);
  listeners = std::make_unique<Listeners>(
      Listeners::Needs{loop.context().get_executor(), loop.clock(), *engine, *api, *controls, *authz, events,
                       needs.files.dir, needs.files.http_log(), secret});
  reconfiguration = std::make_unique<Reconfiguration>(Reconfiguration::Needs{
      loop.clock(), [this](std::function<void()> work) { loop.post(std::move(work)); }, needs.runtime, *engine,
      *listeners, needs.config_file, needs.files.dir});
  return listeners->open(*needs.config);
}

void Master::Parts::activate() {
  needs.runtime.activate(needs.config, [this](const Result<void>& active) {
    if (active) beat();
    finish_start(active);
  });
}

void Master::Parts::finish_start(Result<void> result) {
  if (stopping) return;
  const bool failed = result.has_error();
  is_up = !failed;
  needs.config.reset();  // from now on the engine knows which one counts
  started(std::move(result));
  if (failed) stop();
}

void Master::Parts::beat() {
  Unit unit;
  unit.add(writes::Heartbeat{loop.clock().now_s()});
  db->journal().commit(std::move(unit));
  heartbeat = loop.clock().call_after(heartbeat_interval, [this] { beat(); });
}

void Master::Parts::wait_for_signal() {
  signals.async_wait([this](boost::system::error_code error, int signal) {
    if (error) return;
    on_signal(signal);
    wait_for_signal();
  });
}

void Master::Parts::on_signal(int signal) {
  if (signal == SIGCHLD) return needs.runtime.child_ended();
  if (signal == SIGHUP) return reconfigure([](const Reconfiguration::Outcome&) {});
  if (signal == SIGUSR1) return stop_clean();
  log_info("stopping on signal {}", signal);
  stop();
}

void Master::Parts::reconfigure(const std::function<void(const Reconfiguration::Outcome&)>& told) {
  if (is_up) return reconfiguration->request(told);
  log_warning("not reconfigured: the master is still starting");
  told({Reconfiguration::Outcome::End::aborted, {"the master is still starting"}, 0});
}

void Master::Parts::stop_clean() {
  if (std::exchange(draining, true)) {
    log_info("the master stops already as soon as the running builds have finished");
    return;
  }
  log_info("stopping once the running builds have finished");
  engine->drain([this](const Result<void>& drained) {
    if (drained) stop();
  });
}

bool Master::Parts::cancel_stop() {
  if (stopping || !engine->cancel_drain()) return false;
  draining = false;
  log_info("the clean stop is called off");
  return true;
}

// In this order: no new work from outside, no Python services, no builds, then the database and the log files.
void Master::Parts::stop() {
  if (std::exchange(stopping, true)) return;
  heartbeat.reset();
  if (reconfiguration) reconfiguration->stop();
  control_socket.reset();
  // User code may block the policy thread for ever: the master ends all the same.
  stop_limit = loop.clock().call_after(services_limit, [this] {
    log_warning("the services did not stop within {} s: ending without them", services_limit.count());
    stop_engine();
  });
  needs.runtime.deactivate([this](const Result<void>& inactive) {
    if (!inactive) log_warning("stopping the services: {}", inactive.error().what);
    stop_engine();
  });
}

void Master::Parts::stop_engine() {
  if (std::exchange(engine_stopping, true)) return;
  // Nothing is lost: what is not stored was not announced, and a start finds the same as after a crash.
  stop_limit = loop.clock().call_after(storage_limit, [this] {
    log_error("the last builds cannot be stored for {} s: ending without it", storage_limit.count());
    ::unlink(needs.files.pid().c_str());
    ::_exit(1);
  });
  engine->shutdown([this](const Result<void>&) {
    listeners.reset();
    leave_database();
  });
}

void Master::Parts::leave_database() {
  Unit unit;
  unit.add(writes::StopMaster{loop.clock().now_s()});
  unit.then([this](const Committed&) {
    stop_limit = loop.clock().call_after(policy_limit, [this] {
      log_error("user code still holds the policy thread: ending the process; everything is stored");
      ::unlink(needs.files.pid().c_str());
      ::_exit(0);
    });
    stopped();
  });
  db->journal().commit(std::move(unit));
}

JsonObject Master::Parts::status() {
  JsonObject status{{"pid", ::getpid()},
                    {"version", KILN_VERSION},
                    {"running_builds", engine->running_builds()},
                    {"stopping", draining || stopping}};
  if (const auto stall = loop.take_longest_stall()) {
    status["loop"] = JsonObject{{"busy_us", stall->busy.count() / 1000}, {"late_us", stall->late.count() / 1000}};
  }
  return status;
}

void Master::Parts::answer(const ControlSocket::Question& question) {
  if (question.verb == "status") return question.reply(Json(status()));
  if (question.verb == "reconfig") {
    return reconfigure([reply = question.reply](const Reconfiguration::Outcome& outcome) { reply(to_json(outcome)); });
  }
  if (question.verb == "cancel_stop") {
    if (cancel_stop()) return question.reply(Json(status()));
    return question.reply(make_error(Errc::conflict, "there is no clean stop to call off"));
  }
  if (question.verb == "stop") {
    const Json* clean = question.request.if_contains("clean");
    question.reply(Json(status()));
    return on_signal(clean != nullptr && clean->is_bool() && clean->get_bool() ? SIGUSR1 : SIGTERM);
  }
  question.reply(make_error(Errc::not_supported, "the master knows no verb '" + question.verb + "'"));
}

Master::Master(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Result<std::unique_ptr<Master>> Master::open(Needs needs) {
  auto parts = std::make_unique<Parts>(std::move(needs));
  if (auto opened = parts->open_storage(); !opened) return opened.error();
  return std::unique_ptr<Master>(new Master(std::move(parts)));
}

void Master::start(Reply<> started, std::function<void()> stopped) {
  parts_->stopped = std::move(stopped);
  parts_->loop.start();
  parts_->loop.post([parts = parts_.get(), started = std::move(started)] { parts->begin(started); });
}

// The database's threads may still post to the loop while they end, so the loop goes last; what was posted by then runs.
Master::~Master() {
  if (parts_->db) parts_->db->shutdown();
  parts_->logs.reset();
  parts_->loop.stop();
}

}  // namespace kiln::app
