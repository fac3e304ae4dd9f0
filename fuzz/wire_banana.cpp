// SPDX-License-Identifier: MIT
// Any bytes: decoding does not depend on how they are cut, and what was decoded is encoded and
// decoded alike.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/wire/banana.h"
#include "core/wire/line_splitter.h"

using namespace kiln::wire;

namespace {

std::vector<std::string> decode(std::string_view bytes, std::size_t step) {
  BananaDecoder decoder;
  std::vector<std::string> expressions;
  for (std::size_t start = 0; start < bytes.size(); start += step) {
    decoder.feed(bytes.substr(start, step));
    while (true) {
      const auto expression = decoder.next();
      if (expression.has_error()) return expressions;
      if (!*expression) break;
      expressions.emplace_back(**expression);
    }
  }
  return expressions;
}

std::string encode(const Value& value) {
  std::string out;
  append_value(out, value);
  return out;
}

std::string split_lines(std::string_view text, std::size_t step) {
  LineSplitter splitter;
  std::string lines;
  const auto sink = [&](std::string_view part) { lines += part; };
  for (std::size_t start = 0; start < text.size(); start += step)
    splitter.append(text.substr(start, step), sink);
  splitter.flush(sink);
  return lines;
}

// Where the pieces end matters only for lines that are cut because their end does not come.
void check_lines(std::string_view text, std::size_t step) {
  constexpr std::size_t longest = 4096;
  std::string whole = split_lines(text, text.size());
  std::string pieces = split_lines(text, step);
  if (text.size() > longest) {
    std::erase(whole, '\n');
    std::erase(pieces, '\n');
  }
  KILN_CHECK(whole == pieces);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::size_t step = 1 + data[0] % 7;
  const auto expressions = decode(bytes, size);
  KILN_CHECK(decode(bytes, step) == expressions);
  for (const std::string& expression : expressions) {
    const std::string encoded = encode(parse_value(expression));
    const auto again = decode(encoded, 3);
    KILN_CHECK(again.size() == 1);
    KILN_CHECK(encode(parse_value(again[0])) == encoded);
    KILN_CHECK(BananaCursor(expression).skip() == expression);
  }
  parse_value(bytes.substr(0, 64));
  check_lines(bytes, step);
  return 0;
}
