// SPDX-License-Identifier: MIT
#include "bindings/interpolation.h"

#include <pybind11/stl.h>

#include <deque>
#include <string>

#include "bindings/json_convert.h"

namespace kiln::bindings {
namespace {

struct BoundInterpolation {
  std::shared_ptr<const script::Interpolation> format;
};

// Asks a Python object for the values. What it raises waits until the evaluation, which knows no Python, is over.
class LookupScope final : public script::RenderScope {
 public:
  explicit LookupScope(py::handle lookup) : lookup_(lookup) {}

  const Json* property(std::string_view name) const override {
    auto value = ask("property", to_str(name));
    if (!value) return nullptr;
    return &values_.emplace_back(*std::move(value));
  }
  std::optional<Json> source(std::string_view codebase, std::string_view attribute) const override {
    return ask("source", to_str(codebase), to_str(attribute));
  }
  std::optional<Json> worker(std::string_view name) const override { return ask("worker", to_str(name)); }
  std::optional<std::string> secret(std::string_view name) const override {
    const auto value = ask("secret", to_str(name));
    if (!value || value->is_null()) return std::nullopt;
    return to_display_text(*value);
  }
  std::optional<Json> keyword(std::string_view name) const override { return ask("keyword", to_str(name)); }

  void rethrow() const {
    if (raised_) throw py::error_already_set(*raised_);
  }

 private:
  template <class... Args>
  std::optional<Json> ask(const char* method, Args&&... args) const {
    if (raised_) return std::nullopt;
    try {
      return to_json_or_text(lookup_.attr(method)(std::forward<Args>(args)...));
    } catch (const py::error_already_set& raised) {
      if (!raised.matches(PyExc_LookupError)) raised_ = raised;
      return std::nullopt;
    }
  }

  py::handle lookup_;
  mutable std::deque<Json> values_;  // what property() points to
  mutable std::optional<py::error_already_set> raised_;
};

BoundInterpolation parse(const std::string& format) {
  auto parsed = script::Interpolation::parse(format);
  if (!parsed) throw py::value_error(parsed.error().what);
  return {*std::move(parsed)};
}

py::str evaluate(const BoundInterpolation& self, py::handle lookup) {
  const LookupScope scope(lookup);
  const Result<std::string> text = self.format->evaluate(scope);
  scope.rethrow();
  if (!text) throw py::value_error(text.error().what);
  return to_str(*text);
}

}  // namespace

void add_interpolation(py::module_& module) {
  py::class_<BoundInterpolation>(module, "Interpolation", "A parsed Interpolate format with selectors.")
      .def(py::init(&parse), py::arg("fmt"))
      .def_property_readonly("property_names",
                             [](const BoundInterpolation& self) { return self.format->property_names(); })
      .def_property_readonly("keyword_names",
                             [](const BoundInterpolation& self) { return self.format->keyword_names(); })
      .def_property_readonly("shortest_length",
                             [](const BoundInterpolation& self) { return self.format->shortest_length(); })
      .def("evaluate", &evaluate, py::arg("lookup"));
}

std::shared_ptr<const script::Interpolation> to_interpolation(py::handle object) {
  return object.cast<const BoundInterpolation&>().format;
}

}  // namespace kiln::bindings
