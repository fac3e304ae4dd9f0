// SPDX-License-Identifier: MIT
#pragma once

#include <catch2/catch_test_macros.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "core/wire/banana.h"
#include "core/wire/jelly.h"
#include "tests/support/result_text.h"

namespace kiln::wire {

using namespace std::string_literals;
using namespace std::string_view_literals;

// All expressions of `bytes`, fed in pieces of `piece` bytes (0: at once).
inline Result<std::vector<std::string>> decode_all(std::string_view bytes, std::size_t piece = 0,
                                                   BananaLimits limits = {}) {
  BananaDecoder decoder(limits);
  std::vector<std::string> expressions;
  if (piece == 0) piece = std::max<std::size_t>(bytes.size(), 1);
  for (std::size_t start = 0; start < bytes.size(); start += piece) {
    decoder.feed(bytes.substr(start, piece));
    while (true) {
      const auto expression = decoder.next();
      if (expression.has_error()) return expression.error();
      if (!*expression) break;
      expressions.emplace_back(**expression);
    }
  }
  return expressions;
}

inline std::string encode(const Value& value) {
  std::string out;
  append_value(out, value);
  return out;
}

inline std::string encode(const Jelly& jelly) {
  std::string out;
  append_jelly(out, jelly).value();
  return out;
}

inline Value list(Value::List items) { return Value{std::move(items)}; }
inline Value number(std::int64_t value) { return Value{value}; }
inline Value string(std::string_view bytes) { return Value{bytes}; }

inline Jelly text(std::string_view value) { return Text{std::string(value)}; }
inline Jelly bytes(std::string_view value) { return Bytes{std::string(value)}; }
inline Jelly integer(std::int64_t value) { return value; }

}  // namespace kiln::wire
