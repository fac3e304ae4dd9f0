// SPDX-License-Identifier: MIT
#include "tests/support/random_world.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "tests/support/world_code.h"

namespace kiln::testing {
namespace {

constexpr int children = 2;  // builders that steps trigger: on a worker of their own, so that nobody waits for himself
constexpr std::size_t most_open = 25;

constexpr const char* row_names[] = {"change", "buildset", "request", "build",     "properties", "step",
                                     "log",    "worker",   "scheduler", "master", "builder",    "results"};

class WorldForm : public script::ForceForm {
 public:
  void parse(std::string, std::vector<std::string> builder_names, JsonObject params,
             Reply<script::ForceOrder> reply) override {
    script::ForceOrder order;
    order.builder_names = std::move(builder_names);
    if (const Json* priority = params.if_contains("priority")) order.priority = static_cast<int>(priority->get_int64());
    SourceStamp stamp;
    stamp.branch = "main";
    order.sourcestamps.push_back(stamp);
    reply(std::move(order));
  }
};

// KILN_TRACE=1 tells all that happens in a world.
template <class... Args>
void tell(std::size_t step, fmt::format_string<Args...> text, Args&&... args) {
  static const bool is_wanted = std::getenv("KILN_TRACE") != nullptr;
  if (is_wanted) fmt::print(stderr, "step {}: {}\n", step, fmt::format(text, std::forward<Args>(args)...));
}

struct IdOf {
  std::int64_t operator()(const BuildsetRow& row) const { return row.buildset.id.value; }
  std::int64_t operator()(const BuildPropertiesRow& row) const { return row.build.value; }
  std::int64_t operator()(const BuilderStateRow& row) const { return row.builder.value; }
  std::int64_t operator()(const TestResultSet& row) const { return row.id; }
  template <class Row>
  std::int64_t operator()(const Row& row) const {
    return row.id.value;
  }
};

}  // namespace

RandomWorld::RandomWorld(std::uint32_t seed) : random_(seed), seed_(seed) {
  plan();
  start();
}

RandomWorld::~RandomWorld() { kill(); }

void RandomWorld::plan() {
  worker_count_ = 2 + pick(4);
  builder_count_ = 2 + pick(5);
  for (int i = 0; i < 3; ++i) {
    locks_.push_back({i == 0 ? script::Lock::Kind::worker : script::Lock::Kind::master, name("lock", i), 1 + pick(3), {}});
  }
  for (int i = 0; i < worker_count_; ++i) {
    workers_.push_back({true, pick(3) == 0 ? std::nullopt : std::optional(1 + pick(3))});
  }
  for (int i = 0; i < builder_count_; ++i) {
    BuilderPlan& one = builders_.emplace_back();
    for (int w = 0; w < worker_count_; ++w) {
      if (pick(2) == 0) one.workers.push_back(name("w", w));
    }
    if (one.workers.empty()) one.workers.push_back(name("w", pick(worker_count_)));
    if (pick(3) == 0) one.locks.push_back(some_access());
    one.collapse = static_cast<script::Collapse>(pick(3));
    one.asks = pick(3) == 0;
    one.chooses_request = pick(2) == 0;
    one.has_gate = pick(4) == 0;
    one.native_steps = pick(3);
    one.python_steps = pick(4);
    for (int s = 0; s < one.native_steps + one.python_steps; ++s) {
      one.step_locks.emplace_back();
      if (pick(4) == 0) one.step_locks.back().push_back(some_access());
    }
  }
  links_.resize(static_cast<std::size_t>(worker_count_) + 1);
}

script::LockAccess RandomWorld::some_access() {
  const script::Lock& lock = locks_[static_cast<std::size_t>(pick(static_cast<int>(locks_.size())))];
  return {lock, pick(3) == 0, 1};
}

std::shared_ptr<script::BuilderConfig> RandomWorld::builder(int i, const BuilderPlan& plan) {
  auto config = std::make_shared<script::BuilderConfig>();
  config->name = config->builddir = config->worker_builddir = name("b", i);
  config->worker_names = plan.workers;
  config->locks = plan.locks;
  config->collapse = plan.collapse;
  if (plan.collapse == script::Collapse::callback) config->hooks = std::make_shared<CollapseCode>(*this);
  if (plan.asks) config->match = std::make_shared<MatchCode>(*this, plan.chooses_request);
  if (plan.has_gate) config->gate = std::make_shared<GateCode>(*this);
  std::size_t next_locks = 0;
  for (int s = 0; s < plan.native_steps; ++s) {
    auto step = std::make_shared<script::NativeShell>();
    step->name = Json(name("shell", s));
    step->command = Json("true");
    step->flags.halt_on_failure = s % 2 == 0;
    step->always_run = s == 1;
    if (!plan.step_locks.empty()) step->locks = plan.step_locks[next_locks++];
    config->steps.push_back({"ShellCommand", std::move(step), nullptr});
  }
  std::vector<script::LockAccesses> python_locks;
  for (int s = 0; s < plan.python_steps; ++s) {
    config->steps.push_back({"OwnStep", nullptr, nullptr});
    python_locks.push_back(plan.step_locks[next_locks++]);
  }
  if (plan.python_steps > 0) config->maker = std::make_shared<MakerCode>(*this, std::move(python_locks));
  return config;
}

script::ConfigPtr RandomWorld::configuration() {
  auto config = std::make_shared<script::Config>();
  config->locks = locks_;
  config->retry_limits.count = retry_limit_;
  for (int i = 0; i < worker_count_; ++i) {
    const WorkerPlan& one = workers_[static_cast<std::size_t>(i)];
    if (!one.exists) continue;
    auto worker = std::make_shared<script::WorkerConfig>();
    worker->name = name("w", i);
    worker->max_builds = one.max_builds;
    config->workers.push_back(std::move(worker));
  }
  auto own = std::make_shared<script::WorkerConfig>();
  own->name = "child-worker";
  config->workers.push_back(std::move(own));
  for (int i = 0; i < builder_count_; ++i) {
    const BuilderPlan& one = builders_[static_cast<std::size_t>(i)];
    if (one.exists) config->builders.push_back(builder(i, one));
  }
  BuilderPlan child;
  child.workers = {"child-worker"};
  for (int i = 0; i < children; ++i) {
    auto made = builder(100 + i, child);
    made->name = made->builddir = made->worker_builddir = name("child", i);
    config->builders.push_back(std::move(made));
  }
  if (orders_builders_) config->builder_order = std::make_shared<OrderCode>(*this);
  add_schedulers(*config);
  return config;
}

void RandomWorld::add_schedulers(script::Config& config) {
  using Kind = script::SchedulerConfig::Kind;
  const auto add = [&](const char* scheduler_name, Kind kind) {
    auto scheduler = std::make_shared<script::SchedulerConfig>();
    scheduler->name = scheduler_name;
    scheduler->class_name = scheduler_name;
    scheduler->kind = kind;
    config.schedulers.push_back(scheduler);
    return scheduler;
  };
  const auto forced = add("force", Kind::force);
  forced->form = std::make_shared<WorldForm>();
  for (const auto& one : config.builders) forced->builder_names.push_back(one->name);
  const auto changes = add("changes", Kind::any_branch);
  changes->builder_names = {config.builders.front()->name, config.builders.back()->name};
  changes->priority = 3;
  if (seed_ % 2 == 0) changes->tree_stable_timer = std::chrono::seconds(20);
  const auto triggered = add("children", Kind::triggerable);
  for (int i = 0; i < children; ++i) triggered->builder_names.push_back(name("child", i));
  const auto dependent = add("after", Kind::dependent);
  dependent->upstream = "changes";
  dependent->builder_names = {config.builders.front()->name};
}

void RandomWorld::apply() {
  engine_->apply_config(configuration(), [this](const Result<void>& done) {
    if (!done) fail("a configuration was refused: " + done.error().what);
  });
}

void RandomWorld::start() {
  is_stopping_ = has_stopped_ = false;
  journal_.hold(false);
  journal_.set_failing(false);
  engine_ = std::make_unique<engine::Engine>(
      engine::Engine::Needs{clock_, journal_, *this, *this, transfers_, nullptr, seed_}, journal_.reconciled_snapshot(clock_.now_s()));
  watch(std::chrono::seconds(10));
  apply();
  open_requests_ = std::count_if(journal_.requests.begin(), journal_.requests.end(),
                                 [](const auto& entry) { return !entry.second.request.complete; });
}

void RandomWorld::watch(std::chrono::seconds interval) {
  engine_->watch_invariants(interval, [this](const std::vector<engine::Violation>& found, const JsonObject&) {
    fail(fmt::format("{}: {} {}", engine::name_of(found[0].invariant), found[0].object, found[0].text));
  });
}

// Nothing that could still reply may outlive the engine.
void RandomWorld::kill() {
  for (const auto& weak : old_links_) {
    if (const auto link = weak.lock()) link->forget();
  }
  for (auto& link : links_) link.reset();
  old_links_.clear();
  timers_.clear();
  answers_.clear();
  sleepers_.clear();
  flushes_.clear();
  journal_.crash();
  engine_.reset();
}

void RandomWorld::restart() {
  kill();
  start();
}

void RandomWorld::stop_cleanly() {
  if (std::exchange(is_stopping_, true)) return;
  stops_at_ = steps_ + 400;
  engine_->shutdown([this](Result<void>) {
    has_stopped_ = true;
    for (const auto& [id, row] : journal_.builds) {
      if (!row.build.complete) fail(fmt::format("build {} is unfinished after a shutdown", id.value));
    }
  });
}

void RandomWorld::publish(const Event& event) {
  const auto mix = [this](std::uint64_t value) { trace_ = (trace_ ^ value) * 1099511628211u; };
  mix(event.row.index());
  for (const char c : event.verb) mix(static_cast<unsigned char>(c));
  mix(static_cast<std::uint64_t>(std::visit(IdOf(), event.row)));
  tell(steps_, "{} {} {}", row_names[event.row.index()], std::visit(IdOf(), event.row), event.verb);
  if (!std::holds_alternative<BuildRequest>(event.row)) return;
  if (event.verb == "new") ++open_requests_;
  if (event.verb == "complete") --open_requests_;
}

void RandomWorld::flush(BuildId, Reply<> reply) { flushes_.push_back(std::move(reply)); }
void RandomWorld::finish_build(BuildId, Reply<> reply) { flushes_.push_back(std::move(reply)); }

void RandomWorld::after(std::chrono::milliseconds delay, std::function<void()> work) {
  const int id = ++last_timer_;
  timers_[id] = clock_.call_after(delay, [this, id, work = std::move(work)] {
    const auto keep = std::move(timers_[id]);
    timers_.erase(id);
    work();
  });
}

void RandomWorld::fail(const std::string& what) {
  if (problem_.empty()) problem_ = fmt::format("seed {}, step {}: {}", seed_, steps_, what);
}

void RandomWorld::check(bool all) {
  if (!journal_.problems.empty()) fail("a write that no database takes: " + journal_.problems.front());
  if (!all) return;
  if (const std::string broken = engine_->broken_invariant(); !broken.empty()) fail(broken);
}

// One thing that is due, of the given kind. False: there is none.
bool RandomWorld::work_once(int kind) {
  switch (kind) {
    case 0: return journal_.commit_one();
    case 1: return clock_.run_one();
    case 2: {
      if (flushes_.empty()) return false;
      const Reply<> reply = std::move(flushes_.front());
      flushes_.pop_front();
      reply({});
      return true;
    }
    default: {
      if (answers_.empty()) return false;
      std::swap(answers_[static_cast<std::size_t>(pick(static_cast<int>(answers_.size())))], answers_.back());
      const auto answer = std::move(answers_.back());
      answers_.pop_back();
      answer();
      return true;
    }
  }
}

bool RandomWorld::advance_something() {
  const int first = pick(4);
  for (int i = 0; i < 4; ++i) {
    if (work_once((first + i) % 4)) return true;
  }
  return false;
}

void RandomWorld::step() {
  ++steps_;
  const int what = pick(100);
  if (what < 86 && advance_something()) {
  } else if (what < 90) {
    clock_.advance_to_next(std::chrono::milliseconds(pick(8) == 0 ? 120'000 : 1 + pick(5'000)));
  } else {
    act();
  }
  if (has_stopped_ || (is_stopping_ && steps_ > stops_at_)) restart();
  check(steps_ % 25 == 0);
}

void RandomWorld::act() {
  const int kind = pick(40);
  tell(steps_, "act {}", kind);
  if (is_stopping_) return kind < 20 ? finish_some() : touch_storage();
  if (kind < 16) return act_on_work(kind);
  if (kind < 30) return act_on_workers(kind - 16);
  act_on_master(kind - 30);
}

void RandomWorld::force() {
  if (open_requests_ >= static_cast<std::int64_t>(most_open)) return finish_some();
  engine_->force("force", "me", {name("b", pick(builder_count_ + 1))}, {{"priority", pick(5) - 2}}, [](const auto&) {});
}

void RandomWorld::rebuild() {
  if (journal_.builds.empty() || open_requests_ >= static_cast<std::int64_t>(most_open)) return;
  const auto found = journal_.builds.find(BuildId(recent(static_cast<std::int64_t>(journal_.builds.size()))));
  if (found == journal_.builds.end()) return;
  const Build& build = found->second.build;
  const BuildRequest& request = journal_.requests.at(build.buildrequestid).request;
  engine_->rebuild(build, journal_.buildsets.at(request.buildsetid), {}, {}, [](const auto&) {});
}

void RandomWorld::act_on_work(int kind) {
  switch (kind) {
    case 8: {
      if (open_requests_ >= static_cast<std::int64_t>(most_open)) return;
      script::ChangeDraft draft;
      draft.change.branch = "main";
      draft.change.revision = std::to_string(random_());
      return engine_->add_change(std::move(draft), [](const auto&) {});
    }
    case 9: return rebuild();
    case 10: return engine_->set_priority(some_request(), pick(7) - 3, [](const auto&) {});
    case 11: return engine_->cancel_request(some_request(), "chaos", [](const auto&) {});
    case 12: {
      const BuildId build(recent(static_cast<std::int64_t>(journal_.builds.size())));
      return engine_->stop_build(build, "chaos", [](const auto&) {});
    }
    case 13: {
      const auto row = journal_.requests.find(some_request());
      if (row == journal_.requests.end()) return;
      Properties properties;
      properties.set("later", pick(9), "test");
      return engine_->replace_properties(row->second.request.buildsetid, std::move(properties));
    }
    case 14: {
      const BuildId build(recent(static_cast<std::int64_t>(journal_.builds.size())));
      if (journal_.builds.contains(build)) engine_->set_build_property(build, {"set", 1, "test"}, [](const auto&) {});
      return;
    }
    default: return force();
  }
}

void RandomWorld::connect(int i) {
  auto& link = links_[static_cast<std::size_t>(i)];
  if (link && link->is_connected) return;
  const std::string worker = i == worker_count_ ? "child-worker" : name("w", i);
  link = std::make_shared<ScriptedWorker>(clock_, engine_->workers(), worker);
  old_links_.push_back(link);
  link->heeds_interrupts = !one_in(3);
  link->answers_pings = !one_in(8);
  link->refuses_builds = one_in(10);
  link->answers_set_builders = !one_in(8);
  if (is_calm_) link->finish_all_with(0);
  link->connect();
}

void RandomWorld::finish_some() {
  for (const auto& link : links_) {
    if (!link || link->running() == nullptr || pick(3) == 0) continue;
    if (pick(4) == 0) link->running()->output("some text\nand a part");
    if (pick(20) == 0) {
      link->fail("it broke");
    } else {
      link->finish(pick(3) == 0 ? 1 : 0);
    }
  }
}

void RandomWorld::act_on_workers(int kind) {
  const int worker = pick(worker_count_ + 1);
  const WorkerId id(1 + worker);
  switch (kind) {
    case 0:
    case 1:
    case 2: return connect(worker);
    case 3:
      if (const auto& link = links_[static_cast<std::size_t>(worker)]; link && pick(2) == 0) link->lose();
      return;
    case 4: return engine_->pause_worker(id, pick(3) == 0, "chaos", [](const auto&) {});
    case 5: return engine_->stop_worker(id, pick(3) != 0, [](const auto&) {});
    case 6:  // somebody else with the same name
      if (pick(4) == 0) links_[static_cast<std::size_t>(worker)] = nullptr;
      return connect(worker);
    default: return finish_some();
  }
}

void RandomWorld::reconfigure() {
  BuilderPlan& some = builders_[static_cast<std::size_t>(pick(builder_count_))];
  WorkerPlan& worker = workers_[static_cast<std::size_t>(pick(worker_count_))];
  const int what = pick(8);
  tell(steps_, "reconfigure {} builder {} worker {}", what, &some - builders_.data(), &worker - workers_.data());
  switch (what) {
    case 0: some.exists = !some.exists; break;
    case 1: worker.exists = !worker.exists; break;
    case 2: worker.max_builds = pick(3) == 0 ? std::nullopt : std::optional(1 + pick(3)); break;
    case 3: locks_[static_cast<std::size_t>(pick(3))].max_count = 1 + pick(3); break;
    case 4: some.asks = !some.asks; break;
    case 5: orders_builders_ = !orders_builders_; break;
    case 6: retry_limit_ = pick(2) == 0 ? std::nullopt : std::optional(1 + pick(3)); break;
    default:
      some.workers = {name("w", pick(worker_count_))};
      some.locks.clear();
      if (pick(2) == 0) some.locks.push_back(some_access());
  }
  apply();
}

void RandomWorld::touch_storage() {
  switch (pick(4)) {
    case 0: return journal_.hold(pick(2) == 0);
    case 1: return journal_.set_failing(pick(2) == 0);
    case 2: is_disk_slow_ = pick(3) == 0; return;
    default:
      journal_.hold(false);
      journal_.set_failing(false);
  }
}

void RandomWorld::act_on_master(int kind) {
  switch (kind) {
    case 0:
      if (pick(12) == 0) return restart();
      if (pick(12) == 0) return stop_cleanly();
      return;
    case 1:
      if (pick(4) == 0) return engine_->drain([](const auto&) {});
      engine_->cancel_drain();
      return;
    case 2: return engine_->enable_scheduler(SchedulerId(1 + pick(4)), pick(4) != 0, [](const auto&) {});
    case 3:
    case 4: return reconfigure();
    case 5:
    case 6:
    case 7: return touch_storage();
    default: engine_->cancel_drain(); return finish_some();
  }
}

void RandomWorld::calm_down() {
  for (int i = 0; i < 2000 && is_stopping_ && problem_.empty(); ++i) step();
  is_calm_ = true;
  is_disk_slow_ = false;
  journal_.hold(false);
  journal_.set_failing(false);
  engine_->cancel_drain();
  for (BuilderPlan& one : builders_) one.exists = true;
  for (WorkerPlan& one : workers_) one.exists = true;
  retry_limit_ = std::nullopt;
  apply();
  watch(std::chrono::hours(1));  // quarantines take their time
  for (int idle = 0; idle < 2000 && problem_.empty();) {
    ++steps_;
    for (auto& sleeper : std::exchange(sleepers_, {})) answers_.push_back(std::move(sleeper));
    if (advance_something()) {
      check(steps_ % 25 == 0);
      continue;
    }
    check(true);
    const bool is_all_complete = std::all_of(journal_.requests.begin(), journal_.requests.end(),
                                             [](const auto& entry) { return entry.second.request.complete; });
    if (is_all_complete && engine_->running_builds() == 0 && idle > 20) break;
    ++idle;
    tell(steps_, "idle {} at {} s, {} timers", idle, clock_.now().count() / 1000000, clock_.pending());
    for (int i = 0; i <= worker_count_; ++i) {
      if (idle == 1) engine_->pause_worker(WorkerId(1 + i), false, "", [](const auto&) {});
      if (auto& link = links_[static_cast<std::size_t>(i)]; link && idle == 1) link->lose();
      connect(i);
    }
    clock_.advance_to_next(std::chrono::hours(1));
  }
  if (problem_.empty()) check_all_ended();
}

void RandomWorld::check_all_ended() {
  if (engine_->running_builds() != 0) fail("a build has not ended");
  for (const auto& waiting : engine_->wait_reasons()) {
    fail(fmt::format("request {} still waits: {}", waiting.request.value, waiting.text()));
  }
  for (const auto& [id, row] : journal_.requests) {
    if (row.completions != 1) fail(fmt::format("request {} was completed {} times", id.value, row.completions));
  }
  const auto unfinished = [this](const char* what, std::int64_t id) { fail(fmt::format("{} {} is unfinished", what, id)); };
  for (const auto& [id, row] : journal_.buildsets) {
    if (!row.complete) unfinished("buildset", id.value);
  }
  for (const auto& [id, row] : journal_.builds) {
    if (!row.build.complete) unfinished("build", id.value);
  }
  for (const auto& [id, row] : journal_.steps) {
    if (!row.complete) unfinished("step", id.value);
  }
  for (const auto& [id, row] : journal_.logs) {
    if (!row.complete) unfinished("log", id.value);
  }
  if (!engine_->locks().empty()) fail("a lock is held or waited for");
}

}  // namespace kiln::testing
