// SPDX-License-Identifier: MIT
#include "bindings/build_maker.h"

#include <utility>
#include <vector>

#include "bindings/call.h"
#include "bindings/lock_reader.h"
#include "bindings/python_step.h"
#include "bindings/rows.h"
#include "bindings/values.h"
#include "core/script/build_steering.h"
#include "core/script/results_mirror.h"

namespace kiln::bindings {

using namespace script;

py::dict context_values(const BuildContext& context) {
  py::dict dict;
  dict["build"] = context.build.value;
  dict["number"] = context.number;
  dict["builder"] = context.builder.value;
  dict["builder_name"] = to_str(context.builder_name);
  dict["request"] = context.request.value;
  dict["buildset"] = context.buildset.value;
  dict["reason"] = to_str(context.reason);
  dict["worker"] = context.worker.value;
  dict["worker_name"] = to_str(context.worker_name);
  dict["worker_info"] = to_python(context.worker_info);
  dict["properties"] = to_python(context.properties);
  dict["sourcestamps"] = to_python(context.sourcestamps);
  dict["changes"] = to_python(context.changes);
  dict["workdir"] = to_str(context.workdir);
  dict["asked"] = held(context.asked);
  return dict;
}

namespace {

// The build's Python side: the StepRunners' common `session`.
class PythonSession : public BuildSession, public ResultsMirror {
 public:
  PythonSession(Policy& policy, ObjectRef session) : policy_(policy), session_(std::move(session)) {}

  void property_changed(const Property& property) override {
    policy_.post([session = session_, property] {
      held(session).attr("property_changed")(to_str(property.name), to_python(property.value),
                                             to_str(property.source));
    });
  }
  void results_changed(Results results) override {
    policy_.post(
        [session = session_, results] { held(session).attr("results_changed")(static_cast<int>(results)); });
  }
  void close(Results results) override {
    policy_.post([session = session_, results] { held(session).attr("close")(static_cast<int>(results)); });
  }

 protected:
  Policy& policy_;
  const ObjectRef session_;
};

// Of a build whose class overrides what is called between steps.
class SteeringSession final : public PythonSession, public BuildSteering {
 public:
  using PythonSession::PythonSession;

  void step_done(Results step, Reply<Verdict> reply) override {
    ask<Verdict>(
        policy_, std::move(reply),
        [session = session_, step] { return py::object(held(session).attr("step_done")(static_cast<int>(step))); },
        [&policy = policy_](const py::object& values) {
          Verdict verdict;
          verdict.results = to_results(values["results"]);
          verdict.terminate = is_true(values["terminate"]);
          verdict.properties = to_properties(values["properties"]);
          verdict.next_steps = make_python_steps(policy, values["next_steps"]);
          verdict.last_steps = make_python_steps(policy, values["last_steps"]);
          if (const py::object stop = values["stop"]; !stop.is_none()) {
            verdict.stop = Verdict::Stop{to_text(py::object(stop[py::int_(0)])), to_results(stop[py::int_(1)])};
          }
          return verdict;
        });
  }
  void build_finished(Ending planned, Reply<Ending> reply) override {
    ask<Ending>(
        policy_, std::move(reply),
        [session = session_, planned = std::move(planned)] {
          return py::object(
              held(session).attr("build_finished")(to_python(planned.texts), static_cast<int>(planned.results)));
        },
        [](const py::object& values) {
          return Ending{to_results(values["results"]), to_texts(values["texts"])};
        });
  }
};

Result<OpenedBuild> to_opened(Policy& policy, const py::object& runners, std::size_t expected) {
  OpenedBuild opened;
  const py::object session = runners.attr("session");
  opened.properties = to_properties(session.attr("take_properties")());
  opened.steps = make_python_steps(policy, runners);
  opened.locks = to_accesses(session.attr("locks"));
  if (is_true(session.attr("steers"))) {
    opened.session = std::make_shared<SteeringSession>(policy, policy.hold(session));
  } else {
    opened.session = std::make_shared<PythonSession>(policy, policy.hold(session));
  }
  if (opened.steps.size() != expected && !is_true(session.attr("makes_steps"))) {
    return make_error(Errc::script, "open_build() gave another number of steps than it was asked for");
  }
  return opened;
}

class PythonBuildMaker final : public BuildMaker {
 public:
  PythonBuildMaker(Policy& policy, ObjectRef maker) : policy_(policy), maker_(std::move(maker)) {}

  void open(BuildContext context, std::vector<ObjectRef> recipes, Reply<OpenedBuild> reply) override {
    const std::size_t expected = recipes.size();
    ask<OpenedBuild>(
        policy_, std::move(reply),
        [maker = maker_, context = std::move(context), recipes = std::move(recipes)] {
          py::list list;
          for (const ObjectRef& recipe : recipes) list.append(held(recipe));
          return py::object(policy_function("open_build")(held(maker), context_values(context), list));
        },
        [&policy = policy_, expected](const py::object& runners) { return to_opened(policy, runners, expected); });
  }

 private:
  Policy& policy_;
  const ObjectRef maker_;
};

}  // namespace

std::shared_ptr<BuildMaker> make_build_maker(Policy& policy, ObjectRef maker) {
  return std::make_shared<PythonBuildMaker>(policy, std::move(maker));
}

}  // namespace kiln::bindings
