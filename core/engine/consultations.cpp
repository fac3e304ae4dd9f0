// SPDX-License-Identifier: MIT
#include "core/engine/consultations.h"

#include <algorithm>
#include <utility>

#include "core/base/log.h"

namespace kiln::engine {
namespace {

// Of builders whose functions look at one request after the other: so many at a time.
constexpr std::size_t batch = 64;

}  // namespace

const script::WaitingRequestPtr& shown(RequestState& request) {
  const BuildsetState& buildset = *request.buildset;
  if (!request.shown || request.shown_edition != buildset.edition) {
    request.shown_edition = buildset.edition;
    request.shown = std::make_shared<script::WaitingRequest>(
        script::WaitingRequest{request.row, buildset.row, buildset.properties, buildset.changes, nullptr});
  }
  return request.shown;
}

Consultations::Consultations(Kernel& kernel, Requests& requests, Hooks hooks)
    : kernel_(kernel), requests_(requests), hooks_(std::move(hooks)) {}

bool Consultations::is_asking(const BuilderState& builder) const {
  const auto found = talks_.find(&builder);
  return found != talks_.end() && found->second.is_asking;
}

bool Consultations::is_refused(const RequestState& request) const {
  const auto found = talks_.find(request.builder);
  return found != talks_.end() && found->second.refused.contains(request.row.id);
}

std::vector<script::Refusal> Consultations::refusals(const RequestState& request) const {
  if (!is_refused(request)) return {};
  return talks_.at(request.builder).refused.at(request.row.id);
}

bool Consultations::forget(const BuilderState& builder) {
  const auto found = talks_.find(&builder);
  if (found == talks_.end()) return false;
  const bool were_refused = !found->second.refused.empty();
  found->second.refused.clear();
  found->second.again.reset();
  found->second.is_stale = found->second.is_asking;
  return were_refused;
}

std::vector<RequestState*> Consultations::askable(const BuilderState& builder, const Talk& talk, bool all) const {
  std::vector<RequestState*> found;
  for (RequestState* request : builder.waiting) {
    if (!all && found.size() == batch) break;
    if (talk.refused.contains(request->row.id) || !hooks_.may_start(*request)) continue;
    found.push_back(request);
  }
  return found;
}

void Consultations::consult(BuilderState& builder) {
  Talk& talk = talks_[&builder];
  if (talk.is_asking) return;
  const std::shared_ptr<script::MatchHooks> hooks = builder.config->match;
  const std::vector<RequestState*> requests = askable(builder, talk, hooks->chooses_request());
  if (requests.empty()) return;
  script::MatchQuestion question;
  for (const WorkerState* worker : hooks_.free_workers(builder)) question.workers.push_back(worker->row.name);
  if (question.workers.empty()) return;
  question.starting = hooks_.starting();
  std::vector<RequestId> asked;
  for (RequestState* request : requests) {
    question.requests.push_back(shown(*request));
    asked.push_back(request->row.id);
  }
  talk.is_asking = true;
  talk.is_stale = false;
  hooks->choose(std::move(question), [this, &builder, hooks, asked = std::move(asked)](
                                         Result<script::MatchAnswer> answer) {
    answered(builder, hooks.get(), asked, std::move(answer));
  });
}

void Consultations::answered(BuilderState& builder, const script::MatchHooks* asked,
                             const std::vector<RequestId>& requests, Result<script::MatchAnswer> answer) {
  Talk& talk = talks_.at(&builder);
  talk.is_asking = false;
  const bool is_current = builder.config && builder.config->match.get() == asked;
  if (kernel_.storage_lost || kernel_.shutting_down) return;
  if (!is_current) return hooks_.wake(builder);
  if (!answer) {
    log_error("builder \"{}\" could not be asked who builds: {}", builder.name, answer.error().what);
    refuse(builder, talk, requests, {{RequestId{}, std::nullopt, "its functions failed: " + answer.error().what}});
  } else {
    std::vector<RequestId> refused;
    if (!answer->choice) {
      refused = requests;
    } else if (!take(builder, *answer->choice)) {
      return hooks_.wake(builder);
    }
    for (const script::Refusal& refusal : answer->refusals) {
      if (!refusal.worker) refused.push_back(refusal.request);
    }
    if (!talk.is_stale) refuse(builder, talk, refused, std::move(answer->refusals));
  }
  hooks_.wake(builder);
}

// False: it does not hold any more.
bool Consultations::take(BuilderState& builder, const script::MatchAnswer::Choice& choice) {
  RequestState* request = requests_.find_request(choice.request);
  if (request == nullptr || request->builder != &builder || request->phase != RequestState::Phase::waiting) return false;
  if (!hooks_.may_start(*request)) return false;
  const std::vector<WorkerState*> workers = hooks_.free_workers(builder);
  const auto worker = std::find_if(workers.begin(), workers.end(),
                                   [&](const WorkerState* one) { return one->row.name == choice.worker; });
  if (worker == workers.end()) return false;
  requests_.dequeue(*request);
  hooks_.start(*request, **worker);
  return true;
}

void Consultations::refuse(BuilderState& builder, Talk& talk, const std::vector<RequestId>& requests,
                           std::vector<script::Refusal> refusals) {
  for (const RequestId id : requests) {
    const RequestState* request = requests_.find_request(id);
    if (request == nullptr || request->phase != RequestState::Phase::waiting) continue;
    std::vector<script::Refusal>& against = talk.refused[id];
    against.clear();
    for (const script::Refusal& refusal : refusals) {
      if (refusal.request == id || refusal.request == RequestId{}) against.push_back(refusal);
    }
  }
  if (talk.refused.empty() || talk.again) return;
  talk.again = kernel_.clock.call_after(refusal_life, [this, &builder] { ask_again(builder); });
}

void Consultations::ask_again(BuilderState& builder) {
  forget(builder);
  hooks_.wake(builder);
}

}  // namespace kiln::engine
