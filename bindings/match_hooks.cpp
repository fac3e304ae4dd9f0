// SPDX-License-Identifier: MIT
// The user's say in who builds what: nextBuild, nextWorker, canStartBuild, prioritizeBuilders.
#include <utility>

#include "bindings/call.h"
#include "bindings/hooks.h"
#include "bindings/rows.h"
#include "bindings/values.h"
#include "core/script/matching.h"

namespace kiln::bindings {

using namespace script;

py::object seen(Policy& policy, const WaitingRequest& request) {
  if (!request.seen) {
    py::dict values = to_python(request.row);
    values["reason"] = to_str(request.buildset.reason);
    values["properties"] = to_python(request.properties);
    values["sourcestamps"] = to_python(request.buildset.sourcestamps);
    values["changes"] = to_python(request.changes);
    request.seen = policy.hold(policy_function("waiting_request")(values));
  }
  return held(request.seen);
}

namespace {

Refusal to_refusal(const py::handle& value) {
  const auto parts = py::cast<py::tuple>(value);
  return {RequestId(parts[0].cast<std::int64_t>()), to_optional_text(parts[1]), to_text(parts[2])};
}

Result<MatchAnswer> to_answer(const py::object& value) {
  const auto parts = py::cast<py::tuple>(value);
  MatchAnswer answer;
  if (!parts[0].is_none()) {
    const auto choice = py::cast<py::tuple>(parts[0]);
    answer.choice = MatchAnswer::Choice{RequestId(choice[0].cast<std::int64_t>()), to_text(choice[1])};
  }
  for (const py::handle refusal : parts[1]) answer.refusals.push_back(to_refusal(refusal));
  return answer;
}

class PythonMatchHooks final : public MatchHooks {
 public:
  PythonMatchHooks(Policy& policy, ObjectRef hooks, bool chooses_request)
      : policy_(policy), hooks_(std::move(hooks)), chooses_request_(chooses_request) {}

  bool chooses_request() const override { return chooses_request_; }

  void choose(MatchQuestion question, Reply<MatchAnswer> reply) override {
    ask<MatchAnswer>(
        policy_, std::move(reply),
        [&policy = policy_, hooks = hooks_, question = std::move(question)] {
          py::list requests;
          for (const WaitingRequestPtr& request : question.requests) requests.append(seen(policy, *request));
          py::list starting;
          for (const auto& [builder, worker] : question.starting) {
            starting.append(py::make_tuple(to_str(builder), to_str(worker)));
          }
          return py::object(policy_function("choose")(held(hooks), requests, to_python(question.workers), starting));
        },
        to_answer);
  }

 private:
  Policy& policy_;
  const ObjectRef hooks_;
  const bool chooses_request_;
};

class PythonBuilderOrder final : public BuilderOrderHooks {
 public:
  PythonBuilderOrder(Policy& policy, ObjectRef function) : policy_(policy), function_(std::move(function)) {}

  void sort(std::vector<std::string> builders, Reply<std::vector<std::string>> reply) override {
    ask<std::vector<std::string>>(
        policy_, std::move(reply),
        [function = function_, builders = std::move(builders)] {
          return py::object(policy_function("sort_builders")(held(function), to_python(builders)));
        },
        [](const py::object& names) -> Result<std::vector<std::string>> { return to_texts(names); });
  }

 private:
  Policy& policy_;
  const ObjectRef function_;
};

}  // namespace

std::shared_ptr<MatchHooks> make_match_hooks(Policy& policy, ObjectRef hooks, bool chooses_request) {
  return std::make_shared<PythonMatchHooks>(policy, std::move(hooks), chooses_request);
}

std::shared_ptr<BuilderOrderHooks> make_builder_order(Policy& policy, ObjectRef function) {
  return std::make_shared<PythonBuilderOrder>(policy, std::move(function));
}

}  // namespace kiln::bindings
