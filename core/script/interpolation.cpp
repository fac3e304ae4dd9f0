// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>

#include "core/script/interpolation_parts.h"
#include "core/script/python_text.h"
#include "core/script/template.h"

namespace kiln::script {
namespace {

std::optional<Json> look_up(const Field& field, const RenderScope& scope) {
  switch (field.selector) {
    case Field::Selector::property: {
      const Json* value = scope.property(field.name);
      return value == nullptr ? std::nullopt : std::optional<Json>(*value);
    }
    case Field::Selector::keyword: return scope.keyword(field.name);
    case Field::Selector::source: return scope.source(field.codebase, field.name);
    case Field::Selector::worker: return scope.worker(field.name);
    case Field::Selector::secret: {
      std::optional<std::string> secret = scope.secret(field.name);
      return secret ? std::optional<Json>(Json(std::move(*secret))) : std::nullopt;
    }
  }
  return std::nullopt;
}

// The value to show, or the Interpolation that replaces it.
struct Choice {
  Json value;
  const Interpolation* text = nullptr;
};

Choice choose(const Field& field, std::optional<Json> found) {
  using Modifier = Field::Modifier;
  const bool present = found.has_value();
  const bool truthy = present && is_truthy(*found);
  switch (field.modifier) {
    case Modifier::if_missing:
      if (!present) return {nullptr, field.text.get()};
      return {std::move(*found), nullptr};
    case Modifier::if_false:
      if (!truthy) return {nullptr, field.text.get()};
      return {std::move(*found), nullptr};
    case Modifier::if_present: return {nullptr, present ? field.text.get() : nullptr};
    case Modifier::ternary_present: return {nullptr, present ? field.text.get() : field.otherwise.get()};
    case Modifier::ternary_true: return {nullptr, truthy ? field.text.get() : field.otherwise.get()};
  }
  return {};
}

std::size_t character_count(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::string_view first_characters(std::string_view text, std::size_t count) {
  std::size_t end = 0;
  for (std::size_t seen = 0; end < text.size(); ++end) {
    const bool begins = (static_cast<unsigned char>(text[end]) & 0xC0U) != 0x80U;
    if (begins && ++seen > count) break;
  }
  return text.substr(0, end);
}

void append_formatted(std::string& out, const Conversion& conversion, std::string text) {
  if (conversion.precision) text = std::string(first_characters(text, *conversion.precision));
  const std::size_t length = character_count(text);
  const std::size_t padding = conversion.width > length ? conversion.width - length : 0;
  if (!conversion.left) out.append(padding, ' ');
  out += text;
  if (conversion.left) out.append(padding, ' ');
}

std::string converted(const Conversion& conversion, const Json& value) {
  // Upstream shows None as an empty text, also for %r.
  const Json shown = value.is_null() ? Json("") : value;
  if (conversion.type == 's') return python_str(shown);
  if (conversion.type == 'a' && shown.is_string()) return python_repr(std::string_view(shown.get_string()), true);
  return python_repr(shown);
}

// NOLINTNEXTLINE(misc-no-recursion): as deep as the format is nested.
Result<void> append_field(std::string& out, const Field& field, const RenderScope& scope) {
  std::optional<Json> found = look_up(field, scope);
  if (!found && field.selector == Field::Selector::secret) {
    return make_error(Errc::not_found, fmt::format("secret '{}' is not found in any provider", field.name));
  }
  Choice choice = choose(field, std::move(found));
  if (choice.text != nullptr) {
    Result<std::string> text = choice.text->evaluate(scope);
    if (!text) return text.error();
    choice.value = Json(*text);
  }
  append_formatted(out, field.conversion, converted(field.conversion, choice.value));
  return {};
}

}  // namespace

Interpolation::Interpolation(std::unique_ptr<const Parts> parts) : parts_(std::move(parts)) {}
Interpolation::~Interpolation() = default;

// NOLINTNEXTLINE(misc-no-recursion): as deep as the format is nested.
Result<std::string> Interpolation::evaluate(const RenderScope& scope) const {
  std::string out;
  for (const Piece& piece : parts_->pieces) {
    if (const auto* literal = std::get_if<std::string>(&piece)) {
      out += *literal;
    } else if (Result<void> done = append_field(out, std::get<Field>(piece), scope); !done) {
      return done.error();
    }
  }
  return out;
}

const std::vector<std::string>& Interpolation::property_names() const { return parts_->property_names; }
const std::vector<std::string>& Interpolation::keyword_names() const { return parts_->keyword_names; }
std::size_t Interpolation::shortest_length() const { return parts_->shortest_length; }

}  // namespace kiln::script
