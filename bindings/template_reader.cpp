// SPDX-License-Identifier: MIT
#include "bindings/template_reader.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "bindings/interpolation.h"
#include "bindings/json_convert.h"
#include "bindings/values.h"

namespace kiln::bindings {
namespace {

using script::Template;

Template to_renderable(const py::tuple& node) {
  const std::string kind = to_text(py::object(node[0]));
  Template out;
  if (kind == "interpolate") {
    script::InterpolateTemplate interpolate{to_interpolation(py::object(node[1])), {}};
    for (const auto& [keyword, view] : py::cast<py::dict>(py::object(node[2]))) {
      interpolate.keywords.emplace_back(to_text(keyword), to_template(view));
    }
    out.value = std::move(interpolate);
    return out;
  }
  if (kind != "property") throw py::value_error("unknown template node \"" + kind + "\"");
  script::PropertyTemplate property;
  property.name = to_text(py::object(node[1]));
  const py::object fallback = node[2];
  if (!fallback.is_none()) property.fallback = std::make_shared<const Template>(to_template(fallback));
  property.fallback_when_false = is_true(py::object(node[3]));
  out.value = std::move(property);
  return out;
}

Template from_list(const py::list& views) {
  Template::List items;
  for (const py::handle view : views) items.push_back(to_template(view));
  Template out;
  if (!std::all_of(items.begin(), items.end(), [](const Template& item) { return item.is_constant(); })) {
    out.value = std::move(items);
    return out;
  }
  JsonArray constants;
  for (Template& item : items) constants.push_back(std::get<Json>(std::move(item.value)));
  out.value = Json(std::move(constants));
  return out;
}

Template from_dict(const py::dict& views) {
  Template::Dict items;
  bool is_constant = true;
  for (const auto& [key, view] : views) {
    items.emplace_back(to_template(key), to_template(view));
    is_constant = is_constant && items.back().first.is_constant() && items.back().second.is_constant();
  }
  Template out;
  if (is_constant) {
    out.value = to_json(views);
  } else {
    out.value = std::move(items);
  }
  return out;
}

}  // namespace

Template to_template(py::handle view) {
  if (py::isinstance<py::tuple>(view)) return to_renderable(py::reinterpret_borrow<py::tuple>(view));
  if (py::isinstance<py::list>(view)) return from_list(py::reinterpret_borrow<py::list>(view));
  if (py::isinstance<py::dict>(view)) return from_dict(py::reinterpret_borrow<py::dict>(view));
  return {to_json(view)};
}

}  // namespace kiln::bindings
