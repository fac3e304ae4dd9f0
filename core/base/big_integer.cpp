// SPDX-License-Identifier: MIT
#include "core/base/big_integer.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace kiln {
namespace {

constexpr std::string_view marker = "__integer__";
constexpr std::size_t most_digits = 4300;
constexpr std::size_t always_fit = 18;  // digits of a 64-bit integer

bool is_digit(char c) { return c >= '0' && c <= '9'; }

template <typename Integer>
bool fits(std::string_view digits) {
  Integer value{};
  return std::from_chars(digits.data(), digits.data() + digits.size(), value).ec == std::errc{};
}

// The end of the string that begins at `at`, behind its closing quote.
std::size_t end_of_string(std::string_view text, std::size_t at) {
  for (++at; at < text.size() && text[at] != '"'; ++at) {
    if (text[at] == '\\') ++at;
  }
  return std::min(at + 1, text.size());
}

std::size_t end_of_number(std::string_view text, std::size_t at) {
  const std::size_t end = text.find_first_not_of("0123456789+-.eE", at);
  return std::min(end, text.size());
}

}  // namespace

bool is_big_integer(std::string_view digits) {
  if (digits.starts_with('-')) digits.remove_prefix(1);
  return !digits.empty() && digits.size() <= most_digits && digits.front() != '0' &&
         std::all_of(digits.begin(), digits.end(), is_digit);
}

Json big_integer(std::string digits) { return Json(JsonObject{{marker, std::move(digits)}}); }

std::optional<std::string_view> digits_of(const Json& value) {
  const JsonObject* const object = value.if_object();
  if (!object || object->size() != 1 || object->begin()->key() != marker) return std::nullopt;
  const auto* const text = object->begin()->value().if_string();
  if (!text || !is_big_integer(*text)) return std::nullopt;
  return std::string_view(*text);
}

std::optional<std::string> mark_big_integers(std::string_view text) {
  std::optional<std::string> marked;
  std::size_t copied = 0;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == '"') {
      at = end_of_string(text, at);
      continue;
    }
    if (!is_digit(text[at]) && text[at] != '-') {
      ++at;
      continue;
    }
    const std::size_t end = end_of_number(text, at);
    const std::string_view number = text.substr(at, end - at);
    if (number.size() > always_fit && is_big_integer(number) && !fits<std::int64_t>(number) &&
        !fits<std::uint64_t>(number)) {
      if (!marked) marked.emplace();
      marked->append(text.substr(copied, at - copied));
      marked->append("{\"").append(marker).append("\":\"").append(number).append("\"}");
      copied = end;
    }
    at = end;
  }
  if (marked) marked->append(text.substr(copied));
  return marked;
}

}  // namespace kiln
