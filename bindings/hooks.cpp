// SPDX-License-Identifier: MIT
#include "bindings/hooks.h"

#include <utility>

#include "bindings/call.h"
#include "bindings/rows.h"
#include "bindings/values.h"

namespace kiln::bindings {
namespace {

using namespace script;

Result<Importance> to_importance(const py::object& value) {
  switch (value.cast<int>()) {
    case 0: return Importance::ignored;
    case 1: return Importance::unimportant;
    case 2: return Importance::important;
    default: return make_error(Errc::script, "classify() must give 0, 1 or 2");
  }
}

class PythonSchedulerHooks final : public SchedulerHooks {
 public:
  PythonSchedulerHooks(Policy& policy, ObjectRef hooks) : policy_(policy), hooks_(std::move(hooks)) {}

  void classify(const Change& change, Reply<Importance> reply) override {
    ask<Importance>(
        policy_, std::move(reply),
        [hooks = hooks_, change] { return py::object(policy_function("classify")(held(hooks), to_python(change))); },
        to_importance);
  }

 private:
  Policy& policy_;
  const ObjectRef hooks_;
};

class PythonOrderHooks final : public OrderHooks {
 public:
  PythonOrderHooks(Policy& policy, ObjectRef scheduler) : policy_(policy), scheduler_(std::move(scheduler)) {}

  void complete(OrderDraft draft, Reply<OrderDraft> reply) override {
    ask<OrderDraft>(
        policy_, std::move(reply),
        [scheduler = scheduler_, draft = std::move(draft)] {
          py::dict values;
          values["builder_names"] = to_python(draft.builder_names);
          values["properties"] = to_python(draft.properties);
          values["sourcestamps"] = to_python(draft.sourcestamps);
          values["changes"] = to_python(draft.changes);
          values["priority"] = draft.priority;
          return py::object(policy_function("complete_order")(held(scheduler), values));
        },
        [](const py::object& values) -> Result<OrderDraft> {
          OrderDraft done;
          done.builder_names = to_texts(py::object(values["builder_names"]));
          done.properties = to_properties(values["properties"]);
          done.priority = py::object(values["priority"]).cast<int>();
          return done;
        });
  }

 private:
  Policy& policy_;
  const ObjectRef scheduler_;
};

py::dict stamp_values(const StampOrder& stamp) {
  py::dict values;
  values["codebase"] = to_python(stamp.codebase);
  if (stamp.branch) values["branch"] = to_python(*stamp.branch);
  if (stamp.revision) values["revision"] = to_python(*stamp.revision);
  if (stamp.repository) values["repository"] = to_python(*stamp.repository);
  if (stamp.project) values["project"] = to_python(*stamp.project);
  if (stamp.patch) values["patch"] = to_python(*stamp.patch);
  return values;
}

py::dict order_values(const TriggerOrder& order, BuildId parent) {
  py::dict values;
  values["waited_for"] = order.waited_for;
  values["properties"] = to_python(order.properties);
  py::list stamps;
  for (const StampOrder& stamp : order.sourcestamps) stamps.append(stamp_values(stamp));
  values["sourcestamps"] = stamps;
  values["parent_buildid"] = to_python(parent);
  values["parent_relationship"] = to_python(order.parent_relationship);
  return values;
}

// A trigger that has begun; `ticket` is what its end is asked for with.
struct Begun {
  std::int64_t ticket = 0;
  Triggered triggered;
};

Result<Begun> to_begun(const py::object& values) {
  const auto parts = py::cast<py::sequence>(values);
  Begun begun;
  begun.ticket = py::object(parts[0]).cast<std::int64_t>();
  begun.triggered.buildset = BuildsetId(py::object(parts[1]).cast<std::int64_t>());
  for (const auto& [builder, request] : py::cast<py::dict>(py::object(parts[2]))) {
    begun.triggered.requests.emplace_back(BuilderId(builder.cast<std::int64_t>()),
                                          RequestId(request.cast<std::int64_t>()));
  }
  return begun;
}

class PythonTriggerHooks final : public TriggerHooks {
 public:
  PythonTriggerHooks(Policy& policy, ObjectRef scheduler) : policy_(policy), scheduler_(std::move(scheduler)) {}

  void trigger(TriggerOrder order, BuildId parent, Reply<Triggered> started, Reply<Results> finished) override {
    ask<Begun>(
        policy_,
        [&policy = policy_, started = std::move(started), finished = std::move(finished)](Result<Begun> begun) {
          if (!begun) {
            started(begun.error());
            return finished(begun.error());
          }
          started(std::move(begun->triggered));
          ask<Results>(
              policy, finished,
              [ticket = begun->ticket] { return py::object(policy_function("trigger_results")(ticket)); },
              [](const py::object& value) -> Result<Results> { return to_results(value); });
        },
        [scheduler = scheduler_, order = std::move(order), parent] {
          return py::object(policy_function("trigger_scheduler")(held(scheduler), order_values(order, parent)));
        },
        to_begun);
  }

 private:
  Policy& policy_;
  const ObjectRef scheduler_;
};

class PythonChangeHooks final : public ChangeHooks {
 public:
  explicit PythonChangeHooks(Policy& policy) : policy_(policy) {}

  void complete(ChangeDraft draft, Reply<ChangeDraft> reply) override {
    ask<ChangeDraft>(
        policy_, std::move(reply),
        [draft] {
          py::dict values = to_python(draft.change);
          values["src"] = to_str(draft.src);
          if (!draft.names_codebase) values["codebase"] = py::none();
          return py::object(policy_function("complete_change")(values));
        },
        [draft](const py::object& values) -> Result<ChangeDraft> {
          ChangeDraft done = draft;
          done.change.codebase = to_text(values["codebase"]);
          done.change.revlink = to_optional_text(values["revlink"]);
          return done;
        });
  }

 private:
  Policy& policy_;
};

class PythonBuilderHooks final : public BuilderHooks {
 public:
  PythonBuilderHooks(Policy& policy, ObjectRef hooks) : policy_(policy), hooks_(std::move(hooks)) {}

  void collapse(const BuildRequest& newer, const BuildRequest& older, Reply<bool> reply) override {
    ask<bool>(
        policy_, std::move(reply),
        [hooks = hooks_, newer, older] {
          return py::object(policy_function("collapse")(held(hooks), to_python(newer), to_python(older)));
        },
        // Only True itself collapses, as upstream compares.
        [](const py::object& value) -> Result<bool> { return value.ptr() == Py_True; });
  }

 private:
  Policy& policy_;
  const ObjectRef hooks_;
};

// Field errors go to the browser as JSON; everything else is the script's failure.
Error explain_refusal(const py::error_already_set& raised) {
  const py::object refusal =
      py::module_::import("buildbot_cfg.schedulers.forcesched").attr("CollectedValidationError");
  if (!raised.matches(refusal)) return script_error(raised);
  return make_error(Errc::bad_input, dump_json(to_json(raised.value().attr("errors"))));
}

ForceOrder to_order(const py::object& values) {
  ForceOrder order;
  order.builder_names = to_texts(py::object(values["builder_names"]));
  order.reason = to_text(values["reason"]);
  order.properties = to_properties(values["properties"]);
  for (const py::handle stamp : py::object(values["sourcestamps"])) {
    order.sourcestamps.push_back(to_sourcestamp(py::cast<py::dict>(stamp)));
  }
  order.priority = py::object(values["priority"]).cast<int>();
  return order;
}

class PythonForceForm final : public ForceForm {
 public:
  PythonForceForm(Policy& policy, ObjectRef form, bool is_stock)
      : policy_(policy), form_(std::move(form)), is_stock_(is_stock) {}

  void parse(std::string owner, std::vector<std::string> builder_names, JsonObject params,
             Reply<ForceOrder> reply) override {
    if (is_stock_) return parse_aside(std::move(owner), std::move(builder_names), std::move(params), std::move(reply));
    ask<ForceOrder>(
        policy_, std::move(reply),
        [form = form_, owner = std::move(owner), names = std::move(builder_names), params = std::move(params)] {
          return py::object(
              policy_function("parse_force")(held(form), to_str(owner), to_python(names), to_python(params)));
        },
        [](const py::object& values) -> Result<ForceOrder> { return to_order(values); }, explain_refusal);
  }

 private:
  // A form without code of the user's is read although the policy thread may be blocked.
  void parse_aside(std::string owner, std::vector<std::string> names, JsonObject params, Reply<ForceOrder> reply) {
    Answer<ForceOrder> answer(policy_.loop_queue(), std::move(reply));
    policy_.side_thread().post(
        [answer, form = form_, owner = std::move(owner), names = std::move(names), params = std::move(params)] {
          try {
            answer(to_order(held(form).attr("order")(to_str(owner), to_python(names), to_python(params))));
          } catch (const py::error_already_set& raised) {
            answer(explain_refusal(raised));
          } catch (const py::builtin_exception& thrown) {
            answer(explain_refusal(as_raised(thrown)));
          }
        });
  }

  Policy& policy_;
  const ObjectRef form_;
  const bool is_stock_;
};

}  // namespace

std::shared_ptr<SchedulerHooks> make_scheduler_hooks(Policy& policy, ObjectRef hooks) {
  return std::make_shared<PythonSchedulerHooks>(policy, std::move(hooks));
}

std::shared_ptr<OrderHooks> make_order_hooks(Policy& policy, ObjectRef scheduler) {
  return std::make_shared<PythonOrderHooks>(policy, std::move(scheduler));
}

std::shared_ptr<TriggerHooks> make_trigger_hooks(Policy& policy, ObjectRef scheduler) {
  return std::make_shared<PythonTriggerHooks>(policy, std::move(scheduler));
}

std::shared_ptr<ChangeHooks> make_change_hooks(Policy& policy) { return std::make_shared<PythonChangeHooks>(policy); }

std::shared_ptr<BuilderHooks> make_builder_hooks(Policy& policy, ObjectRef hooks) {
  return std::make_shared<PythonBuilderHooks>(policy, std::move(hooks));
}

std::shared_ptr<ForceForm> make_force_form(Policy& policy, ObjectRef form, bool is_stock) {
  return std::make_shared<PythonForceForm>(policy, std::move(form), is_stock);
}

}  // namespace kiln::bindings
