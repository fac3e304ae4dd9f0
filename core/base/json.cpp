// SPDX-License-Identifier: MIT
#include "core/base/json.h"

#include <fmt/format.h>

#include <boost/json/parse.hpp>
#include <charconv>
#include <cmath>

#include "core/base/big_integer.h"
#include "core/base/text.h"

namespace kiln {
namespace {

struct Separators {
  std::string_view item;
  std::string_view key;
};

constexpr Separators compact{",", ":"};
constexpr Separators spaced{", ", ": "};

void append_escaped_code_point(std::string& out, char32_t code) {
  if (code >= 0x10000) {
    const char32_t rest = code - 0x10000;
    fmt::format_to(std::back_inserter(out), "\\u{:04x}\\u{:04x}",
                   0xD800U + static_cast<unsigned>(rest >> 10),
                   0xDC00U + static_cast<unsigned>(rest & 0x3FF));
  } else {
    fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(code));
  }
}

// The code point of a valid UTF-8 sequence of `length` bytes, 2 to 4.
char32_t decode_utf8(std::string_view text, std::size_t length) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  char32_t code = byte(0) & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) code = (code << 6) | (byte(i) & 0x3FU);
  return code;
}

void append_control(std::string& out, char c) {
  switch (c) {
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    case '\b': out += "\\b"; return;
    case '\f': out += "\\f"; return;
    default: append_escaped_code_point(out, static_cast<unsigned char>(c));
  }
}

void append_double(std::string& out, double value) {
  if (!std::isfinite(value)) {
    out += std::isnan(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";
    return;
  }
  const std::size_t start = out.size();
  fmt::format_to(std::back_inserter(out), "{}", value);
  if (out.find_first_of(".en", start) == std::string::npos) out += ".0";
}

// NOLINTNEXTLINE(misc-no-recursion): the depth of a Json is limited where it enters.
void append_value(std::string& out, const Json& value, const Separators& separators) {
  switch (value.kind()) {
    case boost::json::kind::null: out += "null"; return;
    case boost::json::kind::bool_: out += value.get_bool() ? "true" : "false"; return;
    case boost::json::kind::int64: fmt::format_to(std::back_inserter(out), "{}", value.get_int64()); return;
    case boost::json::kind::uint64: fmt::format_to(std::back_inserter(out), "{}", value.get_uint64()); return;
    case boost::json::kind::double_: append_double(out, value.get_double()); return;
    case boost::json::kind::string: append_json_string(out, value.get_string()); return;
    case boost::json::kind::array: {
      out += '[';
      bool first = true;
      for (const Json& item : value.get_array()) {
        if (!std::exchange(first, false)) out += separators.item;
        append_value(out, item, separators);
      }
      out += ']';
      return;
    }
    case boost::json::kind::object: {
      if (const auto digits = digits_of(value)) {
        out += *digits;
        return;
      }
      out += '{';
      bool first = true;
      for (const auto& pair : value.get_object()) {
        if (!std::exchange(first, false)) out += separators.item;
        append_json_string(out, pair.key());
        out += separators.key;
        append_value(out, pair.value(), separators);
      }
      out += '}';
      return;
    }
  }
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  std::size_t plain = 0;
  for (std::size_t i = 0; i < text.size();) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c < 0x7F && c != '"' && c != '\\') {
      ++i;
      continue;
    }
    out.append(text.substr(plain, i - plain));
    if (c < 0x80) {
      append_control(out, text[i]);
      ++i;
    } else {
      const std::size_t length = utf8_length(text.substr(i));
      append_escaped_code_point(out, length == 0 ? char32_t{0xFFFD} : decode_utf8(text.substr(i), length));
      i += length == 0 ? 1 : length;
    }
    plain = i;
  }
  out.append(text.substr(plain));
  out += '"';
}

void append_json(std::string& out, const Json& value) { append_value(out, value, compact); }

std::string dump_json(const Json& value) {
  std::string out;
  append_value(out, value, compact);
  return out;
}

std::string dump_json_spaced(const Json& value) {
  std::string out;
  append_value(out, value, spaced);
  return out;
}

Result<Json> parse_json(std::string_view text) {
  boost::json::parse_options options;
  options.max_depth = 100;
  boost::system::error_code error;
  const std::optional<std::string> marked = mark_big_integers(text);
  if (marked) text = *marked;
  Json value = boost::json::parse({text.data(), text.size()}, error, {}, options);
  if (error) return make_error(Errc::bad_input, "not valid JSON: " + error.message());
  return value;
}

std::string to_display_text(const Json& value) {
  switch (value.kind()) {
    case boost::json::kind::null: return "None";
    case boost::json::kind::bool_: return value.get_bool() ? "True" : "False";
    case boost::json::kind::string: return std::string(value.get_string());
    default: return dump_json_spaced(value);
  }
}

}  // namespace kiln
