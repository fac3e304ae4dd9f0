// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>

#include "core/script/interpolation_parts.h"

namespace kiln::script {
namespace {

constexpr std::size_t longest_width = 10'000;
constexpr int deepest_nesting = 50;

Error wrong(std::string_view format, std::string_view what) {
  return make_error(Errc::bad_input, fmt::format("invalid Interpolate format '{}': {}", format, what));
}

bool is_name(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
           c == '-' || byte >= 0x80;
  });
}

// Cuts `text` at the first `separator`; false: there is none, all of it is in `head`.
bool cut(std::string_view text, char separator, std::string_view& head, std::string_view& tail) {
  const std::size_t at = text.find(separator);
  head = text.substr(0, at);
  tail = at == std::string_view::npos ? std::string_view() : text.substr(at + 1);
  return at != std::string_view::npos;
}

// Where `delimiter` stands outside of any brackets; npos: nowhere.
std::size_t find_outside_brackets(std::string_view text, char delimiter) {
  int depth = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == delimiter && depth == 0) return i;
    if (text[i] == '(') ++depth;
    if (text[i] == ')') --depth;
  }
  return std::string_view::npos;
}

}  // namespace

class InterpolationParser {
 public:
  explicit InterpolationParser(std::string_view format, int depth) : format_(format), rest_(format), depth_(depth) {}

  Result<std::unique_ptr<Interpolation::Parts>> parse();

 private:
  using Nested = Result<std::shared_ptr<const Interpolation>>;

  Result<void> read_field();
  Result<std::string_view> read_key();
  Result<Conversion> read_conversion();
  Result<Field> read_selector(std::string_view key);
  Result<void> read_modifier(std::string_view modifier, Field& field);
  Result<void> read_ternary(std::string_view body, Field& field);
  Result<void> read_text(std::string_view text, std::shared_ptr<const Interpolation>& target);
  void note_names(const Field& field);
  void note_nested(const Interpolation& nested);
  std::optional<std::size_t> read_number();
  void append_literal(std::string_view text);

  std::string_view format_;
  std::string_view rest_;
  int depth_;
  std::unique_ptr<Interpolation::Parts> parts_ = std::make_unique<Interpolation::Parts>();
};

static void add_once(std::vector<std::string>& names, const std::string& name) {
  if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
}

void InterpolationParser::append_literal(std::string_view text) {
  if (text.empty()) return;
  parts_->shortest_length += text.size();
  if (!parts_->pieces.empty()) {
    if (auto* last = std::get_if<std::string>(&parts_->pieces.back())) {
      *last += text;
      return;
    }
  }
  parts_->pieces.emplace_back(std::string(text));
}

// NOLINTNEXTLINE(misc-no-recursion): bounded by deepest_nesting.
Result<std::unique_ptr<Interpolation::Parts>> InterpolationParser::parse() {
  if (depth_ > deepest_nesting) return wrong(format_, "nested too deeply");
  while (!rest_.empty()) {
    const std::size_t percent = rest_.find('%');
    append_literal(rest_.substr(0, percent));
    if (percent == std::string_view::npos) break;
    rest_.remove_prefix(percent + 1);
    if (rest_.empty()) return wrong(format_, "it ends in a single '%' (write '%%')");
    if (rest_.front() == '%') {
      append_literal("%");
      rest_.remove_prefix(1);
    } else if (Result<void> done = read_field(); !done) {
      return done.error();
    }
  }
  return std::move(parts_);
}

// NOLINTNEXTLINE(misc-no-recursion)
Result<void> InterpolationParser::read_field() {
  if (rest_.front() != '(') return wrong(format_, "a conversion must be '%(selector:name)s' or '%%'");
  Result<std::string_view> key = read_key();
  if (!key) return key.error();
  Result<Conversion> conversion = read_conversion();
  if (!conversion) return conversion.error();
  Result<Field> field = read_selector(*key);
  if (!field) return field.error();
  field->conversion = *conversion;
  note_names(*field);
  parts_->pieces.emplace_back(std::move(*field));
  return {};
}

Result<std::string_view> InterpolationParser::read_key() {
  int depth = 0;
  for (std::size_t i = 0; i < rest_.size(); ++i) {
    if (rest_[i] == '(') ++depth;
    if (rest_[i] == ')' && --depth == 0) {
      const std::string_view key = rest_.substr(1, i - 1);
      rest_.remove_prefix(i + 1);
      return key;
    }
  }
  return wrong(format_, "a '%(' has no matching ')'");
}

std::optional<std::size_t> InterpolationParser::read_number() {
  std::size_t value = 0;
  bool any = false;
  while (!rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9') {
    value = std::min(value * 10 + static_cast<std::size_t>(rest_.front() - '0'), longest_width + 1);
    rest_.remove_prefix(1);
    any = true;
  }
  return any ? std::optional(value) : std::nullopt;
}

Result<Conversion> InterpolationParser::read_conversion() {
  Conversion conversion;
  while (!rest_.empty() && std::string_view("-+ #0").find(rest_.front()) != std::string_view::npos) {
    conversion.left = conversion.left || rest_.front() == '-';
    rest_.remove_prefix(1);
  }
  conversion.width = read_number().value_or(0);
  if (!rest_.empty() && rest_.front() == '.') {
    rest_.remove_prefix(1);
    conversion.precision = read_number().value_or(0);
  }
  if (conversion.width > longest_width) return wrong(format_, "a width is too large");
  while (!rest_.empty() && std::string_view("hlL").find(rest_.front()) != std::string_view::npos) {
    rest_.remove_prefix(1);
  }
  if (rest_.empty()) return wrong(format_, "no conversion after ')' (write '%(...)s')");
  conversion.type = rest_.front();
  rest_.remove_prefix(1);
  if (std::string_view("sra").find(conversion.type) == std::string_view::npos) {
    return wrong(format_, fmt::format("conversion '{}' is not possible (write '%(...)s')", conversion.type));
  }
  return conversion;
}

// NOLINTNEXTLINE(misc-no-recursion)
Result<Field> InterpolationParser::read_selector(std::string_view key) {
  std::string_view selector;
  std::string_view body;
  if (!cut(key, ':', selector, body)) {
    return wrong(format_, fmt::format("'{}' has no selector (prop, kw, src, worker, secret)", key));
  }
  Field field;
  std::string_view name = body;
  std::string_view modifier;
  if (selector == "prop") {
    field.selector = Field::Selector::property;
  } else if (selector == "kw") {
    field.selector = Field::Selector::keyword;
  } else if (selector == "worker") {
    field.selector = Field::Selector::worker;
  } else if (selector == "secret") {
    field.selector = Field::Selector::secret;
  } else if (selector == "src") {
    field.selector = Field::Selector::source;
    std::string_view codebase;
    if (!cut(body, ':', codebase, name)) return wrong(format_, "'src' needs a codebase and an attribute");
    if (!is_name(codebase)) return wrong(format_, fmt::format("'{}' is no name of a codebase", codebase));
    field.codebase = codebase;
  } else {
    return wrong(format_, fmt::format("unknown selector '{}' (prop, kw, src, worker, secret)", selector));
  }
  const bool has_modifier = cut(std::string_view(name), ':', name, modifier);
  const bool is_free = field.selector == Field::Selector::worker || field.selector == Field::Selector::secret;
  if (!is_free && !is_name(name)) return wrong(format_, fmt::format("'{}' is no name", name));
  field.name = name;
  if (has_modifier) {
    if (Result<void> done = read_modifier(modifier, field); !done) return done.error();
  }
  return field;
}

// NOLINTNEXTLINE(misc-no-recursion)
Result<void> InterpolationParser::read_modifier(std::string_view modifier, Field& field) {
  using Modifier = Field::Modifier;
  if (modifier.starts_with("#?")) {
    field.modifier = Modifier::ternary_true;
    return read_ternary(modifier.substr(2), field);
  }
  if (modifier.starts_with('?')) {
    field.modifier = Modifier::ternary_present;
    return read_ternary(modifier.substr(1), field);
  }
  if (modifier.starts_with('-')) {
    field.modifier = Modifier::if_missing;
  } else if (modifier.starts_with('~')) {
    field.modifier = Modifier::if_false;
  } else if (modifier.starts_with('+')) {
    field.modifier = Modifier::if_present;
  } else {
    return wrong(format_, fmt::format("unknown modifier '{}' (:-, :~, :+, :?, :#?)", modifier));
  }
  return read_text(modifier.substr(1), field.text);
}

// NOLINTNEXTLINE(misc-no-recursion)
Result<void> InterpolationParser::read_ternary(std::string_view body, Field& field) {
  if (body.empty() || body.front() == '(') return wrong(format_, "':?' needs a delimiter other than '('");
  const char delimiter = body.front();
  body.remove_prefix(1);
  const std::size_t at = find_outside_brackets(body, delimiter);
  if (at == std::string_view::npos) return wrong(format_, "':?' needs two texts");
  if (Result<void> done = read_text(body.substr(0, at), field.text); !done) return done;
  return read_text(body.substr(at + 1), field.otherwise);
}

// NOLINTNEXTLINE(misc-no-recursion)
Result<void> InterpolationParser::read_text(std::string_view text, std::shared_ptr<const Interpolation>& target) {
  if (text.empty()) return {};
  Nested nested = Interpolation::parse_nested(text, depth_ + 1);
  if (!nested) return nested.error();
  target = std::move(*nested);
  return {};
}

void InterpolationParser::note_nested(const Interpolation& nested) {
  for (const std::string& name : nested.property_names()) add_once(parts_->property_names, name);
  for (const std::string& name : nested.keyword_names()) add_once(parts_->keyword_names, name);
}

void InterpolationParser::note_names(const Field& field) {
  if (field.selector == Field::Selector::property) add_once(parts_->property_names, field.name);
  if (field.selector == Field::Selector::keyword) add_once(parts_->keyword_names, field.name);
  if (field.text) note_nested(*field.text);
  if (field.otherwise) note_nested(*field.otherwise);
  const bool is_ternary = field.modifier == Field::Modifier::ternary_present ||
                          field.modifier == Field::Modifier::ternary_true;
  if (is_ternary && field.text && field.otherwise) {
    parts_->shortest_length += std::min(field.text->shortest_length(), field.otherwise->shortest_length());
  }
}

Result<std::shared_ptr<const Interpolation>> Interpolation::parse(std::string_view format) {
  return parse_nested(format, 0);
}

// NOLINTNEXTLINE(misc-no-recursion): the parser limits the depth.
Result<std::shared_ptr<const Interpolation>> Interpolation::parse_nested(std::string_view format, int depth) {
  Result<std::unique_ptr<Parts>> parts = InterpolationParser(format, depth).parse();
  if (!parts) return parts.error();
  return std::shared_ptr<const Interpolation>(new Interpolation(std::move(*parts)));
}

}  // namespace kiln::script
