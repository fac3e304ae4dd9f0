// SPDX-License-Identifier: MIT
#include "core/engine/invariants.h"

#include <fmt/format.h>

#include <limits>
#include <set>

#include "core/engine/build_run.h"

namespace kiln::engine {
namespace {

using Phase = RequestState::Phase;

std::string named(const RequestState& request) { return fmt::format("request {}", request.row.id.value); }
std::string named(const BuildsetState& buildset) { return fmt::format("buildset {}", buildset.row.id.value); }
std::string named(const WorkerState& worker) { return fmt::format("worker \"{}\"", worker.row.name); }
std::string named(const BuilderState& builder) { return fmt::format("builder \"{}\"", builder.name); }
// By its request: a build that was just claimed has no id.
std::string named(const BuildRun& build) {
  return fmt::format("build {} of request {}", build.row().id.value, build.row().buildrequestid.value);
}

}  // namespace

void Sweep::found(Invariant invariant, std::string object, std::string text) {
  found_.try_emplace({invariant, std::move(object)}, std::move(text));
}

std::vector<Violation> Sweep::violations() const {
  std::vector<Violation> all;
  for (const auto& [key, text] : found_) all.push_back({key.first, key.second, text});
  return all;
}

bool Sweep::go_on(std::size_t budget) {
  while (part_ != Part::done && budget > 0) {
    if (!part_done(budget)) return false;
    part_ = static_cast<Part>(static_cast<int>(part_) + 1);
    walk_ = {};
  }
  return part_ == Part::done;
}

bool Sweep::part_done(std::size_t& budget) {
  switch (part_) {
    case Part::buildsets:
      return walk_.go_on(world_.requests.buildsets(), budget, [this](const auto& entry) { look_at(*entry.second); },
                         [] {});
    case Part::requests: return walk_requests(budget);
    case Part::builders: return walk_builders(budget);
    case Part::builds:
      return walk_.go_on(world_.builds, budget, [this](const auto& entry) { look_at(entry.first, *entry.second); },
                         [] {});
    case Part::workers:
      for (const auto& [name, worker] : world_.fleet.all()) look_at(*worker);
      return true;
    case Part::locks: look_at_locks(); return true;
    case Part::counts: compare_counts(); return true;
    case Part::done: break;
  }
  return true;
}

void Sweep::look_at(const BuildsetState& buildset) {
  counts_[buildset.row.id] = {buildset.open, buildset.uncommitted, 0, 0};
  if (buildset.row.complete) {
    found(Invariant::buildsets, named(buildset), "is complete although requests of it are not");
  }
  if (buildset.uncommitted == 0 || buildset.open > buildset.uncommitted) {
    found(Invariant::buildsets, named(buildset), fmt::format("has {} open requests of {} that are not complete",
                                                             buildset.open, buildset.uncommitted));
  }
}

bool Sweep::walk_requests(std::size_t& budget) {
  const auto& requests = world_.requests.all();
  return walk_.go_on(requests, budget, [this](const auto& entry) { look_at(*entry.second); }, [this] {
    for (auto& [id, count] : counts_) count.open_seen = count.uncommitted_seen = 0;
  });
}

void Sweep::look_at(const RequestState& request) {
  const auto lost = [&](std::string text) { found(Invariant::lost_request, named(request), std::move(text)); };
  if (world_.requests.find_buildset(request.row.buildsetid) != request.buildset) {
    return found(Invariant::buildsets, named(request), "is of a buildset that is not there");
  }
  if (const auto count = counts_.find(request.row.buildsetid); count != counts_.end()) {
    ++count->second.uncommitted_seen;
    if (request.phase != Phase::completing) ++count->second.open_seen;
  }
  if (request.row.complete) found(Invariant::buildsets, named(request), "is complete and still there");
  const bool is_built = request.phase == Phase::claiming || request.phase == Phase::building;
  if (is_built && !world_.builds.contains(request.build)) lost("is claimed, but nothing builds it");
  if (request.phase == Phase::adding && request.buildset->adding.expired()) lost("was never put into its queue");
  if (request.phase == Phase::elsewhere && request.row.claimed_by_masterid == world_.kernel.master) {
    lost("is claimed by this master, but nothing builds it");
  }
  look_at_queue(request);
}

void Sweep::look_at_queue(const RequestState& request) {
  const auto key = const_cast<RequestState*>(&request);  // only to find it
  const BuilderState& builder = *request.builder;
  const bool waits = request.phase == Phase::waiting;
  const bool by_urgency = builder.waiting.contains(key), by_age = builder.waiting_by_age.contains(key);
  if (waits && !by_urgency && !by_age) return found(Invariant::lost_request, named(request), "waits in no queue");
  if (waits != by_urgency || waits != by_age) {
    return found(Invariant::queues, named(request),
                 fmt::format("{}, {} in the queue by urgency and {} in that by age", waits ? "waits" : "does not wait",
                             by_urgency ? "is" : "is not", by_age ? "is" : "is not"));
  }
  if (waits && !request.collapse_key.empty() && !builder.collapsible.contains(request.collapse_key)) {
    found(Invariant::queues, named(request), "is not among those that may be collapsed");
  }
}

bool Sweep::walk_builders(std::size_t& budget) {
  if (!std::exchange(lists_builders_, true)) {
    for (const auto& [id, builder] : world_.requests.builders()) builders_.push_back(id);
  }
  while (!builders_.empty() && budget > 0) {
    const BuilderState* builder = world_.requests.find_builder(builders_.back());
    if (builder != nullptr && !walk_queue(*builder, budget)) return false;
    if (builder != nullptr) look_at(*builder);
    budget -= std::min(budget, builder == nullptr ? 1 : builder->workers.size() + 1);
    builders_.pop_back();
  }
  return builders_.empty();
}

// Entries come and go between two calls: it goes on behind the place where it stopped.
bool Sweep::walk_queue(const BuilderState& builder, std::size_t& budget) {
  auto entry = place_ ? builder.waiting.upper_bound(place_.get()) : builder.waiting.begin();
  for (; entry != builder.waiting.end(); ++entry) {
    const RequestState& request = **entry;
    if (request.builder != &builder || world_.requests.find_request(request.row.id) != &request ||
        request.phase != Phase::waiting) {
      found(Invariant::queues, named(request), fmt::format("is in the queue of builder \"{}\"", builder.name));
    }
    if (--budget > 0) continue;
    place_ = std::make_unique<RequestState>();
    place_->row.id = request.row.id;
    place_->row.priority = request.row.priority;
    return false;
  }
  place_.reset();
  return true;
}

void Sweep::look_at(const BuilderState& builder) {
  if (builder.waiting.size() != builder.waiting_by_age.size()) {
    found(Invariant::queues, named(builder), fmt::format("has {} requests by urgency and {} by age",
                                                         builder.waiting.size(), builder.waiting_by_age.size()));
  }
  if (const auto idle = world_.matcher.idle_worker(builder)) {
    found(Invariant::eligible_and_idle, named(builder),
          fmt::format("its request {} waits although worker \"{}\" is free", idle->request.value, idle->worker));
  }
}

// The request itself may be gone: it is looked for by its id.
void Sweep::look_at(const BuildRun* key, const BuildRun& build) {
  const auto zombie = [&](std::string text) { found(Invariant::zombie, named(build), std::move(text)); };
  if (key != &build) return zombie("is kept in another's place");
  const RequestState* request = world_.requests.find_request(build.row().buildrequestid);
  if (request == nullptr) return zombie("runs although its request is gone");
  if (request->build != &build && build.phase() != BuildRun::Phase::ended) zombie("runs for a request that is not its own");
  const WorkerState& worker = build.worker();
  const auto times = std::count(worker.builds.begin(), worker.builds.end(), &build);
  if (times != 1) zombie(fmt::format("worker \"{}\" counts it {} times", worker.row.name, times));
  if (build.link() != nullptr && build.link() != worker.link.get()) zombie("runs on a connection that is gone");
  if (build.has_late_step()) zombie("has a step that goes on although it is over");
  if (build.is_past_stop_deadline()) {
    found(Invariant::stop_deadline, named(build), "was stopped, and nothing ends what it waits for");
  }
}

void Sweep::look_at(const WorkerState& worker) {
  std::set<const BuilderState*> builders;
  for (BuildRun* build : worker.builds) {
    if (!world_.builds.contains(build)) {
      found(Invariant::zombie, named(worker), "counts a build that is not there");
    } else if (!builders.insert(&build->builder()).second) {
      found(Invariant::zombie, named(worker), fmt::format("has two builds of builder \"{}\"", build->builder().name));
    }
  }
  if ((worker.phase == WorkerState::Phase::away) != (worker.link == nullptr)) {
    found(Invariant::zombie, named(worker), worker.link ? "has a connection and is away" : "has no connection and is there");
  }
}

void Sweep::look_at_locks() {
  for (const Locks::Trouble& trouble : world_.kernel.locks.troubles()) {
    found(Invariant::locks, fmt::format("lock \"{}\"", trouble.lock), trouble.text);
  }
  for (const LockUser& user : world_.kernel.locks.holders()) {
    if (world_.builds.contains(const_cast<BuildRun*>(user.run))) continue;
    found(Invariant::locks, fmt::format("request {}", user.request.value),
          fmt::format("holds a lock although its build of builder \"{}\" is over", user.builder));
  }
}

// Where a buildset's own numbers are still those of the beginning, none of its requests came or went meanwhile.
void Sweep::compare_counts() {
  for (const auto& [id, count] : counts_) {
    const BuildsetState* buildset = world_.requests.find_buildset(id);
    if (buildset == nullptr) continue;
    const bool is_wrong = (buildset->uncommitted == count.uncommitted && count.uncommitted_seen != count.uncommitted) ||
                          (buildset->open == count.open && count.open_seen != count.open);
    if (!is_wrong) continue;
    found(Invariant::buildsets, named(*buildset),
          fmt::format("counts {} open requests and {} that are not complete; there are {} and {}", count.open,
                      count.uncommitted, count.open_seen, count.uncommitted_seen));
  }
}

std::vector<Violation> violations(const World& world) {
  Sweep sweep(world);
  while (!sweep.go_on(std::numeric_limits<std::size_t>::max())) {
  }
  return sweep.violations();
}

}  // namespace kiln::engine
