// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/engine/kernel.h"
#include "core/engine/requests.h"
#include "core/script/matching.h"

namespace kiln::engine {

// How functions see a request: the same as long as it stays as it is.
const script::WaitingRequestPtr& shown(RequestState& request);

// Asks the functions of builders that have some who builds what (nextBuild, nextWorker, canStartBuild). One question a
// builder at a time; other builders are matched meanwhile. An answer is a proposal: it counts when it still holds. A
// refusal holds until something about the builder's workers changes, at most for `refusal_life`. Loop thread.
class Consultations {
 public:
  struct Hooks {
    std::function<bool(const RequestState&)> may_start;
    std::function<std::vector<WorkerState*>(const BuilderState&)> free_workers;  // the least busy first
    std::function<std::vector<std::pair<std::string, std::string>>()> starting;
    std::function<void(BuilderState&)> wake;
    std::function<void(RequestState&, WorkerState&)> start;
  };
  // Functions may look at what nobody tells the master about: they are asked again after it.
  static constexpr std::chrono::seconds refusal_life{10};

  Consultations(Kernel& kernel, Requests& requests, Hooks hooks);

  // Asks, if there is something to ask and nobody has been asked yet. The builder has a configuration with such hooks.
  void consult(BuilderState& builder);
  // What was refused may be accepted now. False: nothing was.
  bool forget(const BuilderState& builder);
  bool is_asking(const BuilderState& builder) const;
  bool is_refused(const RequestState& request) const;
  // What was said against the request last time; empty: nothing.
  std::vector<script::Refusal> refusals(const RequestState& request) const;

 private:
  struct Talk {
    bool is_asking = false;
    bool is_stale = false;  // something changed while it was asked
    std::map<RequestId, std::vector<script::Refusal>> refused;
    std::unique_ptr<Timer> again;  // when refusals end
  };
  std::vector<RequestState*> askable(const BuilderState& builder, const Talk& talk, bool all) const;
  void answered(BuilderState& builder, const script::MatchHooks* asked, const std::vector<RequestId>& requests,
                Result<script::MatchAnswer> answer);
  bool take(BuilderState& builder, const script::MatchAnswer::Choice& choice);
  void refuse(BuilderState& builder, Talk& talk, const std::vector<RequestId>& requests,
              std::vector<script::Refusal> refusals);
  void ask_again(BuilderState& builder);

  Kernel& kernel_;
  Requests& requests_;
  Hooks hooks_;
  std::map<const BuilderState*, Talk> talks_;
};

}  // namespace kiln::engine
