// SPDX-License-Identifier: MIT
#include "core/engine/schedulers.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/log.h"

namespace kiln::engine {

using script::SchedulerConfig;

struct Schedulers::Entry {
  SchedulerId id;
  std::string name;
  std::shared_ptr<const SchedulerConfig> config;  // null: not configured
  bool enabled = true;
  struct Kept {
    Change change;
    bool important = true;
  };
  std::map<ChangeId, Kept> kept;  // classified changes that are not in a buildset yet
  std::unique_ptr<Timer> timer;

  bool is_active() const { return config && enabled; }
  bool takes_changes() const { return is_active() && config->kind == SchedulerConfig::Kind::single_branch; }
  bool has_important() const {
    return std::any_of(kept.begin(), kept.end(), [](const auto& entry) { return entry.second.important; });
  }
};

namespace {

std::optional<std::string> attribute_of(const Change& change, const std::string& attribute) {
  if (attribute == "project") return change.project;
  if (attribute == "repository") return change.repository;
  if (attribute == "codebase") return change.codebase;
  if (attribute == "branch") return change.branch;
  if (attribute == "category") return change.category;
  return std::nullopt;
}

SourceStamp stamp_of(const Change& change) {
  SourceStamp stamp = change.sourcestamp;
  stamp.branch = change.branch;
  stamp.revision = change.revision;
  stamp.repository = change.repository;
  stamp.project = change.project;
  stamp.codebase = change.codebase;
  return stamp;
}

SourceStamp default_stamp(const std::string& codebase, const script::CodebaseDefaults& defaults) {
  SourceStamp stamp;
  stamp.codebase = codebase;
  stamp.branch = defaults.branch;
  stamp.revision = defaults.revision;
  stamp.repository = defaults.repository;
  stamp.project = defaults.project;
  return stamp;
}

void set_scheduler_properties(Properties& properties, const SchedulerConfig& config) {
  for (const Property& property : config.properties) properties.set(property.name, property.value, "Scheduler");
  properties.set("scheduler", Json(config.name), "Scheduler");
}

}  // namespace

bool passes(const script::NativeChangeFilter& filter, const Change& change) {
  return std::all_of(filter.conditions.begin(), filter.conditions.end(), [&](const auto& condition) {
    const std::optional<std::string> value = attribute_of(change, condition.attribute);
    const bool found = std::find(condition.values.begin(), condition.values.end(), value) != condition.values.end();
    return found != condition.negate;
  });
}

Schedulers::Schedulers(Kernel& kernel, Requests& requests, Buildsets& buildsets, const Snapshot& snapshot)
    : kernel_(kernel), requests_(requests), buildsets_(buildsets) {
  for (const Scheduler& row : snapshot.schedulers) {
    auto entry = std::make_unique<Entry>();
    entry->id = row.id;
    entry->name = row.name;
    entry->enabled = row.enabled;
    entries_[row.name] = std::move(entry);
  }
  for (const ClassifiedChange& classified : snapshot.classified_changes) {
    if (Entry* entry = find(classified.scheduler)) {
      entry->kept[classified.change.id] = {classified.change, classified.important};
    }
  }
}

Schedulers::~Schedulers() = default;

Schedulers::Entry* Schedulers::find(SchedulerId id) const {
  for (const auto& [name, entry] : entries_) {
    if (entry->id == id) return entry.get();
  }
  return nullptr;
}

void Schedulers::configure(const std::vector<SchedulerId>& ids) {
  for (auto& [name, entry] : entries_) entry->config = nullptr;
  const auto& configs = kernel_.config->schedulers;
  for (std::size_t i = 0; i < configs.size(); ++i) {
    auto& slot = entries_[configs[i]->name];
    if (!slot) slot = std::make_unique<Entry>();
    slot->id = ids[i];
    slot->name = configs[i]->name;
    slot->config = configs[i];
  }
  for (auto& [name, entry] : entries_) {
    if (!entry->takes_changes()) {
      entry->timer.reset();
    } else if (!entry->timer) {
      consider(*entry);
    }
  }
}

void Schedulers::stop() {
  for (auto& [name, entry] : entries_) entry->timer.reset();
}

// Schedulers whose filter is plain data take note of the change in the unit that adds it: a crash loses nothing.
void Schedulers::write_classifications(Unit& unit, std::size_t change_write, const Change& change,
                                       std::vector<SchedulerId>& classified) const {
  for (const auto& [name, entry] : entries_) {
    if (!entry->takes_changes() || entry->config->hooks || !entry->config->codebases.contains(change.codebase) ||
        !passes(entry->config->filter, change)) {
      continue;
    }
    unit.add(writes::ClassifyChange{entry->id, RowRef<ChangeId>::made_by(change_write), true});
    classified.push_back(entry->id);
  }
}

void Schedulers::add_change(script::ChangeDraft draft, Reply<ChangeId> reply) {
  Change change = std::move(draft.change);
  if (change.when_timestamp == 0) change.when_timestamp = kernel_.clock.now_s();
  Unit unit;
  const std::size_t index = unit.add(writes::AddChange{change, std::move(draft.src)});
  std::vector<SchedulerId> classified;
  write_classifications(unit, index, change, classified);
  const EpochSeconds now = kernel_.clock.now_s();
  unit.then([this, index, now, change = std::move(change), classified = std::move(classified),
             reply = std::move(reply)](const Committed& committed) mutable {
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
    const bool is_classified = std::find(classified.begin(), classified.end(), entry->id) != classified.end();
    if (is_classified) {
      keep(*entry, change, true);
      continue;
    }
    if (!entry->takes_changes() || !entry->config->hooks) continue;
    if (!entry->config->codebases.contains(change.codebase)) {
      log_info("change {} of codebase \"{}\" is not for scheduler \"{}\"", change.id.value, change.codebase, name);
      continue;
    }
    ask_hooks(*entry, change);
  }
}

void Schedulers::ask_hooks(Entry& entry, const Change& change) {
  entry.config->hooks->classify(change, [this, &entry, change](Result<script::Importance> answer) {
    if (!answer) {
      log_error("scheduler \"{}\" cannot judge change {}: {}", entry.name, change.id.value, answer.error().what);
      return;
    }
    if (*answer == script::Importance::ignored || !entry.takes_changes()) return;
    const bool important = *answer == script::Importance::important;
    // Without a timer an unimportant change has nothing to wait for.
    if (!important && (entry.config->only_important || !entry.config->tree_stable_timer)) return;
    Unit unit;
    unit.add(writes::ClassifyChange{entry.id, change.id, important});
    unit.then([this, &entry, change, important](const Committed&) { keep(entry, change, important); });
    kernel_.journal.commit(std::move(unit));
  });
}

void Schedulers::keep(Entry& entry, const Change& change, bool important) {
  entry.kept[change.id] = {change, important};
  if (!entry.takes_changes()) return;
  if (!entry.config->tree_stable_timer) {
    build_kept(entry);
  } else if (important || entry.timer) {
    restart_timer(entry);
  }
}

// After a start, a reconfiguration or being enabled: what was kept goes on.
void Schedulers::consider(Entry& entry) {
  if (!entry.has_important()) return;
  if (entry.config->tree_stable_timer) {
    restart_timer(entry);
  } else {
    build_kept(entry);
  }
}

void Schedulers::restart_timer(Entry& entry) {
  entry.timer = kernel_.clock.call_after(*entry.config->tree_stable_timer, [this, &entry] {
    entry.timer.reset();
    if (entry.takes_changes()) build_kept(entry);
  });
}

std::vector<BuilderId> Schedulers::builder_ids(const std::vector<std::string>& names) const {
  std::vector<BuilderId> ids;
  for (const std::string& name : names) {
    const BuilderState* builder = requests_.find_builder(name);
    if (builder == nullptr || !builder->config) {
      log_warning("builder \"{}\" is not configured: nothing is built there", name);
    } else {
      ids.push_back(builder->id);
    }
  }
  return ids;
}

// All kept changes become one buildset.
void Schedulers::build_kept(Entry& entry) {
  const auto kept = std::exchange(entry.kept, {});
  if (kept.empty()) return;
  const SchedulerConfig& config = *entry.config;
  NewBuildset order;
  order.scheduler = config.name;
  order.row.reason = config.reason;
  order.priority = config.priority;
  order.builders = builder_ids(config.builder_names);
  set_scheduler_properties(order.properties, config);
  writes::DropClassifications drop{entry.id, {}};
  std::map<std::string, const Change*> newest;
  for (const auto& [id, classified] : kept) {
    newest[classified.change.codebase] = &classified.change;
    order.properties.update(classified.change.properties);
    drop.changes.push_back(id);
  }
  for (const auto& [codebase, defaults] : config.codebases) {
    const auto found = newest.find(codebase);
    if (found == newest.end()) {
      order.row.sourcestamps.push_back(default_stamp(codebase, defaults));
    } else {
      order.row.sourcestamps.push_back(stamp_of(*found->second));
      order.changes.push_back(*found->second);
    }
  }
  order.with.emplace_back(std::move(drop));
  buildsets_.add(std::move(order), [](const Result<ForceResult>&) {});
}

void Schedulers::force(const std::string& scheduler, const std::string& owner,
                       const std::vector<std::string>& builder_names, JsonObject params, Reply<ForceResult> reply) {
  const auto it = entries_.find(scheduler);
  Entry* entry = it == entries_.end() ? nullptr : it->second.get();
  if (entry == nullptr || !entry->config || !entry->config->form) {
    reply(make_error(Errc::not_found, fmt::format("there is no force scheduler \"{}\"", scheduler)));
    return;
  }
  if (!entry->enabled) {
    reply(make_error(Errc::conflict, fmt::format("scheduler \"{}\" is disabled", scheduler)));
    return;
  }
  const auto& own = entry->config->builder_names;
  std::vector<std::string> names = builder_names.empty() ? own : std::vector<std::string>();
  for (const std::string& name : builder_names) {
    if (std::find(own.begin(), own.end(), name) == own.end()) {
      reply(make_error(Errc::not_found, fmt::format("scheduler \"{}\" has no builder \"{}\"", scheduler, name)));
      return;
    }
    names.push_back(name);
  }
  entry->config->form->parse(owner, std::move(names), std::move(params),
                             [this, entry, reply = std::move(reply)](const Result<script::ForceOrder>& order) {
                               if (!order) {
                                 reply(order.error());
                               } else if (!entry->is_active()) {
                                 reply(make_error(Errc::conflict, "the scheduler was taken away meanwhile"));
                               } else {
                                 build_order(*entry, *order, reply);
                               }
                             });
}

void Schedulers::build_order(Entry& entry, const script::ForceOrder& order, const Reply<ForceResult>& reply) {
  NewBuildset buildset;
  buildset.scheduler = entry.name;
  buildset.row.reason = order.reason;
  buildset.row.sourcestamps = order.sourcestamps;
  buildset.properties = order.properties;
  set_scheduler_properties(buildset.properties, *entry.config);
  buildset.priority = order.priority;
  buildset.builders = builder_ids(order.builder_names);
  buildsets_.add(std::move(buildset), reply);
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
    entry->enabled = enabled;
    Scheduler row;
    row.id = entry->id;
    row.name = entry->name;
    row.enabled = enabled;
    if (entry->config) row.master = Master{kernel_.master, {}, true, 0};
    kernel_.publish("updated", row);
    if (entry->takes_changes()) consider(*entry);
    if (!enabled) entry->timer.reset();
    reply({});
  });
  kernel_.journal.commit(std::move(unit));
}

}  // namespace kiln::engine
