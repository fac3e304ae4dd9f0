// SPDX-License-Identifier: MIT
#include "bindings/build_maker.h"

#include <utility>
#include <vector>

#include "bindings/call.h"
#include "bindings/python_step.h"
#include "bindings/rows.h"
#include "core/script/results_mirror.h"

namespace kiln::bindings {
namespace {

using namespace script;

py::dict to_dict(const BuildContext& context) {
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
  return dict;
}

// The build's Python side: the StepRunners' common `session`.
class PythonSession final : public BuildSession, public ResultsMirror {
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

 private:
  Policy& policy_;
  const ObjectRef session_;
};

Result<OpenedBuild> to_opened(Policy& policy, const py::object& runners, std::size_t expected) {
  OpenedBuild opened;
  for (const py::handle runner : runners) {
    if (!opened.session) {
      opened.session = std::make_shared<PythonSession>(policy, policy.hold(runner.attr("session")));
    }
    opened.steps.push_back(make_python_step(policy, py::reinterpret_borrow<py::object>(runner)));
  }
  if (opened.steps.size() != expected) {
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
          return py::object(policy_function("open_build")(held(maker), to_dict(context), list));
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
