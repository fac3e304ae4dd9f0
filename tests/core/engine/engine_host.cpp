// SPDX-License-Identifier: MIT
#include "tests/support/engine_host.h"

#include <fmt/format.h>
#include <unistd.h>

#include <atomic>

namespace kiln::testing {
namespace {

struct LineOf {
  std::string_view verb;

  std::string operator()(const Change& row) const { return fmt::format("changes/{}/{}", row.id.value, verb); }
  std::string operator()(const BuildsetRow& row) const {
    return fmt::format("buildsets/{}/{} {}", row.buildset.id.value, verb, shown(row.buildset.results));
  }
  std::string operator()(const BuildRequest& row) const {
    return fmt::format("buildrequests/{}/{} {}{}", row.id.value, verb, shown(row.results), row.claimed ? " claimed" : "");
  }
  std::string operator()(const Build& row) const {
    return fmt::format("builds/{}/{} {}: {}", row.id.value, verb,
                       row.results ? std::string(to_string(*row.results)) : "none", row.state_string);
  }
  std::string operator()(const BuildPropertiesRow& row) const {
    std::string line = fmt::format("builds/{}/properties/{}", row.build.value, verb);
    for (const Property& property : row.properties) line += " " + property.name;
    return line;
  }
  std::string operator()(const Step& row) const {
    return fmt::format("steps/{}/{} {} {}: {}", row.id.value, verb, row.name,
                       row.results ? std::string(to_string(*row.results)) : "none", row.state_string);
  }
  std::string operator()(const Log& row) const {
    return fmt::format("logs/{}/{} {} {}", row.id.value, verb, row.slug, row.num_lines);
  }
  std::string operator()(const Worker& row) const {
    return fmt::format("workers/{}/{}{}{}{}", row.id.value, verb, row.connected_to.empty() ? "" : " connected",
                       row.paused ? " paused" : "", row.graceful ? " graceful" : "");
  }
  std::string operator()(const Scheduler& row) const {
    return fmt::format("schedulers/{}/{} {}", row.id.value, verb, row.enabled);
  }
  std::string operator()(const Master& row) const { return fmt::format("masters/{}/{}", row.id.value, verb); }
  std::string operator()(const BuilderStateRow& row) const {
    return fmt::format("builders/{}/{} {}", row.builder.value, verb, row.name);
  }
  std::string operator()(const TestResultSet& row) const {
    const auto number = [](std::optional<std::int64_t> value) { return value ? std::to_string(*value) : "none"; };
    return fmt::format("test_result_sets/{}/{} {} {}", row.id, verb, number(row.tests_passed), number(row.tests_failed));
  }
  static std::string shown(std::optional<int> results) { return results ? std::to_string(*results) : "none"; }
};

// Takes {"property": value} fields and any builders.
class TestForm : public script::ForceForm {
 public:
  void parse(std::string owner, std::vector<std::string> builder_names, JsonObject params,
             Reply<script::ForceOrder> reply) override {
    if (params.contains("bad")) return reply(make_error(Errc::bad_input, R"({"bad":"not this"})"));
    script::ForceOrder order;
    order.builder_names = std::move(builder_names);
    order.reason = "because";
    for (const auto& pair : params) order.properties.set(pair.key(), pair.value(), "Force Build Form");
    order.properties.set("owner", Json(owner), "Force Build Form");
    SourceStamp stamp;
    stamp.branch = "main";
    stamp.repository = "file:///repo";
    order.sourcestamps.push_back(stamp);
    reply(std::move(order));
  }
};

std::filesystem::path fresh_directory() {
  static std::atomic<int> last{0};
  const auto path = std::filesystem::temp_directory_path() / fmt::format("kiln-engine-test-{}-{}", ::getpid(), ++last);
  std::filesystem::remove_all(path);
  return path;
}

constexpr std::chrono::seconds patience{10};

}  // namespace

void RecordedEvents::publish(const Event& event) {
  events.push_back(event);
  lines_.push_back(std::visit(LineOf{event.verb}, event.row));
}

std::vector<std::string> RecordedEvents::lines(const std::vector<std::string>& wanted) const {
  std::vector<std::string> out;
  for (const std::string& line : lines_) {
    const bool is_wanted = wanted.empty() || std::any_of(wanted.begin(), wanted.end(), [&](const std::string& part) {
                             return line.find(part) != std::string::npos;
                           });
    if (is_wanted) out.push_back(line);
  }
  return out;
}

std::size_t RecordedEvents::count(std::string_view part) const {
  return static_cast<std::size_t>(
      std::count_if(lines_.begin(), lines_.end(), [&](const std::string& line) { return line.find(part) != std::string::npos; }));
}

EngineHost::EngineHost() : directory_(fresh_directory()) {
  logs_store = logs::LogStore::open({directory_, [this](std::function<void()> work) { post(std::move(work)); }}).value();
}

EngineHost::~EngineHost() {
  kill();
  logs_store.reset();
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

std::shared_ptr<script::BuilderConfig> EngineHost::add_builder(const std::string& name,
                                                               std::vector<std::string> worker_names,
                                                               std::vector<script::NativeShell> steps) {
  auto builder = std::make_shared<script::BuilderConfig>();
  builder->name = name;
  builder->builddir = name;
  builder->worker_builddir = name;
  builder->worker_names = std::move(worker_names);
  for (script::NativeShell& step : steps) {
    builder->steps.push_back({"ShellCommand", std::make_shared<const script::NativeShell>(std::move(step)), nullptr});
  }
  config->builders.push_back(builder);
  return builder;
}

std::shared_ptr<script::WorkerConfig> EngineHost::add_worker(const std::string& name) {
  auto worker = std::make_shared<script::WorkerConfig>();
  worker->name = name;
  worker->password = "pw-" + name;
  config->workers.push_back(worker);
  return worker;
}

void EngineHost::add_force_scheduler() {
  auto scheduler = std::make_shared<script::SchedulerConfig>();
  scheduler->name = "force";
  scheduler->class_name = "buildbot.schedulers.forcesched.ForceScheduler";
  scheduler->kind = script::SchedulerConfig::Kind::force;
  for (const auto& builder : config->builders) scheduler->builder_names.push_back(builder->name);
  scheduler->form = std::make_shared<TestForm>();
  config->schedulers.push_back(scheduler);
}

std::shared_ptr<script::SchedulerConfig> EngineHost::add_change_scheduler(const std::string& name,
                                                                          std::vector<std::string> builder_names) {
  auto scheduler = std::make_shared<script::SchedulerConfig>();
  scheduler->name = name;
  scheduler->class_name = "buildbot.schedulers.basic.SingleBranchScheduler";
  scheduler->builder_names = std::move(builder_names);
  scheduler->reason = fmt::format("The SingleBranchScheduler scheduler named '{}' triggered this build", name);
  scheduler->filter.conditions.push_back({"branch", {"main"}, false});
  config->schedulers.push_back(scheduler);
  return scheduler;
}

void EngineHost::start() {
  engine = std::make_unique<engine::Engine>(engine::Engine::Needs{clock, journal, events, *logs_store, transfers},
                                            journal.reconciled_snapshot(clock.now_s()));
  apply();
}

void EngineHost::apply() {
  bool applied = false;
  engine->apply_config(std::make_shared<script::Config>(*config), [&](Result<void> done) {
    REQUIRE(done);
    applied = true;
  });
  settle();
  REQUIRE(applied);
}

// Nothing that could still reply may outlive the engine.
void EngineHost::kill() {
  for (const auto& weak : workers_) {
    if (const auto worker = weak.lock()) worker->forget();
  }
  workers_.clear();
  flush_barrier();
  journal.crash();
  engine.reset();
}

void EngineHost::restart() {
  kill();
  start();
}

std::shared_ptr<ScriptedWorker> EngineHost::make_worker(const std::string& name) {
  auto worker = std::make_shared<ScriptedWorker>(clock, engine->workers(), name);
  workers_.push_back(worker);
  return worker;
}

std::shared_ptr<ScriptedWorker> EngineHost::connect(const std::string& name, std::optional<int> rc) {
  auto worker = make_worker(name);
  if (rc) worker->finish_all_with(*rc);
  worker->connect();
  settle();
  return worker;
}

engine::ForceResult EngineHost::force(const std::string& builder, JsonObject properties) {
  engine::ForceResult result;
  engine->force("force", "me", {builder}, std::move(properties), [&](Result<engine::ForceResult> done) {
    REQUIRE(done);
    result = *done;
  });
  settle();
  return result;
}

void EngineHost::change(const std::string& revision, const std::string& branch, const std::string& codebase) {
  script::ChangeDraft draft;
  draft.change.author = "Ann";
  draft.change.revision = revision;
  draft.change.branch = branch;
  draft.change.codebase = codebase;
  draft.change.repository = "file:///repo";
  engine->add_change(std::move(draft), [](Result<ChangeId> done) { REQUIRE(done); });
  settle();
}

void EngineHost::post(std::function<void()> work) {
  {
    const std::lock_guard lock(mutex_);
    queue_.push_back(std::move(work));
  }
  posted_.notify_one();
}

bool EngineHost::run_posted() {
  std::deque<std::function<void()>> taken;
  {
    const std::lock_guard lock(mutex_);
    taken.swap(queue_);
  }
  for (const auto& work : taken) work();
  return !taken.empty();
}

// Waits until the log store has answered everything that it was asked. True: something was answered.
bool EngineHost::flush_barrier() {
  bool reached = false;
  logs_store->flush(BuildId(1'000'000), [&](const Result<void>&) { reached = true; });
  std::size_t ran = 0;
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!reached) {
    std::function<void()> work;
    {
      std::unique_lock lock(mutex_);
      REQUIRE(posted_.wait_until(lock, deadline, [&] { return !queue_.empty(); }));
      work = std::move(queue_.front());
      queue_.pop_front();
    }
    work();
    ++ran;
  }
  return ran > 1;
}

void EngineHost::settle() {
  do {
    while (run_posted() || journal.commit_one() || clock.run_one()) {
    }
  } while (flush_barrier() || journal.commit_one() || clock.run_one());
  const std::string broken = engine ? engine->broken_invariant() : "";
  CHECK(broken.empty());
  CHECK(journal.problems == std::vector<std::string>{});
}

void EngineHost::advance(std::chrono::milliseconds time) {
  const auto end = clock.now() + time;
  settle();
  while (clock.now() < end) {
    clock.advance_to_next(end - clock.now());
    settle();
  }
}

std::vector<Step> EngineHost::steps(std::int64_t build) const {
  std::vector<Step> found;
  for (const auto& [id, step] : journal.steps) {
    if (step.buildid == BuildId(build)) found.push_back(step);
  }
  return found;
}

const Step& EngineHost::step(std::int64_t build, const std::string& name) const {
  for (const auto& [id, step] : journal.steps) {
    if (step.buildid == BuildId(build) && step.name == name) return step;
  }
  FAIL("no step " << name);
  return journal.steps.begin()->second;
}

std::vector<Log> EngineHost::logs(StepId step) const {
  std::vector<Log> found;
  for (const auto& [id, log] : journal.logs) {
    if (log.stepid == step) found.push_back(log);
  }
  return found;
}

std::string EngineHost::log_text(std::int64_t build, const std::string& step_name, const std::string& log_name) const {
  for (const Log& log : logs(step(build, step_name).id)) {
    if (log.name == log_name) return logs_store->read(BuildId(build), log.id, 0, -1).value().text;
  }
  FAIL("no log " << log_name);
  return {};
}

script::NativeShell shell_step(const std::string& name, const std::string& command) {
  script::NativeShell step;
  step.name = Json(name);
  step.command = Json(command);
  step.build_summary_policy = {Results::failure, Results::exception, Results::retry, Results::cancelled};
  return step;
}

}  // namespace kiln::testing
