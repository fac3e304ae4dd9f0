// SPDX-License-Identifier: MIT
#include "bindings/python_step.h"

#include <memory>
#include <string>
#include <utility>

#include "bindings/call.h"
#include "bindings/lock_reader.h"
#include "bindings/rows.h"
#include "bindings/step_handle.h"
#include "bindings/values.h"

namespace kiln::bindings {
namespace {

using script::PreparedStep;
using script::StepEnd;
using script::StepHost;
using script::StepOutcome;

PreparedStep to_prepared(const py::object& values) {
  PreparedStep prepared;
  prepared.options.name = to_text(values["name"]);
  prepared.options.flags = to_flags(values["flags"]);
  prepared.options.always_run = is_true(values["always_run"]);
  prepared.options.build_summary_policy = to_results_list(values["build_summary_policy"]);
  prepared.skip = is_true(values["skip"]);
  prepared.state_string = to_text(values["state_string"]);
  prepared.waiting_string = to_text(values["waiting_string"]);
  prepared.locks = to_accesses(values["locks"]);
  prepared.error = to_optional_text(values["error"]);
  return prepared;
}

StepOutcome to_outcome(const py::object& values) {
  return {to_results(values["results"]), to_optional_text(values["error"])};
}

StepEnd to_end(const py::object& values) {
  StepEnd end;
  end.results = to_results(values["results"]);
  end.hidden = is_true(values["hidden"]);
  end.summary.step = to_text(values["step"]);
  end.summary.build = to_optional_text(values["build"]);
  end.error = to_optional_text(values["error"]);
  return end;
}

// Made on the policy thread; everything else on the loop thread.
class PythonStep final : public script::Step {
 public:
  PythonStep(Policy& policy, script::ObjectRef runner, std::string description, bool always_run)
      : policy_(policy),
        runner_(std::move(runner)),
        description_(std::move(description)),
        always_run_(always_run),
        live_(std::make_shared<LiveStep>()) {}
  ~PythonStep() override { live_->host = nullptr; }
  PythonStep(const PythonStep&) = delete;
  PythonStep& operator=(const PythonStep&) = delete;

  void prepare(StepHost& host, Reply<PreparedStep> reply) override {
    live_->host = &host;
    ask<PreparedStep>(
        policy_, std::move(reply),
        [&policy = policy_, runner = runner_, live = live_, build = host.build_id()] {
          return py::object(held(runner).attr("prepare")(make_step_handle(policy, live, build)));
        },
        [](const py::object& values) { return to_prepared(values); });
  }

  void run(Reply<StepOutcome> reply) override {
    std::string name = live_->host ? live_->host->step_name() : std::string();
    ask<StepOutcome>(
        policy_, std::move(reply),
        [runner = runner_, name = std::move(name)] { return py::object(held(runner).attr("run")(to_str(name))); },
        [](const py::object& values) { return to_outcome(values); });
  }

  void interrupt(std::string reason) override {
    policy_.post([runner = runner_, reason = std::move(reason)] { held(runner).attr("interrupt")(to_str(reason)); });
  }

  void finish(Results results, Reply<StepEnd> reply) override {
    ask<StepEnd>(
        policy_,
        [live = live_, reply = std::move(reply)](Result<StepEnd> end) {
          live->host = nullptr;
          reply(std::move(end));
        },
        [runner = runner_, results] { return py::object(held(runner).attr("finish")(static_cast<int>(results))); },
        [](const py::object& values) { return to_end(values); });
  }

  void log_added(const Log& log) override {
    policy_.post([runner = runner_, log] {
      held(runner).attr("log_added")(log.id.value, to_str(log.name), to_str(log.slug));
    });
  }

  std::string describe() const override { return description_; }
  bool always_run() const override { return always_run_; }

 private:
  Policy& policy_;
  const script::ObjectRef runner_;
  const std::string description_;
  const bool always_run_;  // as written: a renderable counts as true, as upstream has it
  const std::shared_ptr<LiveStep> live_;
};

}  // namespace

script::StepPtr make_python_step(Policy& policy, py::object runner) {
  std::string description = to_text(runner.attr("describe")());
  const bool always_run = is_true(py::object(runner.attr("always_run")()));
  return std::make_shared<PythonStep>(policy, policy.hold(std::move(runner)), std::move(description), always_run);
}

std::vector<script::StepPtr> make_python_steps(Policy& policy, const py::object& runners) {
  std::vector<script::StepPtr> steps;
  for (const py::handle runner : runners) {
    steps.push_back(make_python_step(policy, py::reinterpret_borrow<py::object>(runner)));
  }
  return steps;
}

}  // namespace kiln::bindings
