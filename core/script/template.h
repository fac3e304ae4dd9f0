// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/base/json.h"
#include "core/base/result.h"
#include "core/model/entities.h"
#include "core/model/properties.h"

// Values of a configuration that are rendered for each build without Python (semantics.md section 5).
namespace kiln::script {

// What renderables may refer to.
class RenderScope {
 public:
  virtual ~RenderScope() = default;
  virtual const Json* property(std::string_view name) const = 0;  // nullptr: not set
  // An attribute (branch, revision, repository, project, codebase) of the sourcestamp of `codebase`; nullopt: no such.
  virtual std::optional<Json> source(std::string_view codebase, std::string_view attribute) const = 0;
  virtual std::optional<Json> worker(std::string_view name) const = 0;
  virtual std::optional<std::string> secret(std::string_view name) const = 0;
  // A keyword argument of the Interpolate being evaluated, already rendered.
  virtual std::optional<Json> keyword(std::string_view name) const = 0;
};

struct Template;

// A parsed Interpolate format with selectors. Immutable, shared.
class Interpolation {
 public:
  // Errors: bad_input saying what is wrong in the format (selector, name, conversion, modifier).
  static Result<std::shared_ptr<const Interpolation>> parse(std::string_view format);
  ~Interpolation();
  Result<std::string> evaluate(const RenderScope& scope) const;
  // Names of the properties and keywords it refers to, in order of appearance: what Python must render first.
  const std::vector<std::string>& property_names() const;
  const std::vector<std::string>& keyword_names() const;
  // Upper bound is not known; this is the length of the shortest possible result (for the check of step names).
  std::size_t shortest_length() const;

 private:
  friend class InterpolationParser;
  struct Parts;
  explicit Interpolation(std::unique_ptr<const Parts> parts);
  static Result<std::shared_ptr<const Interpolation>> parse_nested(std::string_view format, int depth);
  std::unique_ptr<const Parts> parts_;
};

struct InterpolateTemplate {
  std::shared_ptr<const Interpolation> format;
  std::vector<std::pair<std::string, Template>> keywords;
};
struct PropertyTemplate {
  std::string name;
  std::shared_ptr<const Template> fallback;  // may be null: None
  bool fallback_when_false = true;
};

// A constant, a renderable, or a list or dict of templates.
struct Template {
  using List = std::vector<Template>;
  using Dict = std::vector<std::pair<Template, Template>>;
  std::variant<Json, InterpolateTemplate, PropertyTemplate, List, Dict> value;

  Template() = default;
  Template(Json constant) : value(std::move(constant)) {}  // NOLINT(google-explicit-constructor)
  bool is_constant() const { return std::holds_alternative<Json>(value); }
};

Result<Json> render(const Template& value, const RenderScope& scope);

}  // namespace kiln::script
