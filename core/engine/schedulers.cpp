// SPDX-License-Identifier: MIT
#include "core/engine/schedulers.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/log.h"
#include "core/engine/change_scheduler.h"
#include "core/engine/dependent_scheduler.h"
#include "core/engine/force_scheduler.h"
#include "core/engine/revlink.h"
#include "core/engine/scripted_scheduler.h"
#include "core/engine/timed_scheduler.h"
#include "core/engine/triggerable_scheduler.h"
#include "core/engine/try_scheduler.h"

namespace kiln::engine {

using script::SchedulerConfig;
using Kind = SchedulerConfig::Kind;

namespace {

std::unique_ptr<LiveScheduler> make_scheduler(const LiveScheduler::Needs& needs, SchedulerState& state) {
  switch (state.config->kind) {
    case Kind::single_branch:
    case Kind::any_branch: return std::make_unique<ChangeScheduler>(needs, state);
    case Kind::force: return std::make_unique<ForceScheduler>(needs, state);
    case Kind::periodic:
    case Kind::nightly:
    case Kind::nightly_triggerable: return std::make_unique<TimedScheduler>(needs, state);
    case Kind::triggerable: return std::make_unique<TriggerableScheduler>(needs, state);
    case Kind::dependent: return std::make_unique<DependentScheduler>(needs, state);
    case Kind::try_jobdir:
    case Kind::try_userpass: return std::make_unique<TryScheduler>(needs, state);
    case Kind::scripted: return std::make_unique<ScriptedScheduler>(needs, state);
  }
  return nullptr;
}

}  // namespace

Schedulers::Schedulers(Kernel& kernel, Requests& requests, Buildsets& buildsets, const Snapshot& snapshot)
    : kernel_(kernel), needs_{kernel, requests, buildsets}, awaited_(snapshot.awaited) {
  const auto entry_of = [this](const std::string& name) -> Entry& {
    auto& slot = entries_[name];
    if (!slot) slot = std::make_unique<Entry>();
    slot->state.name = name;
    return *slot;
  };
  for (const Scheduler& row : snapshot.schedulers) {
    SchedulerState& state = entry_of(row.name).state;
    state.id = row.id;
    state.enabled = row.enabled;
  }
  for (const ClassifiedChange& classified : snapshot.classified_changes) {
    if (Entry* entry = find(classified.scheduler)) {
      entry->state.kept[classified.change.id] = {classified.change, classified.important};
    }
  }
  for (const StoredState& stored : snapshot.states) {
    if (Entry* entry = find(stored.object_name)) entry->state.stored.push_back(stored);
  }
  buildsets.listen(*this);
}

Schedulers::~Schedulers() = default;

Schedulers::Entry* Schedulers::find(SchedulerId id) const {
  for (const auto& [name, entry] : entries_) {
    if (entry->state.id == id) return entry.get();
  }
  return nullptr;
}

Schedulers::Entry* Schedulers::find(const std::string& name) const {
  const auto found = entries_.find(name);
  return found == entries_.end() ? nullptr : found->second.get();
}

void Schedulers::configure(const std::vector<SchedulerId>& ids) {
  const auto& configs = kernel_.config->schedulers;
  for (auto& [name, entry] : entries_) entry->state.config = nullptr;
  for (std::size_t i = 0; i < configs.size(); ++i) {
    auto& slot = entries_[configs[i]->name];
    if (!slot) slot = std::make_unique<Entry>();
    slot->state.id = ids[i];
    slot->state.name = configs[i]->name;
    configure(*slot, configs[i]);
  }
  for (auto& [name, entry] : entries_) {
    if (entry->live) entry->live->refresh();
  }
  for (const Buildset& row : std::exchange(awaited_, {})) buildset_complete(row, {});
}

void Schedulers::configure(Entry& entry, std::shared_ptr<const SchedulerConfig> config) {
  const bool is_same_kind = entry.live && entry.kind == config->kind;
  entry.kind = config->kind;
  entry.state.config = std::move(config);
  if (is_same_kind) return;
  if (entry.live) {
    entry.live->stop();
    entry.replaced.push_back(std::move(entry.live));
  }
  entry.live = make_scheduler(needs_, entry.state);
}

void Schedulers::stop() {
  for (auto& [name, entry] : entries_) {
    if (entry->live) entry->live->stop();
  }
}

// Schedulers whose filter is plain data take note of the change in the unit that adds it: a crash loses nothing.
void Schedulers::write_classifications(Unit& unit, std::size_t change_write, const Change& change,
                                       std::vector<SchedulerId>& classified) const {
  for (const auto& [name, entry] : entries_) {
    if (!entry->live || !entry->live->takes_changes()) continue;
    const SchedulerConfig& config = *entry->state.config;
    if (config.hooks || !config.codebases.contains(change.codebase) || !passes(config.filter, change)) continue;
    unit.add(writes::ClassifyChange{entry->state.id, RowRef<ChangeId>::made_by(change_write), true});
    classified.push_back(entry->state.id);
  }
}

void Schedulers::add_change(script::ChangeDraft draft, Reply<ChangeId> reply) {
  Change change = std::move(draft.change);
  if (change.when_timestamp == 0) change.when_timestamp = kernel_.clock.now_s();
  if (change.revlink.value_or("").empty() && !change.revision.value_or("").empty() && !change.repository.empty()) {
    change.revlink = known_revlink(change.repository, *change.revision);
  }
  Unit unit;
  const std::size_t index = unit.add(writes::AddChange{change, std::move(draft.src)});
  std::vector<SchedulerId> classified;
  write_classifications(unit, index, change, classified);
  const EpochSeconds now = kernel_.clock.now_s();
  ++unstored_changes_;
  unit.then([this, index, now, change = std::move(change), classified = std::move(classified),
             reply = std::move(reply)](const Committed& committed) mutable {
    --unstored_changes_;
    change.id = ChangeId(committed[index].id);
    change.sourcestamp = stamp_of(change);
    if (!committed[index].child_ids.empty()) {
      change.sourcestamp.id = SourceStampId(committed[index].child_ids.front());
    }
    if (change.sourcestamp.created_at == 0) change.sourcestamp.created_at = now;
    kernel_.publish("new", change);
    on_change(change, classified);
    reply(change.id);
  });
  kernel_.journal.commit(std::move(unit));
}

void Schedulers::on_change(const Change& change, const std::vector<SchedulerId>& classified) {
  for (const auto& [name, entry] : entries_) {
    if (std::find(classified.begin(), classified.end(), entry->state.id) != classified.end()) {
      keep(*entry, change, true);
      continue;
    }
    if (!entry->live || !entry->live->takes_changes() || !entry->state.config->hooks) continue;
    if (!entry->state.config->codebases.contains(change.codebase)) {
      log_info("change {} of codebase \"{}\" is not for scheduler \"{}\"", change.id.value, change.codebase, name);
      continue;
    }
    ask_hooks(*entry, change);
  }
}

void Schedulers::ask_hooks(Entry& entry, const Change& change) {
  entry.state.config->hooks->classify(change, [this, &entry, change](const Result<script::Importance>& answer) {
    if (!answer) {
      log_error("scheduler \"{}\" cannot judge change {}: {}", entry.state.name, change.id.value, answer.error().what);
      return;
    }
    judged(entry, change, *answer);
  });
}

void Schedulers::judged(Entry& entry, const Change& change, script::Importance importance) {
  if (importance == script::Importance::ignored || !entry.live->takes_changes()) return;
  const bool important = importance == script::Importance::important;
  if (!important && !entry.live->keeps_unimportant()) {
    if (!entry.state.config->only_important) entry.live->note_revision(change);
    return;
  }
  Unit unit;
  unit.add(writes::ClassifyChange{entry.state.id, change.id, important});
  unit.then([this, &entry, change, important](const Committed&) { keep(entry, change, important); });
  kernel_.journal.commit(std::move(unit));
}

void Schedulers::keep(Entry& entry, const Change& change, bool important) {
  entry.state.kept[change.id] = {change, important};
  if (!entry.state.config) return;
  entry.live->note_revision(change);
  entry.live->change_kept(change, important);
}

void Schedulers::force(const std::string& scheduler, const std::string& owner,
                       const std::vector<std::string>& builder_names, JsonObject params, Reply<ForceResult> reply) {
  Entry* entry = find(scheduler);
  auto* live = entry == nullptr || !entry->state.config ? nullptr : dynamic_cast<ForceScheduler*>(entry->live.get());
  if (live == nullptr) {
    reply(make_error(Errc::not_found, fmt::format("there is no force scheduler \"{}\"", scheduler)));
    return;
  }
  live->force(owner, builder_names, std::move(params), std::move(reply));
}

void Schedulers::trigger(script::TriggerOrder order, BuildId parent, Reply<script::Triggered> started,
                         Reply<Results> finished) {
  Entry* entry = find(order.scheduler);
  if (entry == nullptr || !entry->live || !entry->live->is_triggerable()) {
    const Error error =
        make_error(Errc::not_found, fmt::format("there is no scheduler \"{}\" that can be triggered", order.scheduler));
    started(error);
    finished(error);
    return;
  }
  entry->live->trigger(std::move(order), parent, std::move(started), std::move(finished));
}

void Schedulers::submit_try(const std::string& scheduler, wire::TryJob job, Reply<ForceResult> reply) {
  Entry* entry = find(scheduler);
  auto* live = entry == nullptr || !entry->state.config ? nullptr : dynamic_cast<TryScheduler*>(entry->live.get());
  if (live == nullptr) {
    return reply(make_error(Errc::not_found, fmt::format("there is no scheduler \"{}\" for try jobs", scheduler)));
  }
  live->submit(std::move(job), std::move(reply));
}

void Schedulers::enable(SchedulerId id, bool enabled, Reply<> reply) {
  Entry* entry = find(id);
  if (entry == nullptr) {
    reply(make_error(Errc::not_found, fmt::format("there is no scheduler {}", id.value)));
    return;
  }
  Unit unit;
  unit.add(writes::SetSchedulerEnabled{id, enabled});
  unit.then([this, entry, enabled, reply = std::move(reply)](const Committed&) {
    SchedulerState& state = entry->state;
    state.enabled = enabled;
    Scheduler row;
    row.id = state.id;
    row.name = state.name;
    row.enabled = enabled;
    if (state.config) row.master = Master{kernel_.master, {}, true, 0};
    kernel_.publish("updated", row);
    if (entry->live) entry->live->refresh();
    reply({});
  });
  kernel_.journal.commit(std::move(unit));
}

void Schedulers::buildset_added(const Buildset& row, const std::string& scheduler) {
  for (const auto& [name, entry] : entries_) {
    if (entry->live) entry->live->buildset_added(row, scheduler);
  }
}

void Schedulers::buildset_complete(const Buildset& row, const std::vector<Change>& changes) {
  if (!kernel_.config) {
    awaited_.push_back(row);
    return;
  }
  for (const auto& [name, entry] : entries_) {
    if (entry->live) entry->live->buildset_complete(row, changes);
  }
}

}  // namespace kiln::engine
