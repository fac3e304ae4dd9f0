// SPDX-License-Identifier: MIT
#include "bindings/master_binding.h"

#include <string>

#include "bindings/call.h"
#include "bindings/rows.h"
#include "bindings/values.h"

namespace kiln::bindings {
namespace {

using script::MasterHost;

struct BoundMaster {
  Policy* policy;
  MasterHost* host;
};

FilterOp to_filter_op(const std::string& name) {
  static constexpr std::array<std::pair<std::string_view, FilterOp>, 9> names{{{"eq", FilterOp::eq},
                                                                               {"ne", FilterOp::ne},
                                                                               {"lt", FilterOp::lt},
                                                                               {"le", FilterOp::le},
                                                                               {"gt", FilterOp::gt},
                                                                               {"ge", FilterOp::ge},
                                                                               {"contains", FilterOp::contains},
                                                                               {"in", FilterOp::in},
                                                                               {"notin", FilterOp::notin}}};
  for (const auto& [word, op] : names) {
    if (word == name) return op;
  }
  throw py::value_error("unknown filter operator \"" + name + "\"");
}

Filter to_filter(py::handle triple) {
  const auto parts = py::cast<py::sequence>(triple);
  Filter filter;
  filter.field = to_text(py::object(parts[0]));
  filter.op = to_filter_op(to_text(py::object(parts[1])));
  for (const py::handle value : py::object(parts[2])) filter.values.push_back(to_json(value));
  return filter;
}

SortKey to_sort_key(py::handle text) {
  std::string field = to_text(text);
  const bool descending = field.starts_with('-');
  if (descending) field.erase(0, 1);
  return {std::move(field), descending};
}

ResultSpec to_spec(const py::dict& values) {
  const auto find = [&](const char* key) {
    return values.contains(key) ? py::object(values[key]) : py::object(py::none());
  };
  ResultSpec spec;
  if (const auto fields = find("fields"); !fields.is_none()) spec.fields = to_texts(fields);
  if (const auto properties = find("properties"); !properties.is_none()) spec.properties = to_texts(properties);
  if (const auto filters = find("filters"); !filters.is_none()) {
    for (const py::handle filter : filters) spec.filters.push_back(to_filter(filter));
  }
  if (const auto order = find("order"); !order.is_none()) {
    for (const py::handle key : order) spec.order.push_back(to_sort_key(key));
  }
  if (const auto limit = find("limit"); !limit.is_none()) spec.limit = limit.cast<std::int64_t>();
  if (const auto offset = find("offset"); !offset.is_none()) spec.offset = offset.cast<std::int64_t>();
  return spec;
}

py::object value_of(Result<Json>& result) { return to_python(*result); }

py::object data_get(const BoundMaster& self, py::str path, const py::dict& spec) {
  return submit<Json>(
      *self.policy,
      [host = self.host, path = to_text(path), parsed = to_spec(spec)](Reply<Json> reply) {
        host->data_get(path, parsed, std::move(reply));
      },
      value_of);
}

py::object control(const BoundMaster& self, py::str path, py::str method, const py::dict& params) {
  return submit<Json>(
      *self.policy,
      [host = self.host, path = to_text(path), method = to_text(method),
       json = to_json(params).as_object()](Reply<Json> reply) { host->control(path, method, json, std::move(reply)); },
      value_of);
}

py::object add_change(const BoundMaster& self, const py::dict& values) {
  script::ChangeDraft draft{to_change(values), {}};
  if (values.contains("src") && !py::object(values["src"]).is_none()) draft.src = to_text(py::object(values["src"]));
  return submit<ChangeId>(
      *self.policy,
      [host = self.host, draft = std::move(draft)](Reply<ChangeId> reply) {
        host->add_change(draft, std::move(reply));
      },
      [](Result<ChangeId>& id) -> py::object { return py::int_(id->value); });
}

py::object get_state(const BoundMaster& self, py::str object, py::str class_name, py::str key) {
  return submit<Json>(
      *self.policy,
      [host = self.host, object = to_text(object), class_name = to_text(class_name),
       key = to_text(key)](Reply<Json> reply) { host->get_state(object, class_name, key, std::move(reply)); },
      [key = to_text(key)](Result<Json>& value) -> py::object {
        if (value->is_null()) throw py::key_error(key);
        return to_python(*value);
      });
}

py::object set_state(const BoundMaster& self, py::str object, py::str class_name, py::str key, py::handle value) {
  return submit<void>(
      *self.policy,
      [host = self.host, object = to_text(object), class_name = to_text(class_name), key = to_text(key),
       json = to_json(value)](Reply<> reply) { host->set_state(object, class_name, key, json, std::move(reply)); },
      none_of);
}

py::object object_id(const BoundMaster& self, py::str object, py::str class_name) {
  return submit<std::int64_t>(
      *self.policy,
      [host = self.host, object = to_text(object), class_name = to_text(class_name)](Reply<std::int64_t> reply) {
        host->object_id(object, class_name, std::move(reply));
      },
      integer_of);
}

// [value], or [] when it was never set.
py::object get_object_state(const BoundMaster& self, std::int64_t object, py::str key) {
  return submit<Json>(
      *self.policy,
      [host = self.host, object, key = to_text(key)](Reply<Json> reply) {
        host->get_object_state(object, key, std::move(reply));
      },
      value_of);
}

py::object set_object_state(const BoundMaster& self, std::int64_t object, py::str key, py::handle value,
                            bool only_when_new) {
  return submit<bool>(
      *self.policy,
      [host = self.host, object, key = to_text(key), json = to_json(value), only_when_new](Reply<bool> reply) {
        host->set_object_state(object, key, json, only_when_new, std::move(reply));
      },
      [](Result<bool>& done) -> py::object { return py::bool_(*done); });
}

// `on_event(key, json)` on the policy thread for each event that fits, until stop_consuming(what this gives).
py::object consume(const BoundMaster& self, py::str pattern, py::function on_event) {
  return submit<std::int64_t>(
      *self.policy,
      [host = self.host, policy = self.policy, ref = self.policy->hold(std::move(on_event)),
       pattern = to_text(pattern)](Reply<std::int64_t> reply) {
        host->consume(
            pattern,
            [policy, ref](const std::string& key, const std::shared_ptr<const std::string>& body) {
              policy->post([ref, key, body] { held(ref)(to_str(key), to_str(*body)); });
            },
            std::move(reply));
      },
      integer_of);
}

void stop_consuming(const BoundMaster& self, std::int64_t consumer) { self.host->stop_consuming(consumer); }

script::BuildsetDraft to_buildset_draft(const py::dict& values) {
  const auto item = [&](const char* key) { return py::object(values[key]); };
  script::BuildsetDraft draft;
  draft.scheduler = to_text(item("scheduler"));
  draft.row.reason = to_text(item("reason"));
  draft.row.external_idstring = to_optional_text(item("external_idstring"));
  draft.row.parent_relationship = to_optional_text(item("parent_relationship"));
  if (const auto id = to_optional_integer(item("rebuilt_buildid"))) draft.row.rebuilt_buildid = BuildId(*id);
  if (const auto id = to_optional_integer(item("parent_buildid"))) draft.row.parent_buildid = BuildId(*id);
  for (const py::handle stamp : item("sourcestamps")) {
    draft.row.sourcestamps.push_back(to_sourcestamp(py::cast<py::dict>(stamp)));
  }
  draft.properties = to_properties(item("properties"));
  for (const py::handle id : item("builderids")) draft.builders.emplace_back(id.cast<std::int64_t>());
  draft.waited_for = item("waited_for").cast<bool>();
  draft.priority = item("priority").cast<int>();
  return draft;
}

// (bsid, {builderid: brid})
py::object add_buildset(const BoundMaster& self, const py::dict& values) {
  return submit<script::Triggered>(
      *self.policy,
      [host = self.host, draft = to_buildset_draft(values)](Reply<script::Triggered> reply) {
        host->add_buildset(draft, std::move(reply));
      },
      triggered_of);
}

py::object set_build_property(const BoundMaster& self, std::int64_t build, py::str name, py::handle value,
                              py::str source) {
  Property property;
  property.name = to_text(name);
  property.value = to_json(value);
  property.source = to_text(source);
  return submit<void>(
      *self.policy,
      [host = self.host, build, property = std::move(property)](Reply<> reply) {
        host->set_build_property(BuildId(build), property, std::move(reply));
      },
      none_of);
}

py::object reload(const BoundMaster& self) {
  return submit<void>(
      *self.policy, [host = self.host](Reply<> reply) { host->reload(std::move(reply)); },
      none_of);
}

}  // namespace

void add_master(py::module_& module) {
  py::class_<BoundMaster>(module, "Master", "The running master.")
      .def("data_get", &data_get, py::arg("path"), py::arg("spec"))
      .def("control", &control, py::arg("path"), py::arg("method"), py::arg("params"))
      .def("add_change", &add_change, py::arg("draft"))
      .def("get_state", &get_state, py::arg("object"), py::arg("class_name"), py::arg("key"))
      .def("set_state", &set_state, py::arg("object"), py::arg("class_name"), py::arg("key"), py::arg("value"))
      .def("object_id", &object_id, py::arg("object"), py::arg("class_name"))
      .def("get_object_state", &get_object_state, py::arg("object"), py::arg("key"))
      .def("set_object_state", &set_object_state, py::arg("object"), py::arg("key"), py::arg("value"),
           py::arg("only_when_new"))
      .def("consume", &consume, py::arg("pattern"), py::arg("on_event"))
      .def("stop_consuming", &stop_consuming, py::arg("consumer"))
      .def("add_buildset", &add_buildset, py::arg("draft"))
      .def("set_build_property", &set_build_property, py::arg("build"), py::arg("name"), py::arg("value"),
           py::arg("source"))
      .def("reload", &reload);
  module.attr("master") = py::none();
}

void give_master(Policy& policy, MasterHost& host) {
  py::module_::import("buildbot_cfg._core").attr("master") = py::cast(BoundMaster{&policy, &host});
}

void take_master_away() { py::module_::import("buildbot_cfg._core").attr("master") = py::none(); }

}  // namespace kiln::bindings
