// SPDX-License-Identifier: MIT
#include "core/engine/fleet.h"

#include <algorithm>

#include "core/base/log.h"
#include "core/engine/build_run.h"

namespace kiln::engine {
namespace {

constexpr std::chrono::seconds first_quarantine{10};
constexpr std::chrono::seconds longest_quarantine{3600};

// The part of getWorkerInfo's answer that REST shows.
JsonObject shown_info(const WorkerInfo& info) {
  JsonObject shown;
  for (const char* key : {"admin", "host", "access_uri", "version"}) {
    const Json* value = info.all.if_contains(key);
    shown[key] = value == nullptr ? Json(nullptr) : *value;
  }
  if (shown["version"].is_null() && !info.version.empty()) shown["version"] = info.version;
  return shown;
}

bool builds_on(const WorkerState& worker, const BuilderState& builder) {
  return std::any_of(worker.builds.begin(), worker.builds.end(),
                     [&](const BuildRun* build) { return &build->builder() == &builder; });
}

bool is_full(const WorkerState& worker) {
  return worker.config && worker.config->max_builds &&
         worker.builds.size() >= static_cast<std::size_t>(*worker.config->max_builds);
}

bool knows(const WorkerState& worker, const BuilderState& builder) {
  return worker.known_builders.contains(builder.name);
}

std::unordered_map<std::string, std::string> by_name(const std::vector<BuilderDir>& builders) {
  std::unordered_map<std::string, std::string> found;
  for (const BuilderDir& builder : builders) found[builder.name] = builder.builddir;
  return found;
}

}  // namespace

bool takes_builds(const WorkerState& worker) {
  return worker.phase == WorkerState::Phase::ready && worker.config && !worker.row.paused && !worker.row.graceful &&
         !worker.is_leaving && !worker.quarantine && !is_full(worker);
}

bool is_eligible(const WorkerState& worker, const BuilderState& builder) {
  return takes_builds(worker) && !builds_on(worker, builder) && knows(worker, builder);
}

std::optional<WaitReason> reason_against(const WorkerState& worker, const BuilderState& builder) {
  const auto reason = [&worker](std::string_view kind, std::string_view what) {
    return WaitReason{kind, fmt::format("worker \"{}\" {}", worker.row.name, what), worker.row.name};
  };
  if (worker.phase == WorkerState::Phase::away) return reason("not_connected", "is not connected");
  if (worker.phase == WorkerState::Phase::attaching) return reason("connecting", "is just connecting");
  if (worker.row.paused) {
    const std::string why = worker.row.pause_reason.value_or("");
    return reason("paused", why.empty() ? "is paused" : "is paused: " + why);
  }
  if (worker.row.graceful || worker.is_leaving) return reason("leaving", "is shutting down");
  if (worker.quarantine) {
    WaitReason found = reason("quarantined", "is quarantined after an exception");
    found.until = worker.quarantined_until;
    return found;
  }
  const bool is_twin = builds_on(worker, builder);
  if (is_twin || is_full(worker)) {
    WaitReason found = is_twin ? reason("building", "is building this builder") : reason("full", "has its max_builds");
    for (const BuildRun* build : worker.builds) {
      if (!is_twin || &build->builder() == &builder) found.builds.push_back(build->row().id);
    }
    return found;
  }
  if (!worker.config || !knows(worker, builder)) return reason("preparing", "does not know the builder yet");
  return std::nullopt;
}

Fleet::Fleet(Kernel& kernel, Requests& requests, Hooks hooks, const std::vector<Worker>& stored)
    : kernel_(kernel), requests_(requests), hooks_(std::move(hooks)) {
  for (const Worker& row : stored) {
    auto worker = std::make_unique<WorkerState>();
    worker->row = row;
    worker->row.connected_to.clear();
    by_id_[row.id] = worker.get();
    workers_[row.name] = std::move(worker);
  }
}

WorkerState* Fleet::find(WorkerId id) const {
  const auto it = by_id_.find(id);
  return it == by_id_.end() ? nullptr : it->second;
}

WorkerState* Fleet::find(const std::string& name) const {
  const auto it = workers_.find(name);
  return it == workers_.end() ? nullptr : it->second.get();
}

void Fleet::configure(const std::vector<WorkerId>& ids) {
  for (auto& [name, worker] : workers_) worker->config = nullptr;
  const auto& configs = kernel_.config->workers;
  for (std::size_t i = 0; i < configs.size(); ++i) {
    auto& slot = workers_[configs[i]->name];
    if (!slot) slot = std::make_unique<WorkerState>();
    slot->config = configs[i];
    slot->row.name = configs[i]->name;
    slot->row.id = ids[i];
    by_id_[ids[i]] = slot.get();
  }
  index_builders();
  for (auto& [name, worker] : workers_) {
    if (!worker->link) continue;
    if (worker->config) {
      send_builders(*worker);
    } else {
      log_info("worker \"{}\" is not configured any more: disconnecting it", name);
      worker->link->close("the worker is not configured any more");
    }
  }
}

// Once over the builders' workers: it must not take long on the loop, however many of both there are.
void Fleet::index_builders() {
  configured_builders_.clear();
  for (auto& [name, worker] : workers_) worker->row.configured_on.clear();
  for (const auto& [id, builder] : requests_.builders()) {
    builder->workers.clear();
    if (!builder->config) continue;
    for (const std::string& name : builder->config->worker_names) {
      WorkerState* worker = find(name);
      if (worker == nullptr) continue;
      if (!worker->row.configured_on.empty() && worker->row.configured_on.back().builderid == id) continue;
      builder->workers.push_back(worker);
      worker->row.configured_on.push_back({id, kernel_.master});
    }
  }
  for (auto& [name, worker] : workers_) {
    std::sort(worker->row.configured_on.begin(), worker->row.configured_on.end(),
              [](const ConfiguredOn& a, const ConfiguredOn& b) { return a.builderid < b.builderid; });
  }
  for (const auto& builder : kernel_.config->builders) {
    for (const std::string& name : builder->worker_names) {
      std::vector<BuilderDir>& dirs = configured_builders_[name];
      if (dirs.empty() || dirs.back().name != builder->name) dirs.push_back({builder->name, builder->worker_builddir});
    }
  }
}

std::optional<std::string> Fleet::password(const std::string& worker) const {
  const WorkerState* state = find(worker);
  if (state == nullptr || !state->config || kernel_.shutting_down) return std::nullopt;
  return state->config->password;
}

std::shared_ptr<WorkerLink> Fleet::attached(const std::string& worker) const {
  const WorkerState* state = find(worker);
  return state == nullptr ? nullptr : state->link;
}

std::vector<BuilderDir> Fleet::builders(const std::string& worker) const {
  const auto found = configured_builders_.find(worker);
  std::vector<BuilderDir> dirs = found == configured_builders_.end() ? std::vector<BuilderDir>() : found->second;
  told_builders_[worker] = dirs;
  return dirs;
}

void Fleet::attach(const std::string& worker, std::shared_ptr<WorkerLink> link) {
  WorkerState* state = find(worker);
  if (state == nullptr || !state->config || kernel_.shutting_down) {
    link->close("the worker is not wanted now");
    return;
  }
  if (const auto old = state->link) {
    detach(worker, old);
    old->close("another connection took its place");
  }
  state->link = std::move(link);
  state->phase = WorkerState::Phase::attaching;
  state->is_leaving = false;
  state->reading_pauses = 0;
  state->row.workerinfo = shown_info(state->link->info());
  state->row.connected_to = {kernel_.master};
  state->known_builders = by_name(std::exchange(told_builders_[worker], {}));
  const bool was_graceful = std::exchange(state->row.graceful, false);
  Unit unit;
  unit.add(writes::WorkerConnected{state->row.id, state->row.workerinfo});
  if (was_graceful) unit.add(writes::SetWorkerState{state->row.id, state->row.paused, state->row.pause_reason, false});
  unit.then([this, state, attached = state->link](const Committed&) {
    kernel_.publish("connected", state->row);
    kernel_.publish("state_updated", state->row);
    if (state->link != attached) return;
    state->phase = WorkerState::Phase::ready;
    send_builders(*state);
    hooks_.on_available(*state);
  });
  kernel_.journal.commit(std::move(unit));
}

// Those of running builds stay as they are: a worker ends the commands of a builder that is taken from it.
void Fleet::keep_building(WorkerState& worker, std::vector<BuilderDir>& wanted) {
  worker.keeps_builders = false;
  for (const BuildRun* build : worker.builds) {
    const auto is_it = [build](const BuilderDir& dir) { return dir.name == build->builder().name; };
    const auto known = worker.known_builders.find(build->builder().name);
    if (known == worker.known_builders.end()) continue;
    const auto named = std::find_if(wanted.begin(), wanted.end(), is_it);
    if (named != wanted.end() && named->builddir == known->second) continue;
    if (named == wanted.end()) {
      wanted.push_back({known->first, known->second});
    } else {
      named->builddir = known->second;
    }
    worker.keeps_builders = true;
  }
}

// Tells the worker its builders when they are others than it knows.
void Fleet::send_builders(WorkerState& worker) {
  std::vector<BuilderDir> wanted = builders(worker.row.name);
  told_builders_.erase(worker.row.name);
  keep_building(worker, wanted);
  const auto known = by_name(wanted);
  if (known == worker.known_builders) return;
  const auto link = worker.link;
  // Builders that it knows already with the same directory stay usable meanwhile.
  std::erase_if(worker.known_builders, [&](const auto& builder) {
    const auto found = known.find(builder.first);
    return found == known.end() || found->second != builder.second;
  });
  link->set_builders(wanted, [this, &worker, link, known](Result<void> done) {
    if (worker.link != link) return;
    if (!done) {
      log_warning("worker \"{}\" refused its builders: {}", worker.row.name, done.error().what);
      link->close("it refused its builders");
      return;
    }
    worker.known_builders = known;
    hooks_.on_available(worker);
  });
}

void Fleet::detach(const std::string& worker, const std::shared_ptr<WorkerLink>& link) {
  WorkerState* state = find(worker);
  if (state == nullptr || state->link != link || !link) return;
  state->link = nullptr;
  state->phase = WorkerState::Phase::away;
  state->known_builders.clear();
  state->row.connected_to.clear();
  state->reading_pauses = 0;
  Unit unit;
  unit.add(writes::WorkerDisconnected{state->row.id});
  unit.then([this, row = state->row](const Committed&) { kernel_.publish("disconnected", row); });
  kernel_.journal.commit(std::move(unit));
  hooks_.on_lost(*state, link);
}

void Fleet::shutdown_requested(const std::string& worker) {
  WorkerState* state = find(worker);
  if (state == nullptr) return;
  stop(*state, true, [](Result<void>) {});
}

void Fleet::save_state(WorkerState& worker, Reply<> reply) {
  Unit unit;
  unit.add(writes::SetWorkerState{worker.row.id, worker.row.paused, worker.row.pause_reason, worker.row.graceful});
  unit.then([this, row = worker.row, reply = std::move(reply)](const Committed&) {
    kernel_.publish("state_updated", row);
    reply({});
  });
  kernel_.journal.commit(std::move(unit));
}

void Fleet::pause(WorkerState& worker, bool paused, const std::string& reason, Reply<> reply) {
  worker.row.paused = paused;
  worker.row.pause_reason = paused ? std::optional(reason) : std::nullopt;
  save_state(worker, std::move(reply));
  if (paused) return;
  end_quarantine(worker);
  hooks_.on_available(worker);
}

void Fleet::stop(WorkerState& worker, bool graceful, Reply<> reply) {
  if (graceful) {
    worker.row.graceful = true;
    save_state(worker, std::move(reply));
    shut_down_when_idle(worker);
    return;
  }
  if (!worker.link) {
    reply({});
    return;
  }
  worker.is_leaving = true;
  worker.link->shutdown([reply = std::move(reply)](Result<void>) {
    // The worker may end without an answer: that is what was asked for.
    reply({});
  });
}

void Fleet::shut_down_when_idle(WorkerState& worker) {
  if (!worker.row.graceful || worker.is_leaving || !worker.link || !worker.builds.empty()) return;
  worker.is_leaving = true;
  worker.link->shutdown([](Result<void>) {});
}

void Fleet::reserve(WorkerState& worker, BuildRun* build) { worker.builds.push_back(build); }

void Fleet::release(WorkerState& worker, BuildRun* build) {
  std::erase(worker.builds, build);
  shut_down_when_idle(worker);
  if (worker.phase != WorkerState::Phase::ready) return;
  if (worker.keeps_builders) send_builders(worker);
  hooks_.on_available(worker);
}

void Fleet::quarantine(WorkerState& worker) {
  const auto delay = std::max(worker.next_quarantine, first_quarantine);
  worker.next_quarantine = std::min(delay * 2, longest_quarantine);
  log_info("worker \"{}\" gets no builds for {} s", worker.row.name, delay.count());
  worker.quarantined_until = kernel_.clock.now_s() + delay.count();
  worker.quarantine = kernel_.clock.call_after(delay, [this, &worker] {
    end_quarantine(worker);
    hooks_.on_available(worker);
  });
}

void Fleet::end_quarantine(WorkerState& worker) { worker.quarantine.reset(); }

void Fleet::reset_quarantine(WorkerState& worker) { worker.next_quarantine = std::chrono::seconds(0); }

void Fleet::pause_reading(WorkerState& worker, bool paused) {
  if (!worker.link) return;
  worker.reading_pauses += paused ? 1 : -1;
  if (paused && worker.reading_pauses == 1) worker.link->pause_reading(true);
  if (!paused && worker.reading_pauses == 0) worker.link->pause_reading(false);
}

void Fleet::close_all(const std::string& why) {
  for (const auto& [name, worker] : workers_) {
    // Closing may detach at once.
    if (const auto link = worker->link) link->close(why);
  }
}

std::size_t Fleet::connected() const {
  return static_cast<std::size_t>(
      std::count_if(workers_.begin(), workers_.end(), [](const auto& entry) { return entry.second->link != nullptr; }));
}

}  // namespace kiln::engine
