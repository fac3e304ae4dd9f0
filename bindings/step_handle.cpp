// SPDX-License-Identifier: MIT
#include "bindings/step_handle.h"

#include <pybind11/stl.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "bindings/call.h"
#include "bindings/json_convert.h"
#include "bindings/python_step.h"
#include "bindings/rows.h"
#include "bindings/values.h"

namespace kiln::bindings {
namespace {

using script::CommandOutcome;
using script::CommandRequest;
using script::StepHost;
using script::TransferPlan;

struct BoundHandle {
  Policy* policy;
  std::shared_ptr<LiveStep> live;
  BuildId build;
};

template <class T>
py::object ask_host(const BoundHandle& self, std::function<void(StepHost&, Reply<T>)> call,
                    std::function<py::object(Result<T>&)> convert) {
  return submit<T>(
      *self.policy,
      [live = self.live, call = std::move(call)](Reply<T> reply) {
        if (!live->host) return reply(make_error(Errc::cancelled, "the step has ended"));
        call(*live->host, std::move(reply));
      },
      std::move(convert));
}

// In order with everything else that this thread sends; nothing happens when the step has ended.
void tell_host(const BoundHandle& self, std::function<void(StepHost&)> call) {
  self.policy->loop_queue()->post([live = self.live, call = std::move(call)] {
    if (live->host) call(*live->host);
  });
}

LogType to_log_type(const std::string& name) {
  if (name == "s") return LogType::stream;
  if (name == "t") return LogType::text;
  if (name == "h") return LogType::html;
  throw py::value_error("unknown log type \"" + name + "\": it is 's', 't' or 'h'");
}

py::object id_and_slug(Result<Log>& log) { return py::make_tuple(log->id.value, to_str(log->slug)); }

py::object add_log(const BoundHandle& self, py::str name, const std::string& type) {
  return ask_host<Log>(
      self,
      [name = to_text(name), log_type = to_log_type(type)](StepHost& host, Reply<Log> reply) {
        host.add_log(name, log_type, std::move(reply));
      },
      id_and_slug);
}

py::object finish_log(const BoundHandle& self, std::int64_t logid) {
  return ask_host<void>(
      self, [logid](StepHost& host, Reply<> reply) { host.finish_log(LogId(logid), std::move(reply)); }, none_of);
}

const char* to_word(CommandOutcome::End end) {
  switch (end) {
    case CommandOutcome::End::completed: return "completed";
    case CommandOutcome::End::interrupted: return "interrupted";
    case CommandOutcome::End::connection_lost: return "connection_lost";
    case CommandOutcome::End::failed: return "failed";
  }
  return "failed";
}

py::object to_dict(Result<CommandOutcome>& result) {
  const CommandOutcome& outcome = *result;
  py::list updates;
  for (const auto& [key, value] : outcome.updates) {
    updates.append(py::make_tuple(to_str(key), to_python(value, Dialect::command)));
  }
  py::dict dict;
  dict["end"] = to_word(outcome.end);
  dict["rc"] = outcome.rc;
  dict["failure_reason"] = to_str(outcome.failure_reason);
  dict["error"] = to_str(outcome.error);
  dict["updates"] = updates;
  dict["stdout"] = to_str(outcome.collected_stdout);
  dict["stderr"] = to_str(outcome.collected_stderr);
  return dict;
}

template <class T>
std::optional<T> optional_item(const py::dict& dict, const char* key) {
  const py::object value = dict.attr("get")(key);
  return value.is_none() ? std::nullopt : std::optional(value.cast<T>());
}

// `{"kind": ..., "path": ..., "data": bytes, "max_size": ..., "mode": ..., "compression": ...}`
TransferPlan to_plan(const py::dict& dict) {
  using Kind = TransferPlan::Kind;
  using Compression = TransferPlan::Compression;
  const std::map<std::string, Kind> kinds{{"upload_file", Kind::upload_file},
                                          {"upload_directory", Kind::upload_directory},
                                          {"download_file", Kind::download_file},
                                          {"download_text", Kind::download_text}};
  const std::map<std::string, Compression> compressions{
      {"none", Compression::none}, {"gz", Compression::gz}, {"bz2", Compression::bz2}};
  TransferPlan plan;
  const auto kind = kinds.find(dict["kind"].cast<std::string>());
  if (kind == kinds.end()) throw py::value_error("unknown kind of transfer");
  plan.kind = kind->second;
  if (dict.contains("path")) plan.path = py::module_::import("os").attr("fsencode")(dict["path"]).cast<std::string>();
  if (dict.contains("data")) plan.text = dict["data"].cast<py::bytes>();
  plan.max_size = optional_item<std::int64_t>(dict, "max_size");
  plan.mode = optional_item<int>(dict, "mode");
  const auto compression = compressions.find(optional_item<std::string>(dict, "compression").value_or("none"));
  if (compression == compressions.end()) throw py::value_error("unknown compression of a transfer");
  plan.compression = compression->second;
  return plan;
}

using LogFiles = std::vector<std::pair<std::string, std::optional<std::int64_t>>>;

py::object run_command(const BoundHandle& self, py::str name, const py::dict& args, std::optional<std::int64_t> stdio,
                       const LogFiles& log_files, bool collect_stdout, bool collect_stderr,
                       const std::optional<py::dict>& transfer) {
  CommandRequest request;
  request.name = to_text(name);
  request.args = to_json(args, Dialect::command).as_object();
  if (stdio) request.stdio = LogId(*stdio);
  for (const auto& [file, logid] : log_files) {
    request.log_files.push_back({file, logid ? std::optional(LogId(*logid)) : std::nullopt});
  }
  request.collect_stdout = collect_stdout;
  request.collect_stderr = collect_stderr;
  if (transfer) request.transfer = to_plan(*transfer);
  return ask_host<CommandOutcome>(
      self,
      [request = std::move(request)](StepHost& host, Reply<CommandOutcome> reply) {
        host.run_command(request, std::move(reply));
      },
      to_dict);
}

py::object add_url(const BoundHandle& self, py::str name, py::str url) {
  return ask_host<void>(
      self,
      [name = to_text(name), url = to_text(url)](StepHost& host, Reply<> reply) {
        host.add_url(name, url, std::move(reply));
      },
      none_of);
}

// Two awaitables: (buildset, {builder: request}) when it is triggered, the results when it is complete.
py::object trigger(const BoundHandle& self, py::str scheduler, const py::dict& properties,
                   const py::iterable& sourcestamps, bool waited_for, py::str parent_relationship) {
  script::TriggerOrder order{to_text(scheduler), to_properties(properties), {}, waited_for,
                             to_text(parent_relationship)};
  for (const py::handle stamp : sourcestamps) order.sourcestamps.push_back(to_stamp_order(py::cast<py::dict>(stamp)));
  const py::object started = make_awaitable(self.policy->loop());
  const py::object finished = make_awaitable(self.policy->loop());
  auto on_started = awaitable_reply<script::Triggered>(*self.policy, started, triggered_of);
  auto on_finished = awaitable_reply<Results>(*self.policy, finished, [](Result<Results>& results) -> py::object {
    return py::int_(static_cast<int>(*results));
  });
  self.policy->loop_queue()->post([live = self.live, order = std::move(order), on_started = std::move(on_started),
                                   on_finished = std::move(on_finished)] {
    if (live->host) return live->host->trigger(order, on_started, on_finished);
    const Error error = make_error(Errc::cancelled, "the step has ended");
    on_started(error);
    on_finished(error);
  });
  return py::make_tuple(started, finished);
}

py::object set_build_data(const BoundHandle& self, py::str name, const py::buffer& value, py::str source) {
  const py::bytes bytes(py::module_::import("builtins").attr("bytes")(value));
  return ask_host<void>(
      self,
      [name = to_text(name), bytes = std::string(bytes), source = to_text(source)](StepHost& host, Reply<> reply) {
        host.set_build_data(name, bytes, source, std::move(reply));
      },
      none_of);
}

py::object add_test_result_set(const BoundHandle& self, std::optional<py::str> description, py::str category,
                               py::str value_unit) {
  TestResultSet set;
  if (description) set.description = to_text(*description);
  set.category = to_text(category);
  set.value_unit = to_text(value_unit);
  return ask_host<std::int64_t>(
      self,
      [set = std::move(set)](StepHost& host, Reply<std::int64_t> reply) {
        host.add_test_result_set(set, std::move(reply));
      },
      integer_of);
}

// Of tuples (value, test_name, test_code_path, line, duration_ns).
void add_test_results(const BoundHandle& self, std::int64_t setid, const py::iterable& values) {
  std::vector<TestResult> results;
  for (const py::handle item : values) {
    const auto parts = py::cast<py::sequence>(item);
    TestResult& result = results.emplace_back();
    result.value = to_text(py::object(parts[0]));
    result.test_name = to_optional_text(py::object(parts[1]));
    result.test_code_path = to_optional_text(py::object(parts[2]));
    result.line = to_optional_integer(py::object(parts[3]));
    result.duration_ns = to_optional_integer(py::object(parts[4]));
  }
  tell_host(self, [setid, results = std::move(results)](StepHost& host) { host.add_test_results(setid, results); });
}

py::object complete_test_result_set(const BoundHandle& self, std::int64_t setid, std::optional<std::int64_t> passed,
                                    std::optional<std::int64_t> failed) {
  return ask_host<void>(
      self,
      [setid, passed, failed](StepHost& host, Reply<> reply) {
        host.complete_test_result_set(setid, passed, failed, std::move(reply));
      },
      none_of);
}

void append_log(const BoundHandle& self, std::int64_t logid, py::str stream, py::str text) {
  const std::string letter = to_text(stream);
  if (letter.size() != 1) throw py::value_error("the stream of a log is one of 'o', 'e', 'h'");
  tell_host(self, [logid, letter = letter[0], text = to_text(text)](StepHost& host) {
    host.append_log(LogId(logid), letter, text);
  });
}

void watch_log(const BoundHandle& self, std::int64_t logid, py::function callback) {
  tell_host(self, [logid, policy = self.policy, ref = self.policy->hold(std::move(callback))](StepHost& host) {
    host.watch_log(LogId(logid), [policy, ref](const LogChunkPtr& chunk) {
      policy->post([ref, chunk] { held(ref)(chunk ? py::object(to_str(chunk->text)) : py::none()); });
    });
  });
}

void use_secret(const BoundHandle& self, py::str name, py::str value) {
  tell_host(self, [name = to_text(name), value = to_text(value)](StepHost& host) { host.use_secret(name, value); });
}

void set_property(const BoundHandle& self, py::str name, py::handle value, py::str source, bool runtime) {
  tell_host(self, [name = to_text(name), json = to_json(value), source = to_text(source), runtime](StepHost& host) {
    host.set_property(name, json, source, runtime);
  });
}

void set_state_string(const BoundHandle& self, py::str text) {
  tell_host(self, [text = to_text(text)](StepHost& host) { host.set_state_string(text); });
}

using SubSteps = script::SubStepHost;

template <class T>
py::object ask_sub_steps(const BoundHandle& self, std::function<void(SubSteps&, Reply<T>)> call,
                         std::function<py::object(Result<T>&)> convert) {
  return ask_host<T>(
      self,
      [call = std::move(call)](StepHost& host, Reply<T> reply) {
        if (SubSteps* steps = host.sub_steps()) return call(*steps, std::move(reply));
        reply(make_error(Errc::not_found, "this step makes no steps by hand"));
      },
      std::move(convert));
}

py::object add_sub_step(const BoundHandle& self, py::str name) {
  return ask_sub_steps<Step>(
      self,
      [name = to_text(name)](SubSteps& steps, Reply<Step> reply) { steps.add(name, std::move(reply)); },
      [](Result<Step>& step) -> py::object {
        return py::make_tuple(step->id.value, step->number, to_str(step->name));
      });
}

py::object add_sub_log(const BoundHandle& self, std::int64_t step, py::str name, const std::string& type) {
  return ask_sub_steps<Log>(
      self,
      [step, name = to_text(name), log_type = to_log_type(type)](SubSteps& steps, Reply<Log> reply) {
        steps.add_log(StepId(step), name, log_type, std::move(reply));
      },
      id_and_slug);
}

py::object add_sub_url(const BoundHandle& self, std::int64_t step, py::str name, py::str url) {
  return ask_sub_steps<void>(
      self,
      [step, name = to_text(name), url = to_text(url)](SubSteps& steps, Reply<> reply) {
        steps.add_url(StepId(step), name, url, std::move(reply));
      },
      none_of);
}

void set_sub_state(const BoundHandle& self, std::int64_t step, py::str text) {
  tell_host(self, [step, text = to_text(text)](StepHost& host) {
    if (SubSteps* steps = host.sub_steps()) steps->set_state_string(StepId(step), text);
  });
}

py::object finish_sub_step(const BoundHandle& self, std::int64_t step, int results, bool hidden) {
  return ask_sub_steps<void>(
      self,
      [step, results = to_results(py::int_(results)), hidden](SubSteps& steps, Reply<> reply) {
        steps.finish(StepId(step), results, hidden, std::move(reply));
      },
      none_of);
}

void stop_build(const BoundHandle& self, py::str reason, int results) {
  tell_host(self, [reason = to_text(reason), results = to_results(py::int_(results))](StepHost& host) {
    host.stop_build(reason, results);
  });
}

void add_steps(const BoundHandle& self, const py::sequence& runners, bool at_end) {
  std::vector<script::StepPtr> steps = make_python_steps(*self.policy, runners);
  tell_host(self, [steps = std::move(steps), at_end](StepHost& host) { host.add_steps(steps, at_end); });
}

}  // namespace

void add_step_handle(py::module_& module) {
  py::class_<BoundHandle>(module, "StepHandle", "What a running step may ask of the engine.")
      .def("build_id", [](const BoundHandle& self) { return self.build.value; })
      .def("add_log", &add_log, py::arg("name"), py::arg("type"))
      .def("finish_log", &finish_log, py::arg("logid"))
      .def("run_command", &run_command, py::arg("name"), py::arg("args"), py::arg("stdio"), py::arg("log_files"),
           py::arg("collect_stdout"), py::arg("collect_stderr"), py::arg("transfer") = py::none())
      .def("use_secret", &use_secret, py::arg("name"), py::arg("value"))
      .def("add_url", &add_url, py::arg("name"), py::arg("url"))
      .def("trigger", &trigger, py::arg("scheduler"), py::arg("properties"), py::arg("sourcestamps"),
           py::arg("waited_for"), py::arg("parent_relationship"))
      .def("set_build_data", &set_build_data, py::arg("name"), py::arg("value"), py::arg("source"))
      .def("add_test_result_set", &add_test_result_set, py::arg("description"), py::arg("category"),
           py::arg("value_unit"))
      .def("add_test_results", &add_test_results, py::arg("setid"), py::arg("results"))
      .def("complete_test_result_set", &complete_test_result_set, py::arg("setid"), py::arg("tests_passed"),
           py::arg("tests_failed"))
      .def("append_log", &append_log, py::arg("logid"), py::arg("stream"), py::arg("text"))
      .def("watch_log", &watch_log, py::arg("logid"), py::arg("callback"))
      .def("set_property", &set_property, py::arg("name"), py::arg("value"), py::arg("source"), py::arg("runtime"))
      .def("set_state_string", &set_state_string, py::arg("text"))
      .def("add_sub_step", &add_sub_step, py::arg("name"))
      .def("add_sub_log", &add_sub_log, py::arg("stepid"), py::arg("name"), py::arg("type"))
      .def("add_sub_url", &add_sub_url, py::arg("stepid"), py::arg("name"), py::arg("url"))
      .def("set_sub_state", &set_sub_state, py::arg("stepid"), py::arg("text"))
      .def("finish_sub_step", &finish_sub_step, py::arg("stepid"), py::arg("results"), py::arg("hidden"))
      .def("stop_build", &stop_build, py::arg("reason"), py::arg("results"))
      .def("add_steps", &add_steps, py::arg("runners"), py::arg("at_end"));
}

py::object make_step_handle(Policy& policy, std::shared_ptr<LiveStep> live, BuildId build) {
  return py::cast(BoundHandle{&policy, std::move(live), build});
}

}  // namespace kiln::bindings
