// SPDX-License-Identifier: MIT
#include "core/engine/invariant_bundle.h"

#include <algorithm>
#include <set>

#include "core/engine/build_run.h"

namespace kiln::engine {
namespace {

constexpr std::size_t most_names = 50;  // in a list of one row

const char* to_string(RequestState::Phase phase) {
  constexpr std::array names{"adding", "waiting", "claiming", "building", "completing", "elsewhere"};
  return names[static_cast<std::size_t>(phase)];
}
const char* to_string(WorkerState::Phase phase) {
  constexpr std::array names{"away", "attaching", "ready"};
  return names[static_cast<std::size_t>(phase)];
}
const char* to_string(BuildRun::Phase phase) {
  constexpr std::array names{"claiming", "deciding", "adding",    "preparing", "failing",
                             "locking",  "stepping", "finishing", "ended"};
  return names[static_cast<std::size_t>(phase)];
}

Json to_json(const script::LockAccesses& accesses) {
  JsonArray shown;
  for (const script::LockAccess& access : accesses) {
    shown.push_back(JsonObject{{"lock", access.lock.name}, {"exclusive", access.exclusive}, {"count", access.count}});
  }
  return shown;
}

JsonObject to_json(const BuilderState& builder) {
  JsonObject shown{{"id", builder.id.value},
                   {"name", builder.name},
                   {"configured", builder.config != nullptr},
                   {"waiting", builder.waiting.size()}};
  JsonArray workers;
  for (const WorkerState* worker : builder.workers) {
    if (workers.size() < most_names) workers.emplace_back(worker->row.name);
  }
  shown["workers"] = std::move(workers);
  if (!builder.config) return shown;
  shown["asks_functions"] = builder.config->match != nullptr;
  shown["locks"] = to_json(builder.config->locks);
  return shown;
}

JsonObject to_json(const WorkerState& worker, const World& world) {
  JsonArray builds;
  for (BuildRun* build : worker.builds) {
    builds.emplace_back(world.builds.contains(build) ? build->row().buildrequestid.value : -1);
  }
  JsonArray known;
  for (const auto& [name, directory] : worker.known_builders) {
    if (known.size() < most_names) known.emplace_back(name);
  }
  JsonObject shown{{"id", worker.row.id.value},
                   {"name", worker.row.name},
                   {"phase", to_string(worker.phase)},
                   {"configured", worker.config != nullptr},
                   {"paused", worker.row.paused},
                   {"graceful", worker.row.graceful},
                   {"leaving", worker.is_leaving},
                   {"quarantined_until", worker.quarantine ? Json(worker.quarantined_until) : Json(nullptr)},
                   {"requests_built", std::move(builds)},
                   {"known_builders", std::move(known)}};
  if (!worker.config) return shown;
  shown["max_builds"] = worker.config->max_builds ? Json(*worker.config->max_builds) : Json(nullptr);
  shown["locks"] = to_json(worker.config->locks);
  return shown;
}

JsonObject to_json(const RequestState& request) {
  return {{"id", request.row.id.value},
          {"buildset", request.row.buildsetid.value},
          {"builder", request.row.builderid.value},
          {"phase", to_string(request.phase)},
          {"priority", request.row.priority},
          {"waited_for", request.row.waited_for},
          {"claimed", request.row.claimed},
          {"complete", request.row.complete},
          {"submitted_at", request.row.submitted_at},
          {"has_build", request.build != nullptr}};
}

JsonObject to_json(const BuildRun& build) {
  const Build& row = build.row();
  return {{"id", row.id.value},
          {"request", row.buildrequestid.value},
          {"builder", build.builder().name},
          {"worker", build.worker().row.name},
          {"phase", to_string(build.phase())},
          {"started_at", row.started_at},
          {"stopping", build.is_stopping()},
          {"connected", build.link() != nullptr}};
}

Json to_json(const LockReport::Use& use) {
  return JsonObject{{"request", use.user.request.value}, {"step", use.user.step}, {"exclusive", use.exclusive},
                    {"count", use.count}};
}

JsonObject to_json(const LockReport& lock) {
  JsonArray holders, waiters;
  const auto show = [](const std::vector<LockReport::Use>& uses, JsonArray& shown) {
    for (std::size_t i = 0; i < std::min(uses.size(), most_names); ++i) shown.push_back(to_json(uses[i]));
  };
  show(lock.holders, holders);
  show(lock.waiters, waiters);
  return {{"name", lock.name}, {"worker", lock.worker}, {"places", lock.places},
          {"holders", std::move(holders)}, {"waiters", std::move(waiters)}};
}

// Those of the violations first, then the others by age.
JsonArray requests(const World& world, const std::vector<Violation>& violations, std::size_t limit) {
  std::set<std::string> named;
  for (const Violation& violation : violations) named.insert(violation.object);
  std::vector<const RequestState*> all;
  for (const auto& [id, request] : world.requests.all()) all.push_back(request.get());
  const auto key = [&](const RequestState* request) {
    const bool is_named = named.contains("request " + std::to_string(request->row.id.value));
    return std::pair(!is_named, request->row.id);
  };
  const auto end = all.begin() + static_cast<std::ptrdiff_t>(std::min(limit, all.size()));
  std::partial_sort(all.begin(), end, all.end(),
                    [&](const RequestState* a, const RequestState* b) { return key(a) < key(b); });
  JsonArray shown;
  for (auto request = all.begin(); request != end; ++request) shown.push_back(to_json(**request));
  return shown;
}

template <class Range, class Show>
JsonArray some(const Range& range, std::size_t limit, Show&& show) {
  JsonArray shown;
  for (const auto& one : range) {
    if (shown.size() == limit) break;
    shown.push_back(show(one));
  }
  return shown;
}

}  // namespace

JsonObject bundle(const World& world, const std::vector<Violation>& violations, std::size_t limit) {
  const Kernel& kernel = world.kernel;
  JsonObject shown{{"at", static_cast<double>(kernel.clock.now().count()) / 1e6},
                   {"master", kernel.master.value},
                   {"storage_lost", kernel.storage_lost},
                   {"draining", kernel.draining},
                   {"shutting_down", kernel.shutting_down},
                   {"counts", JsonObject{{"builders", world.requests.builders().size()},
                                         {"workers", world.fleet.all().size()},
                                         {"requests", world.requests.all().size()},
                                         {"builds", world.builds.size()}}}};
  shown["violations"] = some(violations, limit, [](const Violation& one) {
    return JsonObject{{"invariant", name_of(one.invariant)}, {"object", one.object}, {"text", one.text}};
  });
  shown["builders"] = some(world.requests.builders(), limit, [](const auto& one) { return to_json(*one.second); });
  shown["workers"] = some(world.fleet.all(), limit, [&](const auto& one) { return to_json(*one.second, world); });
  shown["builds"] = some(world.builds, limit, [](const auto& one) { return to_json(*one.second); });
  shown["locks"] = some(kernel.locks.reports(), limit, [](const LockReport& one) { return to_json(one); });
  shown["requests"] = requests(world, violations, limit);
  shown["events"] = kernel.recent.to_json();
  return shown;
}

}  // namespace kiln::engine
