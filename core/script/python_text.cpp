// SPDX-License-Identifier: MIT
#include "core/script/python_text.h"

#include <fmt/format.h>

#include <cmath>
#include <iterator>

#include "core/base/big_integer.h"

namespace kiln::script {
namespace {

struct Decoded {
  char32_t code = 0xFFFD;
  std::size_t size = 1;
};

// The first character of `text`, which is not empty; a byte that is no UTF-8 stands for itself.
Decoded decode_first(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const std::size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC2 ? 2 : 1;
  if (size == 1 || text.size() < size) return {};
  char32_t code = lead & (0xFFU >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) code = (code << 6) | (byte(i) & 0x3FU);
  return {code, size};
}

void append_escape(std::string& out, char32_t code) {
  const auto value = static_cast<unsigned>(code);
  if (code <= 0xFF) {
    fmt::format_to(std::back_inserter(out), "\\x{:02x}", value);
  } else if (code <= 0xFFFF) {
    fmt::format_to(std::back_inserter(out), "\\u{:04x}", value);
  } else {
    fmt::format_to(std::back_inserter(out), "\\U{:08x}", value);
  }
}

std::string double_text(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  return dump_json(Json(value));
}

// NOLINTNEXTLINE(misc-no-recursion): the depth of a Json is limited where it enters.
void append_repr(std::string& out, const Json& value) {
  if (value.is_array()) {
    out += '[';
    bool first = true;
    for (const Json& item : value.get_array()) {
      if (!std::exchange(first, false)) out += ", ";
      append_repr(out, item);
    }
    out += ']';
  } else if (value.is_object() && !digits_of(value)) {
    out += '{';
    bool first = true;
    for (const auto& pair : value.get_object()) {
      if (!std::exchange(first, false)) out += ", ";
      out += python_repr(std::string_view(pair.key()));
      out += ": ";
      append_repr(out, pair.value());
    }
    out += '}';
  } else if (value.is_string()) {
    out += python_repr(std::string_view(value.get_string()));
  } else {
    out += python_str(value);
  }
}

}  // namespace

std::string python_repr(std::string_view text, bool ascii) {
  const bool has_single = text.find('\'') != std::string_view::npos;
  const bool has_double = text.find('"') != std::string_view::npos;
  const char quote = has_single && !has_double ? '"' : '\'';
  std::string out(1, quote);
  while (!text.empty()) {
    const Decoded c = decode_first(text);
    if (c.code == static_cast<unsigned char>(quote) || c.code == '\\') {
      out += '\\';
      out += text[0];
    } else if (c.code == '\n') {
      out += "\\n";
    } else if (c.code == '\r') {
      out += "\\r";
    } else if (c.code == '\t') {
      out += "\\t";
    } else if (c.code < 0x20 || c.code == 0x7F || (ascii && c.code >= 0x80)) {
      append_escape(out, c.code);
    } else {
      out += text.substr(0, c.size);
    }
    text.remove_prefix(c.size);
  }
  out += quote;
  return out;
}

std::string python_repr(const Json& value) {
  std::string out;
  append_repr(out, value);
  return out;
}

std::string python_str(const Json& value) {
  if (const auto digits = digits_of(value)) return std::string(*digits);
  switch (value.kind()) {
    case boost::json::kind::null: return "None";
    case boost::json::kind::bool_: return value.get_bool() ? "True" : "False";
    case boost::json::kind::string: return std::string(value.get_string());
    case boost::json::kind::double_: return double_text(value.get_double());
    case boost::json::kind::int64:
    case boost::json::kind::uint64: return dump_json(value);
    case boost::json::kind::array:
    case boost::json::kind::object: break;
  }
  return python_repr(value);
}

bool is_truthy(const Json& value) {
  switch (value.kind()) {
    case boost::json::kind::null: return false;
    case boost::json::kind::bool_: return value.get_bool();
    case boost::json::kind::string: return !value.get_string().empty();
    case boost::json::kind::double_: return value.get_double() != 0;
    case boost::json::kind::int64: return value.get_int64() != 0;
    case boost::json::kind::uint64: return value.get_uint64() != 0;
    case boost::json::kind::array: return !value.get_array().empty();
    case boost::json::kind::object: return !value.get_object().empty();
  }
  return true;
}

}  // namespace kiln::script
