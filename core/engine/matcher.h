// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/engine/consultations.h"
#include "core/engine/engine.h"
#include "core/engine/fleet.h"
#include "core/engine/kernel.h"
#include "core/engine/requests.h"

namespace kiln::engine {

// Gives waiting requests to idle workers. Runs only when it was woken: by a new or unclaimed request, a worker that
// became available, a new configuration, storage that works again, an answer of the user's functions. Builders without
// such functions never wait for those of others. Loop thread.
class Matcher {
 public:
  struct Hooks {
    std::function<void(RequestState&, WorkerState&)> start;
    std::function<bool(BuildId)> is_running;
    // Builder and worker of builds that nobody has been told about yet.
    std::function<std::vector<std::pair<std::string, std::string>>()> starting;
  };
  Matcher(Kernel& kernel, Requests& requests, Hooks hooks);

  void wake(BuilderState& builder);
  void wake(WorkerState& worker);
  void wake_all();
  void set_seed(std::uint32_t seed) { random_.seed(seed); }

  std::vector<WaitingRow> wait_reasons() const;  // of all, by their ids
  // None: it does not wait.
  std::optional<WaitingRow> wait_reasons(RequestId request) const;
  // Of a builder's requests the first ones.
  std::vector<WaitingRow> wait_reasons(const BuilderState& builder, std::size_t limit) const;
  struct Idle {
    RequestId request;
    std::string worker;
  };
  // What should never be: a request that is next and a worker that could have it, and no run is due.
  std::optional<Idle> idle_worker(const BuilderState& builder) const;

 private:
  // A builder that is to be matched, with those of its workers that may have become free; none named: any of them.
  struct Turn {
    BuilderState* builder;
    std::vector<WorkerState*> workers;
  };
  void schedule();
  void run();
  void spread_freed();
  std::vector<Turn> take_turns();
  bool ask_order();
  void take_in_again();
  void ordered(const std::vector<BuilderState*>& asked, Result<std::vector<std::string>> names);
  void match_by_urgency(std::vector<Turn> turns);
  void match(const Turn& turn);
  std::vector<BuilderState*> by_urgency() const;
  std::vector<WorkerState*> free_workers(const BuilderState& builder);
  bool is_free(const WorkerState& worker, const BuilderState& builder);
  WorkerState* pick_worker(const Turn& turn);
  bool may_claim() const;
  bool may_start(const RequestState& request) const;
  RequestState* next_request(const BuilderState& builder) const;
  // What is the same for all requests of a builder.
  struct Outlook {
    std::vector<WaitReason> of_workers;  // empty: one could take a build
    std::vector<EpochSeconds> free_at;   // sorted; of the workers of which it is known
  };
  Outlook outlook(const BuilderState& builder, std::size_t most_named) const;
  WaitingRow row(const RequestState& request, std::size_t position, const Outlook& outlook) const;
  std::vector<WaitReason> reasons(const RequestState& request, std::size_t position, const Outlook& outlook) const;
  std::optional<WaitReason> reason_of_master(const RequestState& request) const;
  std::vector<WaitReason> reasons_of_workers(const BuilderState& builder, std::size_t most_named) const;
  std::optional<EpochSeconds> predicted_start(const RequestState& request, std::size_t position,
                                              const Outlook& outlook) const;
  std::optional<EpochSeconds> free_at(const WorkerState& worker, const BuilderState& builder) const;

  Kernel& kernel_;
  Requests& requests_;
  Hooks hooks_;
  Consultations consultations_;
  std::unordered_map<BuilderState*, std::vector<WorkerState*>> woken_;  // as Turn
  struct ById {
    bool operator()(const WorkerState* a, const WorkerState* b) const { return a->row.id < b->row.id; }
  };
  std::set<WorkerState*, ById> freed_;  // not in `woken_` yet
  bool is_ordering_ = false;                // prioritizeBuilders has been asked
  std::set<BuilderState*, std::less<>> left_out_;  // by its last answer
  std::unique_ptr<Timer> order_again_;
  std::unique_ptr<Timer> timer_;
  std::minstd_rand random_{std::random_device{}()};
};

}  // namespace kiln::engine
