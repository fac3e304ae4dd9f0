// SPDX-License-Identifier: MIT
#include "bindings/config_reader.h"

#include <pybind11/stl.h>

#include <memory>
#include <string>
#include <unordered_map>
#include <utility>

#include "bindings/auth_reader.h"
#include "bindings/build_maker.h"
#include "bindings/hooks.h"
#include "bindings/json_convert.h"
#include "bindings/lock_reader.h"
#include "bindings/native_shell_reader.h"
#include "bindings/template_reader.h"
#include "bindings/values.h"

namespace kiln::bindings {
namespace {

using namespace script;

// Attributes of one view, by name and C++ type.
class View {
 public:
  explicit View(py::handle object) : object_(py::reinterpret_borrow<py::object>(object)) {}

  py::object operator[](const char* name) const {
    PyObject* value = PyObject_GetAttr(object_.ptr(), interned(name));
    if (!value) throw py::error_already_set();
    return py::reinterpret_steal<py::object>(value);
  }
  std::string text(const char* name) const { return to_text((*this)[name]); }
  std::optional<std::string> optional_text(const char* name) const { return to_optional_text((*this)[name]); }
  std::vector<std::string> texts(const char* name) const { return to_texts((*this)[name]); }
  int integer(const char* name) const { return (*this)[name].cast<int>(); }
  bool flag(const char* name) const { return is_true((*this)[name]); }
  Properties properties(const char* name) const { return to_properties((*this)[name]); }
  const py::object& object() const { return object_; }

 private:
  // Names are literals. Process-wide like the interpreter itself, which is never restarted.
  static PyObject* interned(const char* name) {
    static std::unordered_map<const char*, PyObject*> names;
    PyObject*& found = names[name];
    if (!found) found = PyUnicode_InternFromString(name);
    return found;
  }

  py::object object_;
};

// What is made of a view: the configuration to use, or only what could be wrong with it.
enum class Purpose { use, check };

Collapse to_collapse(const std::string& word) {
  if (word == "rule") return Collapse::rule;
  if (word == "off") return Collapse::off;
  if (word == "callback") return Collapse::callback;
  throw py::value_error("unknown way to collapse requests \"" + word + "\"");
}

// What the steps of one class share is read once.
class StockShells {
 public:
  const NativeShell& of(const py::dict& shared) {
    const auto [found, is_new] = shells_.try_emplace(shared.ptr());
    if (is_new) {
      found->second.fields = shared;
      read_native_shell(shared, found->second.shell);
    }
    return found->second.shell;
  }

 private:
  struct Stock {
    py::object fields;  // keeps the key alive
    NativeShell shell;
  };

  std::unordered_map<PyObject*, Stock> shells_;
};

StepRecipe to_recipe(Policy& policy, StockShells& shells, const View& view) {
  StepRecipe recipe;
  recipe.class_name = view.text("class_name");
  if (const py::object native = view["native"]; !native.is_none()) {
    auto shell = std::make_shared<NativeShell>(shells.of(py::cast<py::dict>(view["shared"])));
    read_native_shell(py::cast<py::dict>(native), *shell);
    recipe.native = std::move(shell);
  } else {
    recipe.python = policy.hold(view["python"]);
  }
  return recipe;
}

std::shared_ptr<const BuilderConfig> to_builder(Policy& policy, StockShells& shells, const View& view,
                                                Purpose purpose) {
  auto builder = std::make_shared<BuilderConfig>();
  builder->name = view.text("name");
  builder->description = view.optional_text("description");
  builder->description_format = view.optional_text("description_format");
  builder->tags = view.texts("tags");
  builder->worker_names = view.texts("worker_names");
  builder->builddir = view.text("builddir");
  builder->worker_builddir = view.text("worker_builddir");
  builder->env = to_template(view["env"]);
  builder->properties = view.properties("properties");
  builder->default_properties = view.properties("default_properties");
  builder->collapse = to_collapse(view.text("collapse"));
  builder->workdir = view.text("workdir");
  builder->locks = to_accesses(view["locks"]);
  bool has_python = view.flag("renders_locks");
  for (const py::handle step : view[purpose == Purpose::use ? "steps" : "steps_in_doubt"]) {
    builder->steps.push_back(to_recipe(policy, shells, View(step)));
    has_python = has_python || builder->steps.back().python;
  }
  if (has_python) builder->maker = make_build_maker(policy, policy.hold(view["maker"]));
  if (py::object hooks = view["hooks"]; !hooks.is_none()) {
    builder->hooks = make_builder_hooks(policy, policy.hold(std::move(hooks)));
  }
  if (py::object match = view["match"]; !match.is_none()) {
    const bool chooses_request = is_true(match.attr("chooses_request"));
    builder->match = make_match_hooks(policy, policy.hold(std::move(match)), chooses_request);
  }
  if (py::object gate = view["gate"]; !gate.is_none()) {
    builder->gate = make_build_gate(policy, policy.hold(std::move(gate)));
  }
  if (purpose == Purpose::use) builder->object = policy.hold(view.object());
  return builder;
}

std::chrono::seconds to_seconds(py::handle value) {
  return std::chrono::seconds(static_cast<std::int64_t>(value.cast<double>()));
}

std::shared_ptr<const WorkerConfig> to_worker(const View& view) {
  auto worker = std::make_shared<WorkerConfig>();
  worker->name = view.text("name");
  worker->password = view.text("password");
  worker->max_builds = view["max_builds"].cast<std::optional<int>>();
  worker->properties = view.properties("properties");
  worker->default_properties = view.properties("default_properties");
  worker->keepalive_interval = to_seconds(view["keepalive_interval"]);
  worker->missing_timeout = to_seconds(view["missing_timeout"]);
  worker->locks = to_accesses(view["locks"]);
  worker->class_name = view.text("class_name");
  return worker;
}

CodebaseDefaults to_codebase(const py::dict& values) {
  const auto find = [&](const char* key) -> std::optional<std::string> {
    return values.contains(key) ? to_optional_text(py::object(values[key])) : std::nullopt;
  };
  return {find("branch"), find("revision"), find("repository").value_or(""), find("project").value_or("")};
}

NativeChangeFilter to_filter(const py::object& conditions) {
  NativeChangeFilter filter;
  for (const py::handle condition : conditions) {
    const auto parts = py::cast<py::sequence>(condition);
    NativeChangeFilter::Condition out;
    out.attribute = to_text(py::object(parts[0]));
    for (const py::handle value : py::object(parts[1])) out.values.push_back(to_optional_text(value));
    out.negate = is_true(py::object(parts[2]));
    filter.conditions.push_back(std::move(out));
  }
  return filter;
}

template <std::size_t size>
std::bitset<size> to_bits(const py::object& numbers) {
  std::bitset<size> bits;
  for (const py::handle number : numbers) bits.set(number.cast<std::size_t>());
  return bits;
}

CronTimes to_times(const View& view) {
  CronTimes times;
  times.minutes = to_bits<60>(view["minutes"]);
  times.hours = to_bits<24>(view["hours"]);
  times.days = to_bits<32>(view["days"]);
  times.months = to_bits<13>(view["months"]);
  times.weekdays = to_bits<7>(view["weekdays"]);
  times.last_day = view.flag("last_day");
  times.any_day = view.flag("any_day");
  times.any_weekday = view.flag("any_weekday");
  return times;
}

std::chrono::milliseconds to_milliseconds(const py::object& seconds) {
  return std::chrono::milliseconds(static_cast<std::int64_t>(seconds.cast<double>() * 1000));
}

// Every scheduler's view has all of them.
void read_timing(const View& view, SchedulerConfig& scheduler) {
  scheduler.period = to_milliseconds(view["period"]);
  if (const py::object times = view["times"]; !times.is_none()) scheduler.times = to_times(View(times));
  if (const py::object times = view["forced_times"]; !times.is_none()) scheduler.forced_times = to_times(View(times));
  scheduler.only_if_changed = view.flag("only_if_changed");
}

void read_changes(Policy& policy, const View& view, SchedulerConfig& scheduler) {
  if (const py::object seconds = view["tree_stable_timer"]; !seconds.is_none()) {
    scheduler.tree_stable_timer = to_milliseconds(seconds);
  }
  scheduler.only_important = view.flag("only_important");
  scheduler.absolute_stamps = view.flag("absolute_stamps");
  if (py::object hooks = view["hooks"]; !hooks.is_none()) {
    scheduler.hooks = make_scheduler_hooks(policy, policy.hold(std::move(hooks)));
  } else {
    scheduler.filter = to_filter(view["filter"]);
  }
}

void read_force(Policy& policy, const View& view, SchedulerConfig& scheduler) {
  scheduler.button_name = view.text("button_name");
  scheduler.label = view.text("label");
  scheduler.all_fields = to_json(view["all_fields"]).as_array();
  scheduler.form = make_force_form(policy, policy.hold(view["form"]), view.flag("form_is_stock"));
}

SchedulerConfig::Kind to_kind(const std::string& word) {
  using Kind = SchedulerConfig::Kind;
  constexpr std::pair<std::string_view, Kind> kinds[] = {
      {"single_branch", Kind::single_branch}, {"any_branch", Kind::any_branch},
      {"force", Kind::force},                 {"periodic", Kind::periodic},
      {"nightly", Kind::nightly},             {"nightly_triggerable", Kind::nightly_triggerable},
      {"triggerable", Kind::triggerable},     {"dependent", Kind::dependent},
      {"try_jobdir", Kind::try_jobdir},       {"try_userpass", Kind::try_userpass},
      {"scripted", Kind::scripted}};
  for (const auto& [name, kind] : kinds) {
    if (name == word) return kind;
  }
  throw py::value_error("unknown kind of scheduler \"" + word + "\"");
}

std::shared_ptr<const SchedulerConfig> to_scheduler(Policy& policy, const View& view) {
  auto scheduler = std::make_shared<SchedulerConfig>();
  scheduler->name = view.text("name");
  scheduler->class_name = view.text("class_name");
  scheduler->builder_names = view.texts("builder_names");
  scheduler->properties = view.properties("properties");
  scheduler->priority = view.integer("priority");
  if (py::object order = view["order"]; !order.is_none()) {
    scheduler->order_hooks = make_order_hooks(policy, policy.hold(std::move(order)));
  }
  scheduler->codebases.clear();
  for (const auto& [codebase, defaults] : py::cast<py::dict>(view["codebases"])) {
    scheduler->codebases[to_text(codebase)] = to_codebase(py::cast<py::dict>(defaults));
  }
  scheduler->kind = to_kind(view.text("kind"));
  scheduler->reason = view.text("reason");
  scheduler->upstream = view.text("upstream");
  read_changes(policy, view, *scheduler);
  read_timing(view, *scheduler);
  if (scheduler->kind == SchedulerConfig::Kind::force) read_force(policy, view, *scheduler);
  if (scheduler->kind == SchedulerConfig::Kind::try_jobdir) scheduler->jobdir = view.text("jobdir");
  if (py::object trigger = view["trigger"]; !trigger.is_none()) {
    scheduler->trigger_hooks = make_trigger_hooks(policy, policy.hold(std::move(trigger)));
  }
  return scheduler;
}

PbClient to_client(const View& view) {
  return {view.text("port"), view.text("user"), view.text("password"), view.text("scheduler"),
          view.optional_text("prefix")};
}

WwwConfig to_www(Policy& policy, const py::dict& values) {
  WwwConfig www;
  www.port = to_optional_text(py::object(values["port"]));
  www.settings = to_json(py::object(values["settings"])).as_object();
  www.hook_base = is_true(py::object(values["hook_base"]));
  www.allowed_origins = to_texts(py::object(values["allowed_origins"]));
  www.json_cache_seconds = py::object(values["json_cache_seconds"]).cast<int>();
  www.auth = read_auth(policy, py::cast<py::dict>(py::object(values["auth"])));
  www.authz = read_authz(policy, py::object(values["authz"]));
  www.session_life = std::chrono::seconds(py::object(values["session_seconds"]).cast<std::int64_t>());
  return www;
}

ReloadLimits to_reload_limits(const py::dict& settings) {
  ReloadLimits limits;
  limits.time = std::chrono::milliseconds(static_cast<std::int64_t>(py::object(settings["reload_timeout"]).cast<double>() * 1000));
  limits.memory_mib = py::object(settings["reload_memory"]).cast<int>();
  return limits;
}

RetryLimits to_retry_limits(const py::dict& settings) {
  RetryLimits limits;
  const py::object count = settings["retry_limit"];
  if (!count.is_none()) limits.count = count.cast<int>();
  limits.longest_delay = std::chrono::seconds(py::object(settings["retry_delay"]).cast<int>());
  return limits;
}

ServiceConfig to_service(py::handle pair) {
  const auto parts = py::cast<py::sequence>(pair);
  return {to_text(py::object(parts[0])), to_text(py::object(parts[1]))};
}

// Frozen objects (Runtime::load) need a full look.
void collect_garbage() {
  const py::module_ gc = py::module_::import("gc");
  gc.attr("unfreeze")();
  gc.attr("collect")();
  gc.attr("freeze")();
}

// A configuration ends with the last build that uses it. Work that was posted before, such as the closing of that
// build, may hold its objects until it has run: what it held is dropped with the batch after it, and so is the garbage.
void delete_config(const std::shared_ptr<WorkQueue>& work, const Config* config) {
  delete config;
  work->post([work] { work->post(collect_garbage); });
}

ConfigPtr read(Policy& policy, const py::object& object, Purpose purpose) {
  const View view(object);
  const auto config = std::shared_ptr<Config>(
      new Config, [work = policy.work_queue()](const Config* dying) { delete_config(work, dying); });
  config->title = view.text("title");
  config->title_url = view.text("title_url");
  config->buildbot_url = view.text("buildbot_url");
  config->db_url = view.text("db_url");
  config->pb_ports = view.texts("pb_ports");
  config->msgpack_ports = view.texts("msgpack_ports");
  for (const py::handle item : view["pb_clients"]) config->pb_clients.push_back(to_client(View(item)));
  config->www = to_www(policy, py::cast<py::dict>(view["www"]));
  config->properties = view.properties("properties");
  config->collapse = to_collapse(view.text("collapse"));
  StockShells shells;
  const auto keep = [purpose](auto& list, auto item) {
    if (purpose == Purpose::use) list.push_back(std::move(item));
  };
  for (const py::handle item : view["builders"]) keep(config->builders, to_builder(policy, shells, View(item), purpose));
  for (const py::handle item : view["workers"]) keep(config->workers, to_worker(View(item)));
  for (const py::handle item : view["schedulers"]) keep(config->schedulers, to_scheduler(policy, View(item)));
  config->locks = to_locks(view["locks"]);
  for (const py::handle item : view["change_sources"]) config->change_sources.push_back(to_service(item));
  if (view.flag("completes_changes")) config->change_hooks = make_change_hooks(policy);
  if (py::object order = view["builder_order"]; !order.is_none()) {
    config->builder_order = make_builder_order(policy, policy.hold(std::move(order)));
  }
  const auto settings = py::cast<py::dict>(view["settings"]);
  config->reload_limits = to_reload_limits(settings);
  config->retry_limits = to_retry_limits(settings);
  config->warnings = view.texts("warnings");
  config->object = policy.hold(object);
  return config;
}

}  // namespace

ConfigPtr read_config(Policy& policy, const py::object& view) { return read(policy, view, Purpose::use); }

ConfigPtr try_to_read_config(Policy& policy, const py::object& view) { return read(policy, view, Purpose::check); }

}  // namespace kiln::bindings
