// SPDX-License-Identifier: MIT
// The user's say in whether a build is built: do_build_if.
#include <utility>

#include "bindings/build_maker.h"
#include "bindings/call.h"
#include "bindings/hooks.h"
#include "bindings/values.h"

namespace kiln::bindings {
namespace {

using namespace script;

GateAnswer to_answer(Policy& policy, const py::object& values) {
  GateAnswer answer;
  answer.is_wanted = is_true(values["wanted"]);
  answer.why = to_text(values["why"]);
  answer.traceback = to_text(values["traceback"]);
  answer.properties = to_properties(values["properties"]);
  for (const py::handle pair : values["secrets"]) {
    const auto parts = py::cast<py::tuple>(pair);
    answer.secrets.emplace_back(to_text(parts[0]), to_text(parts[1]));
  }
  answer.build = policy.hold(values["build"]);
  return answer;
}

class PythonBuildGate final : public BuildGate {
 public:
  PythonBuildGate(Policy& policy, ObjectRef gate) : policy_(policy), gate_(std::move(gate)) {}

  void ask(GateQuestion question, Reply<GateAnswer> reply) override {
    bindings::ask<GateAnswer>(
        policy_, std::move(reply),
        [&policy = policy_, gate = gate_, question = std::move(question)] {
          return py::object(policy_function("ask_gate")(held(gate), context_values(question.build),
                                                        seen(policy, *question.request)));
        },
        [&policy = policy_](const py::object& values) -> Result<GateAnswer> { return to_answer(policy, values); });
  }

 private:
  Policy& policy_;
  const ObjectRef gate_;
};

}  // namespace

std::shared_ptr<BuildGate> make_build_gate(Policy& policy, ObjectRef gate) {
  return std::make_shared<PythonBuildGate>(policy, std::move(gate));
}

}  // namespace kiln::bindings
