// SPDX-License-Identifier: MIT
#include "core/engine/matcher.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "core/base/log.h"
#include "core/engine/build_accesses.h"

namespace kiln::engine {
namespace {

// Upstream's order: highest priority, then oldest request, then name.
bool comes_first(const BuilderState* a, const BuilderState* b) {
  const auto key = [](const BuilderState* builder) {
    return std::tuple(-(*builder->waiting.begin())->row.priority,
                      (*builder->waiting_by_age.begin())->row.submitted_at, std::string_view(builder->name));
  };
  return key(a) < key(b);
}

bool has_work(const BuilderState& builder) { return builder.config && !builder.waiting.empty(); }

}  // namespace

Matcher::Matcher(Kernel& kernel, Requests& requests, Hooks hooks)
    : kernel_(kernel), requests_(requests), hooks_(std::move(hooks)),
      consultations_(kernel, requests,
                     {[this](const RequestState& request) { return may_start(request); },
                      [this](const BuilderState& builder) { return free_workers(builder); },
                      hooks_.starting, [this](BuilderState& builder) { wake(builder); }, hooks_.start}) {}

bool Matcher::may_claim() const { return !kernel_.storage_lost && !kernel_.shutting_down; }

// A master that finishes its builds starts those that a running one waits for: it would never end otherwise.
bool Matcher::may_start(const RequestState& request) const {
  if (request.retry_delay) return false;
  if (!kernel_.draining) return true;
  const auto& parent = request.buildset->row.parent_buildid;
  return request.row.waited_for && parent && hooks_.is_running(*parent);
}

RequestState* Matcher::next_request(const BuilderState& builder) const {
  const bool asks = builder.config && builder.config->match;
  const auto found = std::find_if(builder.waiting.begin(), builder.waiting.end(), [&](const RequestState* request) {
    return may_start(*request) && !(asks && consultations_.is_refused(*request));
  });
  return found == builder.waiting.end() ? nullptr : *found;
}

void Matcher::wake(BuilderState& builder) {
  if (builder.waiting.empty()) return;
  woken_[&builder].clear();
  schedule();
}

void Matcher::wake(WorkerState& worker) {
  freed_.insert(&worker);
  schedule();
}

void Matcher::wake_all() {
  for (const auto& [id, builder] : requests_.builders()) {
    consultations_.forget(*builder);
    wake(*builder);
  }
}

// Later, so that everything that happens now is seen by one run.
void Matcher::schedule() {
  if (timer_ || is_ordering_ || !may_claim()) return;
  timer_ = kernel_.clock.call_after(std::chrono::milliseconds(0), [this] { run(); });
}

void Matcher::run() {
  timer_.reset();
  if (!may_claim()) return;
  spread_freed();
  if (!ask_order()) match_by_urgency(take_turns());
}

void Matcher::spread_freed() {
  for (WorkerState* worker : std::exchange(freed_, {})) {
    if (!takes_builds(*worker)) continue;
    for (const ConfiguredOn& on : worker->row.configured_on) {
      BuilderState* builder = requests_.find_builder(on.builderid);
      if (builder == nullptr) continue;
      const bool were_refused = consultations_.forget(*builder);
      if (!has_work(*builder)) continue;
      if (were_refused) woken_[builder].clear();  // whoever is free may be accepted now
      const auto [woken, is_new] = woken_.try_emplace(builder);
      if (is_new || !woken->second.empty()) woken->second.push_back(worker);
    }
  }
}

std::vector<Matcher::Turn> Matcher::take_turns() {
  std::vector<Turn> turns;
  for (auto& [builder, workers] : std::exchange(woken_, {})) {
    if (has_work(*builder)) turns.push_back({builder, std::move(workers)});
  }
  return turns;
}

// A worker that became free is soon taken: then the turns that are only about it are over, however many there are.
void Matcher::match_by_urgency(std::vector<Turn> turns) {
  const auto later = [](const Turn& a, const Turn& b) { return comes_first(b.builder, a.builder); };
  const auto is_over = [](const Turn& turn) {
    return !turn.workers.empty() && std::none_of(turn.workers.begin(), turn.workers.end(),
                                                 [](const WorkerState* worker) { return takes_builds(*worker); });
  };
  std::make_heap(turns.begin(), turns.end(), later);
  while (!turns.empty()) {
    if (is_over(turns.front())) {
      std::erase_if(turns, is_over);
      std::make_heap(turns.begin(), turns.end(), later);
      continue;
    }
    std::pop_heap(turns.begin(), turns.end(), later);
    const Turn turn = std::move(turns.back());
    turns.pop_back();
    match(turn);
  }
}

std::vector<BuilderState*> Matcher::by_urgency() const {
  std::vector<BuilderState*> builders;
  for (const auto& [id, builder] : requests_.builders()) {
    if (has_work(*builder)) builders.push_back(builder.get());
  }
  std::sort(builders.begin(), builders.end(), comes_first);
  return builders;
}

// Asks prioritizeBuilders about all builders with requests, if there is such a function.
bool Matcher::ask_order() {
  const auto asked = kernel_.config ? kernel_.config->builder_order : nullptr;
  if (!asked) {
    take_in_again();
    return false;
  }
  const std::vector<BuilderState*> builders = by_urgency();
  if (builders.empty()) return false;
  std::vector<std::string> names;
  for (const BuilderState* builder : builders) names.push_back(builder->name);
  is_ordering_ = true;
  asked->sort(std::move(names), [this, asked, builders](Result<std::vector<std::string>> sorted) {
    ordered(builders, std::move(sorted));
  });
  return true;
}

// Those that an earlier answer left out have lost their turn then.
void Matcher::take_in_again() {
  for (BuilderState* builder : std::exchange(left_out_, {})) woken_[builder].clear();
  order_again_.reset();
}

// Whoever is left out gets nothing now, and is offered again a while later. Who was woken meanwhile has its own turn.
void Matcher::ordered(const std::vector<BuilderState*>& asked, Result<std::vector<std::string>> names) {
  is_ordering_ = false;
  take_in_again();
  if (!may_claim()) return;
  std::vector<BuilderState*> chosen;
  if (!names) {
    log_error("prioritizeBuilders failed, builders have their usual order: {}", names.error().what);
    chosen = asked;
  } else {
    left_out_.insert(asked.begin(), asked.end());
    for (const std::string& name : *names) {
      BuilderState* builder = requests_.find_builder(name);
      if (builder != nullptr && left_out_.erase(builder) == 1) chosen.push_back(builder);
    }
  }
  spread_freed();
  std::vector<Turn> turns;
  for (BuilderState* builder : chosen) {
    auto woken = woken_.extract(builder);
    if (woken && has_work(*builder)) turns.push_back({builder, std::move(woken.mapped())});
  }
  for (BuilderState* builder : asked) woken_.erase(builder);
  std::erase_if(woken_, [](const auto& woken) { return !has_work(*woken.first); });
  for (const Turn& turn : turns) match(turn);
  if (!left_out_.empty()) {
    order_again_ = kernel_.clock.call_after(Consultations::refusal_life, [this] { wake_all(); });
  }
  if (!woken_.empty()) schedule();
}

void Matcher::match(const Turn& turn) {
  if (turn.builder->config->match) return consultations_.consult(*turn.builder);
  while (RequestState* request = next_request(*turn.builder)) {
    WorkerState* worker = pick_worker(turn);
    if (worker == nullptr) return;
    requests_.dequeue(*request);
    hooks_.start(*request, *worker);
  }
}

// Where only a lock is missing, the builder is woken when it may be free.
bool Matcher::is_free(const WorkerState& worker, const BuilderState& builder) {
  if (!is_eligible(worker, builder)) return false;
  const auto missing = missing_lock(kernel_.locks, *builder.config, *worker.config);
  if (missing) kernel_.locks.watch(*missing, worker.row.name, builder.id);
  return !missing;
}

// The least busy one first, in any order where several are equally busy.
std::vector<WorkerState*> Matcher::free_workers(const BuilderState& builder) {
  std::vector<WorkerState*> found;
  for (WorkerState* worker : builder.workers) {
    if (is_free(*worker, builder)) found.push_back(worker);
  }
  std::shuffle(found.begin(), found.end(), random_);
  std::stable_sort(found.begin(), found.end(), [](const WorkerState* a, const WorkerState* b) {
    return a->builds.size() < b->builds.size();
  });
  return found;
}

// The least busy one; any of them when several are.
WorkerState* Matcher::pick_worker(const Turn& turn) {
  WorkerState* best = nullptr;
  std::size_t equals = 0;
  const std::vector<WorkerState*>& candidates = turn.workers.empty() ? turn.builder->workers : turn.workers;
  for (WorkerState* worker : candidates) {
    if (!is_free(*worker, *turn.builder)) continue;
    if (best == nullptr || worker->builds.size() < best->builds.size()) {
      best = worker;
      equals = 1;
    } else if (worker->builds.size() == best->builds.size() && random_() % ++equals == 0) {
      best = worker;
    }
  }
  return best;
}

std::optional<Matcher::Idle> Matcher::idle_worker(const BuilderState& builder) const {
  const bool comes_later = left_out_.contains(&builder) && order_again_;
  const bool is_due = comes_later || timer_ || is_ordering_ || consultations_.is_asking(builder);
  if (is_due || !may_claim() || !has_work(builder)) return std::nullopt;
  const auto idle = std::find_if(builder.workers.begin(), builder.workers.end(), [&](const WorkerState* worker) {
    return is_eligible(*worker, builder) && !missing_lock(kernel_.locks, *builder.config, *worker->config);
  });
  if (idle == builder.workers.end()) return std::nullopt;
  const RequestState* next = next_request(builder);
  if (next == nullptr) return std::nullopt;
  return Idle{next->row.id, (*idle)->row.name};
}

}  // namespace kiln::engine
