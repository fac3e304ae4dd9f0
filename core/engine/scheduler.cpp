// SPDX-License-Identifier: MIT
#include "core/engine/scheduler.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/log.h"

namespace kiln::engine {
namespace {

std::optional<std::string> optional_text(const JsonObject& values, std::string_view key) {
  const Json* value = values.if_contains(key);
  if (value == nullptr || !value->is_string()) return std::nullopt;
  return std::string(value->get_string());
}

Json text_or_null(const std::optional<std::string>& text) { return text ? Json(*text) : Json(nullptr); }

}  // namespace

SourceStamp stamp_of(const Change& change) {
  SourceStamp stamp = change.sourcestamp;
  stamp.branch = change.branch;
  stamp.revision = change.revision;
  stamp.repository = change.repository;
  stamp.project = change.project;
  stamp.codebase = change.codebase;
  return stamp;
}

LiveScheduler::LiveScheduler(const Needs& needs, SchedulerState& state)
    : kernel_(needs.kernel), requests_(needs.requests), buildsets_(needs.buildsets), state_(state) {}

LiveScheduler::~LiveScheduler() = default;

void LiveScheduler::trigger(script::TriggerOrder, BuildId, Reply<script::Triggered> started,
                            Reply<Results> finished) {
  const Error error = make_error(Errc::not_found, fmt::format("scheduler \"{}\" cannot be triggered", state_.name));
  started(error);
  finished(error);
}

std::vector<BuilderId> LiveScheduler::builder_ids(const std::vector<std::string>& names) const {
  std::vector<BuilderId> ids;
  for (const std::string& name : names) {
    const BuilderState* builder = requests_.find_builder(name);
    if (builder == nullptr || !builder->config) {
      log_warning("builder \"{}\" is not configured: nothing is built there", name);
    } else if (std::find(ids.begin(), ids.end(), builder->id) == ids.end()) {
      ids.push_back(builder->id);
    }
  }
  return ids;
}

NewBuildset LiveScheduler::new_order(const std::string& reason, Properties given) const {
  NewBuildset order;
  order.scheduler = state_.name;
  order.row.reason = reason;
  order.properties = std::move(given);
  for (const Property& property : config().properties) {
    order.properties.set(property.name, property.value, "Scheduler");
  }
  order.properties.set("scheduler", Json(state_.name), "Scheduler");
  order.priority = config().priority;
  order.builders = builder_ids(config().builder_names);
  return order;
}

void LiveScheduler::add_changes(NewBuildset& order, const Kept& changes) const {
  writes::DropClassifications drop{state_.id, {}};
  std::map<std::string, const Change*> newest;
  for (const auto& [id, kept] : changes) {
    newest[kept.change.codebase] = &kept.change;
    if (config().order_hooks) order.causes.push_back(kept.change);
    drop.changes.push_back(id);
  }
  for (const auto& [codebase, defaults] : config().codebases) {
    const auto found = newest.find(codebase);
    if (found == newest.end()) {
      order.row.sourcestamps.push_back(stamp_without_change(codebase, defaults));
    } else {
      order.row.sourcestamps.push_back(stamp_of(*found->second));
      order.properties.update(found->second->properties);
      order.changes.push_back(*found->second);
    }
  }
  order.with.emplace_back(std::move(drop));
}

// What the order would have written is written all the same when it comes to nothing: nobody tries it again for ever.
void LiveScheduler::order_builds(NewBuildset order, Reply<ForceResult> reply, std::vector<std::string> chosen) {
  const auto hooks = config().order_hooks;
  if (!hooks) return buildsets_.add(std::move(order), std::move(reply));
  script::OrderDraft draft{config().builder_names, order.properties, order.row.sourcestamps,
                           std::exchange(order.causes, {}), order.priority};
  hooks->complete(std::move(draft), [this, order = std::move(order), reply = std::move(reply),
                                     chosen = std::move(chosen)](const Result<script::OrderDraft>& done) mutable {
    if (done && state_.config) {
      std::vector<std::string> names = done->builder_names;
      if (!chosen.empty()) {
        std::erase_if(names, [&](const auto& name) { return std::find(chosen.begin(), chosen.end(), name) == chosen.end(); });
      }
      order.properties = done->properties;
      order.builders = builder_ids(names);
      order.priority = done->priority;
      return buildsets_.add(std::move(order), std::move(reply));
    }
    const Error why = done ? make_error(Errc::conflict, "the scheduler was taken away meanwhile") : done.error();
    log_error("scheduler \"{}\" cannot order its builds: {}", state_.name, why.what);
    Unit unit;
    for (Write& write : order.with) unit.add(std::move(write));
    if (!unit.empty()) kernel_.journal.commit(std::move(unit));
    reply(why);
  });
}

void LiveScheduler::add_default_stamps(NewBuildset& order) const {
  for (const auto& [codebase, defaults] : config().codebases) {
    order.row.sourcestamps.push_back(stamp_without_change(codebase, defaults));
  }
}

void LiveScheduler::add_given_stamps(NewBuildset& order, const std::vector<script::StampOrder>& given) const {
  auto codebases = config().codebases;
  for (const script::StampOrder& stamp : given) codebases.try_emplace(stamp.codebase);
  for (const auto& [codebase, defaults] : codebases) {
    SourceStamp stamp = stamp_without_change(codebase, defaults);
    for (const script::StampOrder& known : given) {
      if (known.codebase != codebase) continue;
      if (known.branch) stamp.branch = *known.branch;
      if (known.revision) stamp.revision = *known.revision;
      if (known.repository) stamp.repository = *known.repository;
      if (known.project) stamp.project = *known.project;
      stamp.patch = known.patch;
    }
    order.row.sourcestamps.push_back(std::move(stamp));
  }
}

SourceStamp LiveScheduler::stamp_without_change(const std::string& codebase,
                                                const script::CodebaseDefaults& defaults) const {
  SourceStamp stamp;
  stamp.codebase = codebase;
  stamp.branch = defaults.branch;
  stamp.revision = defaults.revision;
  stamp.repository = defaults.repository;
  stamp.project = defaults.project;
  const Json* last = config().absolute_stamps ? stored("lastCodebases") : nullptr;
  const Json* seen = last != nullptr && last->is_object() ? last->get_object().if_contains(codebase) : nullptr;
  if (seen == nullptr || !seen->is_object()) return stamp;
  const JsonObject& values = seen->get_object();
  stamp.branch = optional_text(values, "branch");
  stamp.revision = optional_text(values, "revision");
  stamp.repository = optional_text(values, "repository").value_or("");
  return stamp;
}

void LiveScheduler::note_revision(const Change& change) {
  if (!config().absolute_stamps) return;
  const Json* last = stored("lastCodebases");
  JsonObject codebases = last != nullptr && last->is_object() ? last->get_object() : JsonObject();
  if (const Json* seen = codebases.if_contains(change.codebase); seen != nullptr && seen->is_object()) {
    const Json* newest = seen->get_object().if_contains("lastChange");
    if (newest != nullptr && newest->is_int64() && newest->get_int64() >= change.id.value) return;
  }
  codebases[change.codebase] = JsonObject{{"repository", change.repository},
                                          {"branch", text_or_null(change.branch)},
                                          {"revision", text_or_null(change.revision)},
                                          {"lastChange", change.id.value}};
  Unit unit;
  unit.add(store("lastCodebases", std::move(codebases)));
  kernel_.journal.commit(std::move(unit));
}

std::string LiveScheduler::state_class() const {
  const std::string& path = config().class_name;
  return path.substr(path.rfind('.') + 1);
}

const Json* LiveScheduler::stored(const std::string& key) const {
  const std::string class_name = state_class();
  for (const StoredState& value : state_.stored) {
    if (value.key == key && value.class_name == class_name) return &value.value;
  }
  return nullptr;
}

Write LiveScheduler::store(const std::string& key, Json value) {
  const std::string class_name = state_class();
  const auto known = std::find_if(state_.stored.begin(), state_.stored.end(), [&](const StoredState& other) {
    return other.key == key && other.class_name == class_name;
  });
  if (known == state_.stored.end()) {
    state_.stored.push_back({state_.name, class_name, key, value});
  } else {
    known->value = value;
  }
  return writes::SetState{state_.name, class_name, key, std::move(value)};
}

}  // namespace kiln::engine
