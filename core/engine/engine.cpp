// SPDX-License-Identifier: MIT
#include "core/engine/engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "core/engine/build_run.h"
#include "core/engine/buildsets.h"
#include "core/engine/fleet.h"
#include "core/engine/invariant_watch.h"
#include "core/engine/matcher.h"
#include "core/engine/requests.h"
#include "core/engine/schedulers.h"
#include "core/base/log.h"

namespace kiln::engine {
namespace {

// Upstream cuts connections that long after it asked running builds to end.
constexpr std::chrono::seconds shutdown_patience{5};

// The latest builds count most.
void note_duration(std::optional<double>& mean, const Build& build) {
  const bool counts = build.complete_at && build.results && *build.results <= Results::failure;
  if (!counts) return;
  const auto took = static_cast<double>(*build.complete_at - build.started_at);
  mean = mean ? *mean * 0.7 + took * 0.3 : took;
}

Error storage_lost() { return make_error(Errc::storage_full, "the database cannot be written now, try again later"); }

}  // namespace

struct Engine::Parts {
  Parts(Needs needs, Snapshot snapshot);

  void restore(Snapshot snapshot);
  void complete_empty();
  void start_build(RequestState& request, WorkerState& worker);
  void build_ended(BuildRun& build);
  std::vector<std::pair<std::string, std::string>> builds_starting() const;
  void worker_lost(WorkerState& worker, const std::shared_ptr<WorkerLink>& link);
  void set_storage_lost(bool lost);
  void config_applied(const script::ConfigPtr& config, const std::vector<std::int64_t>& ids);
  void publish_builders(const script::ConfigPtr& old_config);
  void publish_builder(std::string_view verb, const std::string& name);
  std::vector<std::shared_ptr<BuildRun>> running() const;
  void end_builds();
  void give_up_builds();
  void check_drained();
  void check_shutdown();
  World world() const { return {kernel, requests, fleet, matcher, builds}; }

  Kernel kernel;
  Requests requests;
  Buildsets buildsets;
  Fleet fleet;
  Matcher matcher;
  Schedulers schedulers;
  World::Builds builds;
  InvariantWatch watch{world(), kernel.clock, [this] { matcher.wake_all(); }};
  std::unordered_map<BuildId, BuildRun*> builds_by_id;
  std::vector<Reply<>> shutdown_replies;
  std::vector<Reply<>> drain_replies;
  std::unique_ptr<Timer> shutdown_timer;
  bool links_are_closed = false;
};

Engine::Parts::Parts(Needs needs, Snapshot snapshot)
    : kernel{needs.clock, needs.journal, needs.events, needs.logs, needs.transfers, snapshot.master, needs.find_changes, nullptr},
      buildsets(kernel, requests, [this](BuilderState& builder) { matcher.wake(builder); }),
      fleet(kernel, requests,
            {[this](WorkerState& worker) { matcher.wake(worker); },
             [this](WorkerState& worker, const auto& link) { worker_lost(worker, link); }},
            snapshot.workers),
      matcher(kernel, requests,
              {[this](RequestState& request, WorkerState& worker) { start_build(request, worker); },
               [this](BuildId build) { return builds_by_id.contains(build); },
               [this] { return builds_starting(); }}),
      schedulers(kernel, requests, buildsets, snapshot) {
  kernel.locks.on_free = [this](BuilderId id) {
    if (BuilderState* builder = requests.find_builder(id)) matcher.wake(*builder);
  };
  if (needs.seed) matcher.set_seed(*needs.seed);
  needs.journal.on_storage_lost([this](bool lost) { set_storage_lost(lost); });
  restore(std::move(snapshot));
}

// The requests that were open when the master last ended. Their builders come with the configuration.
void Engine::Parts::restore(Snapshot snapshot) {
  // What was taken over is let go at once: there may be a million of them.
  for (; !snapshot.buildsets.empty(); snapshot.buildsets.pop_front()) {
    OpenBuildset& open = snapshot.buildsets.front();
    BuildsetState& buildset =
        requests.add_buildset(std::move(open.buildset), std::move(open.properties), std::move(open.changes));
    buildset.worst = open.worst;
  }
  std::vector<RequestState*> waiting;
  waiting.reserve(snapshot.requests.size());
  for (; !snapshot.requests.empty(); snapshot.requests.pop_front()) {
    BuildRequest& row = snapshot.requests.front();
    BuildsetState& buildset = *requests.find_buildset(row.buildsetid);
    const bool is_elsewhere = row.claimed;
    RequestState& request = requests.add_request(std::move(row), buildset);
    request.collapse_key = collapse_key(buildset);
    if (is_elsewhere) {
      request.phase = RequestState::Phase::elsewhere;
    } else {
      waiting.push_back(&request);
    }
  }
  requests.enqueue_all(waiting);
  complete_empty();
}

// Buildsets whose last request was complete when the master ended, but not they.
void Engine::Parts::complete_empty() {
  Unit unit;
  for (const BuildsetState* buildset : requests.buildsets_without_requests()) {
    Buildset row = buildset->row;
    row.results = static_cast<int>(buildset->worst);
    unit.add(writes::CompleteBuildset{row.id, buildset->worst, kernel.clock.now_s()});
    requests.remove(row.id);
    unit.then([this, row = std::move(row)](const Committed&) { buildsets.tell_complete(row, {}); });
  }
  if (!unit.empty()) kernel.journal.commit(std::move(unit));
}

void Engine::Parts::start_build(RequestState& request, WorkerState& worker) {
  auto build = std::make_shared<BuildRun>(
      BuildRun::Needs{kernel, buildsets, fleet,
                      [this](BuildRun& numbered) { builds_by_id[numbered.row().id] = &numbered; },
                      [this](BuildRun& ended) { build_ended(ended); },
                      [this](script::TriggerOrder order, BuildId parent, Reply<script::Triggered> started,
                             Reply<Results> finished) {
                        schedulers.trigger(std::move(order), parent, std::move(started), std::move(finished));
                      }},
      request, worker);
  builds[build.get()] = build;
  build->start();
}

std::vector<std::pair<std::string, std::string>> Engine::Parts::builds_starting() const {
  std::vector<std::pair<std::string, std::string>> found;
  for (const auto& [key, build] : builds) {
    if (!build->is_announced()) found.emplace_back(build->builder().name, build->worker().row.name);
  }
  return found;
}

void Engine::Parts::build_ended(BuildRun& build) {
  if (BuilderState* builder = requests.find_builder(build.builder().name)) {
    note_duration(builder->mean_seconds, build.row());
  }
  builds_by_id.erase(build.row().id);
  builds.erase(&build);
  check_drained();
  check_shutdown();
}

void Engine::Parts::worker_lost(WorkerState& worker, const std::shared_ptr<WorkerLink>& link) {
  const std::vector<BuildRun*> affected = worker.builds;
  for (BuildRun* build : affected) {
    if (build->link() == link.get()) build->connection_lost();
  }
  check_shutdown();
}

void Engine::Parts::set_storage_lost(bool lost) {
  if (kernel.storage_lost == lost) return;
  kernel.storage_lost = lost;
  if (lost) {
    log_error("the database cannot be written: no new builds until it can");
  } else {
    log_info("the database can be written again");
    matcher.wake_all();
  }
}

void Engine::Parts::publish_builder(std::string_view verb, const std::string& name) {
  const BuilderState* builder = requests.find_builder(name);
  if (builder != nullptr) kernel.publish(verb, BuilderStateRow{builder->id, kernel.master, name});
}

void Engine::Parts::publish_builders(const script::ConfigPtr& old_config) {
  std::set<std::string> old_names;
  if (old_config) {
    for (const auto& builder : old_config->builders) old_names.insert(builder->name);
  }
  for (const auto& builder : kernel.config->builders) {
    if (old_names.erase(builder->name) == 0) publish_builder("started", builder->name);
  }
  for (const std::string& name : old_names) publish_builder("stopped", name);
}

void Engine::Parts::config_applied(const script::ConfigPtr& config, const std::vector<std::int64_t>& ids) {
  const script::ConfigPtr old_config = std::exchange(kernel.config, config);
  std::size_t next = 0;
  for (const auto& [id, builder] : requests.builders()) builder->config = nullptr;
  for (const auto& builder : config->builders) {
    requests.builder(BuilderId(ids[next++]), builder->name).config = builder;
  }
  std::vector<WorkerId> workers;
  for (std::size_t i = 0; i < config->workers.size(); ++i) workers.emplace_back(ids[next++]);
  std::vector<SchedulerId> scheduler_ids;
  for (std::size_t i = 0; i < config->schedulers.size(); ++i) scheduler_ids.emplace_back(ids[next++]);
  kernel.locks.configure(config->locks);
  fleet.configure(workers);
  schedulers.configure(scheduler_ids);
  publish_builders(old_config);
  matcher.wake_all();
  watch.look_now();
}

// The oldest requests' first.
std::vector<std::shared_ptr<BuildRun>> Engine::Parts::running() const {
  std::vector<std::shared_ptr<BuildRun>> found;
  for (const auto& [key, build] : builds) found.push_back(build);
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) {
    return a->row().buildrequestid < b->row().buildrequestid;
  });
  return found;
}

// Running builds end as RETRY so that they are built again, except those that somebody waits for.
void Engine::Parts::end_builds() {
  for (const auto& build : running()) {
    const bool waited_for = build->request().row.waited_for;
    build->stop("master is shutting down", waited_for ? Results::cancelled : Results::retry);
  }
}

// Steps of the user's own may not end when they are asked to: a shutdown does not wait for them.
void Engine::Parts::give_up_builds() {
  for (const auto& build : running()) build->give_up();
}

void Engine::Parts::check_drained() {
  if (!builds.empty()) return;
  for (const Reply<>& reply : std::exchange(drain_replies, {})) reply({});
}

// Builds first, then connections, then the last unit.
void Engine::Parts::check_shutdown() {
  if (!kernel.shutting_down || !builds.empty() || shutdown_replies.empty()) return;
  if (!std::exchange(links_are_closed, true)) fleet.close_all("the master is shutting down");
  const bool waits_for_links = fleet.connected() > 0 && shutdown_timer;
  if (waits_for_links || shutdown_replies.empty()) return;
  shutdown_timer.reset();
  if (kernel.config) {
    for (const auto& builder : kernel.config->builders) publish_builder("stopped", builder->name);
  }
  Unit unit;
  unit.then([replies = std::exchange(shutdown_replies, {})](const Committed&) {
    for (const Reply<>& reply : replies) reply({});
  });
  kernel.journal.commit(std::move(unit));
}

Engine::Engine(Needs needs, Snapshot snapshot) : parts_(std::make_unique<Parts>(needs, std::move(snapshot))) {}

Engine::~Engine() {
  for (const auto& [key, build] : parts_->builds) build->let_go();
}

void Engine::apply_config(script::ConfigPtr config, Reply<> reply) {
  writes::ApplyConfig write;
  for (const auto& builder : config->builders) {
    write.builders.push_back({builder->name, builder->description, builder->description_format, std::nullopt,
                              builder->tags, builder->worker_names});
  }
  for (const auto& worker : config->workers) write.workers.push_back({worker->name, worker->class_name});
  for (const auto& scheduler : config->schedulers) {
    write.schedulers.push_back({scheduler->name, scheduler->class_name});
  }
  for (const auto& source : config->change_sources) write.change_sources.push_back({source.name, source.class_name});
  Unit unit;
  const std::size_t index = unit.add(std::move(write));
  unit.then([parts = parts_.get(), config = std::move(config), index, reply = std::move(reply)](
                const Committed& committed) {
    parts->config_applied(config, committed[index].child_ids);
    reply({});
  });
  parts_->kernel.journal.commit(std::move(unit));
}

script::ConfigPtr Engine::config() const { return parts_->kernel.config; }

void Engine::add_change(script::ChangeDraft draft, Reply<ChangeId> reply) {
  constexpr std::size_t most_in_memory = 1000;
  if (parts_->kernel.storage_lost && parts_->schedulers.unstored_changes() >= most_in_memory) return reply(storage_lost());
  parts_->schedulers.add_change(std::move(draft), std::move(reply));
}

void Engine::force(const std::string& scheduler, const std::string& owner,
                   const std::vector<std::string>& builder_names, JsonObject params, Reply<ForceResult> reply) {
  if (parts_->kernel.storage_lost) return reply(storage_lost());
  parts_->schedulers.force(scheduler, owner, builder_names, std::move(params), std::move(reply));
}

void Engine::submit_try(const std::string& scheduler, wire::TryJob job, Reply<ForceResult> reply) {
  if (parts_->kernel.storage_lost) return reply(storage_lost());
  parts_->schedulers.submit_try(scheduler, std::move(job), std::move(reply));
}

void Engine::stop_build(BuildId build, const std::string& reason, Reply<> reply) {
  const auto found = parts_->builds_by_id.find(build);
  if (found != parts_->builds_by_id.end()) found->second->stop(reason, Results::cancelled);
  reply({});
}

void Engine::cancel_request(RequestId id, const std::string& reason, Reply<> reply) {
  if (parts_->kernel.storage_lost) return reply(storage_lost());
  RequestState* request = parts_->requests.find_request(id);
  if (request == nullptr || request->phase == RequestState::Phase::completing) return reply({});
  switch (request->phase) {
    case RequestState::Phase::waiting: parts_->buildsets.cancel_waiting(*request, std::move(reply)); return;
    case RequestState::Phase::claiming:
    case RequestState::Phase::building:
      request->build->stop(reason, Results::cancelled);
      reply({});
      return;
    default: reply(make_error(Errc::busy, fmt::format("request {} cannot be cancelled just now", id.value)));
  }
}

void Engine::set_priority(RequestId id, int priority, Reply<> reply) {
  if (parts_->kernel.storage_lost) return reply(storage_lost());
  if (parts_->requests.find_request(id) == nullptr) return reply({});
  Unit unit;
  unit.add(writes::SetRequestPriority{id, priority});
  unit.then([parts = parts_.get(), id, priority, reply = std::move(reply)](const Committed&) {
    if (RequestState* request = parts->requests.find_request(id)) {
      parts->requests.set_priority(*request, priority);
      parts->kernel.publish("update", request->row);
      parts->matcher.wake(*request->builder);
    }
    reply({});
  });
  parts_->kernel.journal.commit(std::move(unit));
}

void Engine::rebuild(const Build& original, const Buildset& buildset, Properties properties,
                     std::vector<Change> changes, Reply<ForceResult> reply) {
  if (parts_->kernel.storage_lost) return reply(storage_lost());
  const BuilderState* builder = parts_->requests.find_builder(original.builderid);
  if (builder == nullptr || !builder->config) {
    return reply(make_error(Errc::not_found, "the build's builder is not configured any more"));
  }
  NewBuildset order;
  order.scheduler = "rebuild";
  order.row.reason = "rebuild";
  order.row.rebuilt_buildid = buildset.rebuilt_buildid ? buildset.rebuilt_buildid : std::optional(original.id);
  order.row.parent_buildid = buildset.parent_buildid;
  order.row.parent_relationship = buildset.parent_relationship;
  order.row.sourcestamps = buildset.sourcestamps;
  order.properties = std::move(properties);
  order.changes = std::move(changes);
  order.builders = {original.builderid};
  parts_->buildsets.add(std::move(order), std::move(reply));
}

void Engine::add_buildset(script::BuildsetDraft draft, Reply<ForceResult> reply) {
  if (parts_->kernel.storage_lost) return reply(storage_lost());
  for (const BuilderId builder : draft.builders) {
    if (parts_->requests.find_builder(builder) == nullptr) {
      return reply(make_error(Errc::not_found, fmt::format("no builder has the id {}", builder.value)));
    }
  }
  NewBuildset order;
  order.scheduler = std::move(draft.scheduler);
  order.row = std::move(draft.row);
  order.properties = std::move(draft.properties);
  order.builders = std::move(draft.builders);
  order.priority = draft.priority;
  order.waited_for = draft.waited_for;
  parts_->buildsets.add(std::move(order), std::move(reply));
}

void Engine::set_build_property(BuildId build, Property property, Reply<> reply) {
  Properties changed;
  changed.set(property.name, property.value, property.source);
  Unit unit;
  unit.add(writes::SetBuildProperties{build, {std::move(property)}});
  unit.then([parts = parts_.get(), build, changed = std::move(changed), reply = std::move(reply)](const Committed&) {
    parts->kernel.publish("update", BuildPropertiesRow{build, changed});
    reply({});
  });
  parts_->kernel.journal.commit(std::move(unit));
}

void Engine::replace_properties(BuildsetId buildset, Properties properties) {
  BuildsetState* state = parts_->requests.find_buildset(buildset);
  if (state == nullptr) return;
  state->properties = std::move(properties);
  ++state->edition;
}

void Engine::pause_worker(WorkerId id, bool paused, const std::string& reason, Reply<> reply) {
  if (parts_->kernel.storage_lost) return reply(storage_lost());
  WorkerState* worker = parts_->fleet.find(id);
  if (worker == nullptr) return reply(make_error(Errc::not_found, fmt::format("there is no worker {}", id.value)));
  parts_->fleet.pause(*worker, paused, reason, std::move(reply));
}

void Engine::stop_worker(WorkerId id, bool graceful, Reply<> reply) {
  if (parts_->kernel.storage_lost) return reply(storage_lost());
  WorkerState* worker = parts_->fleet.find(id);
  if (worker == nullptr) return reply(make_error(Errc::not_found, fmt::format("there is no worker {}", id.value)));
  parts_->fleet.stop(*worker, graceful, std::move(reply));
}

void Engine::enable_scheduler(SchedulerId scheduler, bool enabled, Reply<> reply) {
  if (parts_->kernel.storage_lost) return reply(storage_lost());
  parts_->schedulers.enable(scheduler, enabled, std::move(reply));
}

WorkerGate& Engine::workers() { return parts_->fleet; }

BuilderId Engine::builder_id(const std::string& name) const {
  const BuilderState* builder = parts_->requests.find_builder(name);
  return builder == nullptr ? BuilderId{} : builder->id;
}

const std::string* Engine::builder_name(BuilderId id) const {
  const BuilderState* builder = parts_->requests.find_builder(id);
  return builder == nullptr || builder->name.empty() ? nullptr : &builder->name;
}

std::vector<WaitingRow> Engine::wait_reasons() const { return parts_->matcher.wait_reasons(); }

std::optional<WaitingRow> Engine::wait_reasons(RequestId request) const {
  return parts_->matcher.wait_reasons(request);
}

std::vector<WaitingRow> Engine::wait_reasons(BuilderId id, std::size_t limit) const {
  const BuilderState* builder = parts_->requests.find_builder(id);
  if (builder == nullptr) return {};
  return parts_->matcher.wait_reasons(*builder, limit);
}

std::size_t Engine::running_builds() const { return parts_->builds.size(); }
std::vector<LockReport> Engine::locks() const { return parts_->kernel.locks.reports(); }

std::string Engine::broken_invariant() const {
  std::string text;
  for (const Violation& violation : violations(parts_->world())) {
    text += fmt::format("{}{}: {} {}", text.empty() ? "" : "; ", name_of(violation.invariant), violation.object, violation.text);
  }
  return text;
}

void Engine::watch_invariants(std::chrono::seconds interval, InvariantReport report) {
  parts_->watch.start(interval, std::move(report));
}

std::vector<InvariantRow> Engine::invariants() const { return parts_->watch.rows(); }

void Engine::drain(Reply<> reply) {
  parts_->kernel.draining = true;
  parts_->drain_replies.push_back(std::move(reply));
  parts_->check_drained();
}

bool Engine::cancel_drain() {
  if (!parts_->kernel.draining || parts_->kernel.shutting_down) return false;
  parts_->kernel.draining = false;
  for (const Reply<>& reply : std::exchange(parts_->drain_replies, {})) {
    reply(make_error(Errc::cancelled, "the clean shutdown was called off"));
  }
  parts_->matcher.wake_all();
  return true;
}

void Engine::shutdown(Reply<> reply) {
  Parts& parts = *parts_;
  parts.shutdown_replies.push_back(std::move(reply));
  if (parts.kernel.shutting_down) return;
  parts.kernel.shutting_down = true;
  parts.schedulers.stop();
  // First the patience, then the cut: whatever still waits for a worker ends with its connection.
  parts.shutdown_timer = parts.kernel.clock.call_after(shutdown_patience, [&parts] {
    parts.shutdown_timer.reset();
    parts.fleet.close_all("the master is shutting down");
    parts.give_up_builds();
    parts.check_shutdown();
  });
  parts.end_builds();
  parts.check_shutdown();
}

}  // namespace kiln::engine
