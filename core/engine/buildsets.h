// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/engine/engine.h"
#include "core/engine/kernel.h"
#include "core/engine/requests.h"

namespace kiln::engine {

struct NewBuildset {
  std::string scheduler;  // for the event; a name that need not be configured ("rebuild")
  Buildset row;           // what is asked for; ids and times are filled in
  Properties properties;
  std::vector<Change> changes;  // of each sourcestamp the newest, as far as known
  std::vector<Change> causes;   // all changes that led to it, as far as the user's code wants to know
  std::vector<BuilderId> builders;
  int priority = 0;
  bool waited_for = false;
  std::vector<Write> with;  // written in the same unit
  std::function<void(Results)> on_complete;  // once, unless the master ends before; may be null
};

// Hears of buildsets as everybody else does, after the commit.
class BuildsetListener {
 public:
  virtual ~BuildsetListener() = default;
  virtual void buildset_added(const Buildset& row, const std::string& scheduler) = 0;
  // `changes`: of each sourcestamp the newest, as far as known.
  virtual void buildset_complete(const Buildset& row, const std::vector<Change>& changes) = 0;
};

// Makes, collapses and completes buildsets and their requests. Loop thread.
class Buildsets {
 public:
  using Waiting = std::function<void(BuilderState&)>;
  // `on_waiting` hears of each builder that got a request to build.
  Buildsets(Kernel& kernel, Requests& requests, Waiting on_waiting);

  void listen(BuildsetListener& listener) { listener_ = &listener; }

  // Replies when it is committed and its events are out.
  void add(NewBuildset order, Reply<ForceResult> reply);

  // Writes to `unit` that the request is complete, and its buildset when it was the last. The request is gone after
  // the commit.
  void complete(Unit& unit, RequestState& request, Results results);
  // Writes to `unit` that the request is to be built again; it waits after the commit.
  void unclaim(Unit& unit, RequestState& request);
  // The same after a build that ended as RETRY: after the first two, each waits twice as long as the one before.
  void retry(Unit& unit, RequestState& request);
  bool may_retry(const RequestState& request) const;
  // It was found complete at the start.
  void tell_complete(const Buildset& row, const std::vector<Change>& changes) const;
  // A request that waits ends as cancelled.
  void cancel_waiting(RequestState& request, Reply<> reply);

 private:
  struct Adding;
  void add_known(NewBuildset order, Reply<ForceResult> reply);
  void write_collapse(Unit& unit, const NewBuildset& order);
  void on_added(const std::shared_ptr<Adding>& adding, const Written& written);
  void ask_hooks(const std::shared_ptr<Adding>& adding);
  void collapse_answered(const std::shared_ptr<Adding>& adding);
  void announce(Adding& adding);
  void announce_empty(const Adding& adding, Buildset row);
  void delay_retry(RequestState& request);
  void take(Unit& unit, RequestState& request, Results results, bool announce_claim);

  Kernel& kernel_;
  Requests& requests_;
  Waiting on_waiting_;
  BuildsetListener* listener_ = nullptr;
};

}  // namespace kiln::engine
