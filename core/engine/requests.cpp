// SPDX-License-Identifier: MIT
#include "core/engine/requests.h"

#include <algorithm>

namespace kiln::engine {

BuilderState& Requests::builder(BuilderId id, const std::string& name) {
  auto& slot = builders_[id];
  if (!slot) {
    slot = std::make_unique<BuilderState>();
    slot->id = id;
  }
  if (!name.empty()) {
    slot->name = name;
    builders_by_name_[name] = slot.get();
  }
  return *slot;
}

BuilderState* Requests::find_builder(BuilderId id) const {
  const auto it = builders_.find(id);
  return it == builders_.end() ? nullptr : it->second.get();
}

BuilderState* Requests::find_builder(const std::string& name) const {
  const auto it = builders_by_name_.find(name);
  return it == builders_by_name_.end() ? nullptr : it->second;
}

BuildsetState& Requests::add_buildset(Buildset row, Properties properties, std::vector<Change> changes) {
  auto buildset = std::make_unique<BuildsetState>();
  buildset->row = std::move(row);
  buildset->properties = std::move(properties);
  buildset->changes = std::move(changes);
  BuildsetState& state = *buildset;
  buildsets_[state.row.id] = std::move(buildset);
  return state;
}

BuildsetState* Requests::find_buildset(BuildsetId id) const {
  const auto found = buildsets_.find(id);
  return found == buildsets_.end() ? nullptr : found->second.get();
}

RequestState& Requests::add_request(BuildRequest row, BuildsetState& buildset) {
  auto request = std::make_unique<RequestState>();
  request->row = std::move(row);
  request->buildset = &buildset;
  request->builder = &builder(request->row.builderid, {});
  ++buildset.open;
  ++buildset.uncommitted;
  RequestState& state = *request;
  requests_[state.row.id] = std::move(request);
  return state;
}

RequestState* Requests::find_request(RequestId id) const {
  const auto it = requests_.find(id);
  return it == requests_.end() ? nullptr : it->second.get();
}

void Requests::enqueue(RequestState& request) {
  request.phase = RequestState::Phase::waiting;
  request.build = nullptr;
  // Most are newer than the others and not more urgent.
  BuilderState& builder = *request.builder;
  builder.waiting.insert(builder.waiting.end(), &request);
  builder.waiting_by_age.insert(builder.waiting_by_age.end(), &request);
  if (!request.collapse_key.empty()) builder.collapsible[request.collapse_key].insert(&request);
}

// In the order of each set: what they refer to is no longer in any cache.
void Requests::enqueue_all(std::vector<RequestState*> requests) {
  for (RequestState* request : requests) {
    BuilderState& builder = *request->builder;
    request->phase = RequestState::Phase::waiting;
    builder.waiting_by_age.insert(builder.waiting_by_age.end(), request);
    if (request->collapse_key.empty()) continue;
    auto& collapsible = builder.collapsible[request->collapse_key];
    collapsible.insert(collapsible.end(), request);
  }
  std::stable_sort(requests.begin(), requests.end(), [](const RequestState* a, const RequestState* b) {
    return std::pair(a->row.builderid, -a->row.priority) < std::pair(b->row.builderid, -b->row.priority);
  });
  for (RequestState* request : requests) {
    auto& waiting = request->builder->waiting;
    waiting.insert(waiting.end(), request);
  }
}

void Requests::dequeue(RequestState& request) {
  BuilderState& builder = *request.builder;
  builder.waiting.erase(&request);
  builder.waiting_by_age.erase(&request);
  const auto it = builder.collapsible.find(request.collapse_key);
  if (it == builder.collapsible.end()) return;
  it->second.erase(&request);
  if (it->second.empty()) builder.collapsible.erase(it);
}

void Requests::set_priority(RequestState& request, int priority) {
  const bool is_waiting = request.phase == RequestState::Phase::waiting;
  if (is_waiting) request.builder->waiting.erase(&request);
  request.row.priority = priority;
  if (is_waiting) request.builder->waiting.insert(&request);
  request.shown = nullptr;
}

void Requests::remove(RequestState& request) {
  BuildsetState& buildset = *request.buildset;
  requests_.erase(request.row.id);
  if (--buildset.uncommitted == 0) buildsets_.erase(buildset.row.id);
}

std::vector<const BuildsetState*> Requests::buildsets_without_requests() const {
  std::vector<const BuildsetState*> found;
  for (const auto& [id, buildset] : buildsets_) {
    if (buildset->uncommitted == 0) found.push_back(buildset.get());
  }
  std::sort(found.begin(), found.end(), [](const auto* a, const auto* b) { return a->row.id < b->row.id; });
  return found;
}

void Requests::remove(BuildsetId buildset) { buildsets_.erase(buildset); }

namespace {

void append_part(std::string& key, const std::optional<std::string>& part) {
  key += part ? '=' : '0';
  if (part) key += *part;
  key += '\0';
}

}  // namespace

bool has_change(const std::vector<Change>& changes, const SourceStamp& stamp) {
  return std::any_of(changes.begin(), changes.end(), [&](const Change& change) {
    return change.codebase == stamp.codebase && change.revision == stamp.revision && change.branch == stamp.branch &&
           change.repository == stamp.repository && change.project == stamp.project;
  });
}

std::string collapse_key(const BuildsetState& buildset) {
  std::vector<const SourceStamp*> stamps;
  for (const SourceStamp& stamp : buildset.row.sourcestamps) {
    if (stamp.patch) return {};
    stamps.push_back(&stamp);
  }
  std::sort(stamps.begin(), stamps.end(), [](const auto* a, const auto* b) { return a->codebase < b->codebase; });
  std::string key;
  for (const SourceStamp* stamp : stamps) {
    append_part(key, stamp->codebase);
    append_part(key, stamp->repository);
    append_part(key, stamp->branch);
    append_part(key, stamp->project);
    const bool changed = has_change(buildset.changes, *stamp);
    key += changed ? 'c' : 'r';
    if (!changed) append_part(key, stamp->revision);
  }
  std::vector<const Property*> properties;
  for (const Property& property : buildset.properties) {
    if (property.source == "Scheduler" && property.name != "scheduler") properties.push_back(&property);
  }
  std::sort(properties.begin(), properties.end(), [](const auto* a, const auto* b) { return a->name < b->name; });
  for (const Property* property : properties) {
    append_part(key, property->name);
    append_part(key, dump_json(property->value));
  }
  return key;
}

}  // namespace kiln::engine
