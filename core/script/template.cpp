// SPDX-License-Identifier: MIT
#include "core/script/template.h"

#include "core/script/python_text.h"

namespace kiln::script {
namespace {

using Keywords = std::vector<std::pair<std::string_view, Json>>;

// The scope of an Interpolate: what surrounds it, and its own keyword arguments.
class KeywordScope : public RenderScope {
 public:
  KeywordScope(const RenderScope& outer, const Keywords& keywords) : outer_(outer), keywords_(keywords) {}

  const Json* property(std::string_view name) const override { return outer_.property(name); }
  std::optional<Json> source(std::string_view codebase, std::string_view attribute) const override {
    return outer_.source(codebase, attribute);
  }
  std::optional<Json> worker(std::string_view name) const override { return outer_.worker(name); }
  std::optional<std::string> secret(std::string_view name) const override { return outer_.secret(name); }
  std::optional<Json> keyword(std::string_view name) const override {
    for (const auto& [key, value] : keywords_) {
      if (key == name) return value;
    }
    return std::nullopt;
  }

 private:
  const RenderScope& outer_;
  const Keywords& keywords_;
};

// NOLINTNEXTLINE(misc-no-recursion): as deep as the configuration nests its values.
Result<Json> render_interpolate(const InterpolateTemplate& value, const RenderScope& scope) {
  Keywords keywords;
  keywords.reserve(value.keywords.size());
  for (const auto& [name, keyword] : value.keywords) {
    Result<Json> rendered = render(keyword, scope);
    if (!rendered) return rendered;
    keywords.emplace_back(name, std::move(*rendered));
  }
  Result<std::string> text = value.format->evaluate(KeywordScope(scope, keywords));
  if (!text) return text.error();
  return Json(std::move(*text));
}

// NOLINTNEXTLINE(misc-no-recursion)
Result<Json> render_property(const PropertyTemplate& value, const RenderScope& scope) {
  const Json* found = scope.property(value.name);
  const bool use_fallback = found == nullptr || (value.fallback_when_false && !is_truthy(*found));
  if (!use_fallback) return *found;
  if (value.fallback) return render(*value.fallback, scope);
  // Without a fallback a false value becomes None, as upstream has it.
  return Json(nullptr);
}

// NOLINTNEXTLINE(misc-no-recursion)
Result<Json> render_list(const Template::List& list, const RenderScope& scope) {
  JsonArray out;
  out.reserve(list.size());
  for (const Template& item : list) {
    Result<Json> rendered = render(item, scope);
    if (!rendered) return rendered;
    out.push_back(std::move(*rendered));
  }
  return Json(std::move(out));
}

// NOLINTNEXTLINE(misc-no-recursion)
Result<Json> render_dict(const Template::Dict& dict, const RenderScope& scope) {
  JsonObject out;
  for (const auto& [key, value] : dict) {
    Result<Json> name = render(key, scope);
    if (!name) return name;
    Result<Json> rendered = render(value, scope);
    if (!rendered) return rendered;
    out.insert_or_assign(python_str(*name), std::move(*rendered));
  }
  return Json(std::move(out));
}

}  // namespace

// NOLINTNEXTLINE(misc-no-recursion)
Result<Json> render(const Template& value, const RenderScope& scope) {
  if (const auto* constant = std::get_if<Json>(&value.value)) return *constant;
  if (const auto* interpolate = std::get_if<InterpolateTemplate>(&value.value)) {
    return render_interpolate(*interpolate, scope);
  }
  if (const auto* property = std::get_if<PropertyTemplate>(&value.value)) return render_property(*property, scope);
  if (const auto* list = std::get_if<Template::List>(&value.value)) return render_list(*list, scope);
  return render_dict(std::get<Template::Dict>(value.value), scope);
}

}  // namespace kiln::script
