// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/json.h"
#include "core/base/result.h"
#include "core/wire/broker.h"
#include "core/wire/try_job.h"

// What the clients `sendchange` and `try` say to a master, as types.
namespace kiln::wire {

// The dictionary of `addChange` as sent: project, repository, who, files, comments ... Errors:
// bad_input.
Result<JsonObject> read_change(const Called& call);

// The arguments of `try`. Errors: bad_input.
Result<TryJob> read_try_job(const Called& call);

// The object of the client that wants to hear of builds or steps, from `subscribe` and
// `unsubscribe`. Errors: bad_input.
Result<ObjectId> read_subscriber(const Called& call);

struct RequestObject {
  std::string builder;
  TryRequest request;
};

// Errors of all that follows: as Broker::call() and Broker::export_object().
Result<> answer_json(Broker& broker, PeerCall call, const Json& value);
Result<> answer_requests(Broker& broker, PeerCall call, const std::vector<RequestObject>& requests);

struct StepOfBuild {
  std::string builder;
  TryBuild build;
  std::string step;
};

// Calls on a subscriber.
Result<CallId> call_new_build(Broker& broker, ObjectId subscriber, TryBuild build,
                              std::string_view builder);
Result<CallId> call_step_started(Broker& broker, ObjectId subscriber, const StepOfBuild& step);
Result<CallId> call_step_finished(Broker& broker, ObjectId subscriber, const StepOfBuild& step,
                                  std::int64_t results);

}  // namespace kiln::wire
