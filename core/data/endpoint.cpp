// SPDX-License-Identifier: MIT
#include "core/data/endpoint.h"

#include <algorithm>
#include <charconv>
#include <map>

#include "core/base/text.h"

namespace kiln::data {
namespace {

struct Pattern {
  std::vector<std::string_view> elements;
  const Endpoint* endpoint;
};
// By number of elements; the patterns of one length in the order of the table.
using PatternIndex = std::map<std::size_t, std::vector<Pattern>>;

std::vector<std::string_view> elements_of(std::string_view pattern) {
  std::vector<std::string_view> elements;
  while (true) {
    const std::size_t slash = pattern.find('/');
    elements.push_back(pattern.substr(0, slash));
    if (slash == std::string_view::npos) return elements;
    pattern.remove_prefix(slash + 1);
  }
}

const PatternIndex& pattern_index() {
  static const PatternIndex* const index = [] {  // never freed: handlers may run during exit
    auto* made = new PatternIndex;
    for (const Endpoint& endpoint : endpoints()) {
      for (const std::string_view pattern : endpoint.patterns) {
        auto elements = elements_of(pattern);
        if (pattern.empty()) elements.clear();
        (*made)[elements.size()].push_back({std::move(elements), &endpoint});
      }
    }
    return made;
  }();
  return *index;
}

std::optional<std::int64_t> parse_number(std::string_view text) {
  std::int64_t value = 0;
  if (text.empty() || text.front() == '-') return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// Letters first, then also digits and '.'.
bool is_path_identifier(std::string_view text) {
  std::string plain(text);
  std::replace(plain.begin() + (plain.empty() ? 0 : 1), plain.end(), '.', '_');
  return is_identifier(plain, std::string::npos);
}

bool match_element(std::string_view pattern, const std::string& element, PathArgs& args) {
  const std::size_t colon = pattern.find(':');
  if (colon == std::string_view::npos) return pattern == element;
  const std::string_view kind = pattern.substr(0, colon);
  std::string name(pattern.substr(colon + 1));
  if (kind == "n") {
    const auto number = parse_number(element);
    if (number) args.add({std::move(name), *number});
    return number.has_value();
  }
  if (kind == "i" && !is_path_identifier(element)) return false;
  args.add({std::move(name), element});
  return true;
}

std::optional<PathArgs> match_pattern(const Pattern& pattern, std::span<const std::string> path) {
  PathArgs args;
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (!match_element(pattern.elements[i], path[i], args)) return std::nullopt;
  }
  return args;
}

// Python's repr of a str.
std::string repr(const std::string& text) {
  const char quote = text.find('\'') != std::string::npos && text.find('"') == std::string::npos ? '"' : '\'';
  std::string out(1, quote);
  for (const char c : text) {
    if (c == quote || c == '\\') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  return out + quote;
}

}  // namespace

std::optional<std::int64_t> PathArgs::number(std::string_view name) const {
  for (const Arg& arg : args_) {
    if (arg.name != name) continue;
    if (const auto* value = std::get_if<std::int64_t>(&arg.value)) return *value;
  }
  return std::nullopt;
}

const std::string* PathArgs::text(std::string_view name) const {
  for (const Arg& arg : args_) {
    if (arg.name == name) return std::get_if<std::string>(&arg.value);
  }
  return nullptr;
}

std::string PathArgs::repr() const {
  std::string out = "{";
  for (const Arg& arg : args_) {
    if (out.size() > 1) out += ", ";
    out += '\'' + arg.name + "': ";
    if (const auto* number = std::get_if<std::int64_t>(&arg.value)) {
      out += std::to_string(*number);
    } else {
      out += data::repr(std::get<std::string>(arg.value));
    }
  }
  return out + '}';
}

std::string Endpoint::not_found_text(const PathArgs& args) const {
  std::string joined;
  for (const std::string_view pattern : patterns) {
    if (!joined.empty()) joined += ',';
    joined += '/';
    joined += pattern;
  }
  return "not found while getting from endpoint for " + joined +
         " with arguments ResultSpec(**{'filters': [], 'fields': None, 'properties': [], 'order': None, "
         "'limit': None, 'offset': None}) and " +
         args.repr();
}

Result<EndpointMatch> match_endpoint(std::span<const std::string> path) {
  const PatternIndex& index = pattern_index();
  const auto of_length = index.find(path.size());
  if (of_length != index.end()) {
    for (const Pattern& pattern : of_length->second) {
      if (auto args = match_pattern(pattern, path)) return EndpointMatch{pattern.endpoint, *std::move(args)};
    }
  }
  std::string joined;
  for (std::size_t i = 0; i < path.size(); ++i) joined += (i == 0 ? "" : "/") + path[i];
  return make_error(Errc::not_found, "Invalid path: " + joined);
}

std::vector<std::string> split_path(std::string_view path) {
  std::vector<std::string> elements;
  for (const std::string_view element : elements_of(path)) elements.emplace_back(element);
  return elements;
}

}  // namespace kiln::data
