// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/result.h"
#include "core/model/entities.h"
#include "core/script/object.h"

// The questions about who builds what, where the configuration has functions for them (semantics.md section 7).
namespace kiln::script {

// A request that waits, as it was when it was first asked about. Immutable; shared with whoever asks.
struct WaitingRequest {
  BuildRequest row;
  Buildset buildset;
  Properties properties;
  std::vector<Change> changes;  // of each sourcestamp the newest
  mutable ObjectRef seen;       // what user code gets for it, made when it is first needed; policy thread
};
using WaitingRequestPtr = std::shared_ptr<const WaitingRequest>;

struct MatchQuestion {
  std::vector<WaitingRequestPtr> requests;  // the most urgent first
  std::vector<std::string> workers;         // those that are free for the builder, the least busy first
  // Builder and worker of builds that are decided on, but not announced: events have not told of them.
  std::vector<std::pair<std::string, std::string>> starting;
};

// Somebody said no.
struct Refusal {
  RequestId request;
  std::optional<std::string> worker;  // none: whichever it would be
  std::string why;                    // "canStartBuild refused at master.cfg:12"
};

struct MatchAnswer {
  struct Choice {
    RequestId request;
    std::string worker;
  };
  std::optional<Choice> choice;  // none: all requests are refused
  std::vector<Refusal> refusals;
};

// A builder's nextBuild, nextWorker and canStartBuild. A choice is a proposal: who asks looks again whether it holds.
class MatchHooks {
 public:
  virtual ~MatchHooks() = default;
  // There is a nextBuild, which wants to see all requests.
  virtual bool chooses_request() const = 0;
  // Errors: script, with the traceback.
  virtual void choose(MatchQuestion question, Reply<MatchAnswer> reply) = 0;
};

// prioritizeBuilders.
class BuilderOrderHooks {
 public:
  virtual ~BuilderOrderHooks() = default;
  // `builders`: those with requests that wait, in the order they would have without it. Those missing in the answer
  // get nothing now. Errors: script, with the traceback.
  virtual void sort(std::vector<std::string> builders, Reply<std::vector<std::string>> reply) = 0;
};

}  // namespace kiln::script
