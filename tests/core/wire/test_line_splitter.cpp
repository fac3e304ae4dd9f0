// SPDX-License-Identifier: MIT
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <string>
#include <vector>

#include "core/wire/line_splitter.h"

using kiln::wire::LineSplitter;
using namespace std::string_literals;

namespace {

// The lines of `text` fed in pieces of `piece` bytes.
std::string split(const std::string& text, std::size_t piece) {
  LineSplitter splitter;
  std::string lines;
  const auto sink = [&](std::string_view part) {
    CHECK(part.back() == '\n');
    lines += part;
  };
  for (std::size_t start = 0; start < text.size(); start += piece) {
    splitter.append(std::string_view(text).substr(start, piece), sink);
  }
  splitter.flush(sink);
  return lines;
}

std::string repeat(const std::string& text, std::size_t count) {
  std::string repeated;
  for (std::size_t i = 0; i < count; ++i) repeated += text;
  return repeated;
}

}  // namespace

TEST_CASE("every form of line end becomes a newline, however the text is cut", "[lines]") {
  struct Case {
    std::string text, lines;
  };
  const auto c = GENERATE(
      Case{"a\nb\n", "a\nb\n"}, Case{"a\nb", "a\nb\n"}, Case{"\n\n", "\n\n"},
      Case{"a\r\nb\rc\n", "a\nb\nc\n"}, Case{"a\r", "a\n"}, Case{"a\r\r\nb\n", "a\n\nb\n"},
      Case{"\r\r\r\n", "\n\n\n"}, Case{"a\n\rb\n", "a\n\nb\n"}, Case{"a\b\b\bb\n", "a\nb\n"},
      Case{"a\b\n", "a\n\n"}, Case{"a\b\r\n", "a\n\n"}, Case{"a\x1b[ub\n", "a\nb\n"},
      Case{"a\x1b[1;2Hb\x1b[12;3fc\x1b[2Jd\n", "a\nb\nc\nd\n"}, Case{"\b\b\x1b[2J\r\n", "\n\n\n"},
      Case{"a\x1b[3Jb\x1b[1Hc\x1b[m\x1b\x1b[0;1mx\n", "a\x1b[3Jb\x1b[1Hc\x1b[m\x1b\x1b[0;1mx\n"},
      Case{"a\x1b[1;", "a\x1b[1;\n"}, Case{"a\x1b\nb\x1b[2\rc\n", "a\x1b\nb\x1b[2\nc\n"},
      Case{"\x1b[1;" + std::string(60, '1') + "H\n", "\x1b[1;" + std::string(60, '1') + "H\n"});
  const std::size_t piece = GENERATE(1000, 1, 2, 3);

  CHECK(split(c.text, piece) == c.lines);
}

TEST_CASE("a line whose end has come is not cut", "[lines]") {
  const std::string x(4096, 'x');

  CHECK(split(x + x + "y\nz\n", 100000) == x + x + "y\nz\n");
  CHECK(split("a\n" + x + "y\nz\n", 4000) == "a\n" + x + "y\nz\n");
}

TEST_CASE("what has no end is cut at 4096 characters", "[lines]") {
  const std::string x(4096, 'x');

  CHECK(split(x, 100000) == x + "\n");
  CHECK(split("a\n" + x + x + "b", 100000) == "a\n" + x + "\n" + x + "\nb\n");
  CHECK(split(repeat("é", 4097), 100000) == repeat("é", 4096) + "\né\n");
  // The rest is a line of its own, whatever follows.
  CHECK(split(x + "yz\n", 4097) == x + "\ny\nz\n");
  CHECK(split(x + x, 4000) == x + "\n" + x.substr(0, 3904) + "\n" + x.substr(0, 192) + "\n");
}

TEST_CASE("bytes that are no characters are bounded too", "[lines]") {
  const std::string garbage(50000, '\x80');
  const std::string block = garbage.substr(0, 16384) + "\n";

  CHECK(split(garbage, 100000) == block + block + block + garbage.substr(0, 50000 - 3 * 16384) + "\n");
}

TEST_CASE("plain whole lines are handed on without a copy", "[lines]") {
  LineSplitter splitter;
  const std::string text = "one\ntwo\nthree";
  std::vector<std::string_view> parts;

  splitter.append(text, [&](std::string_view part) { parts.push_back(part); });

  REQUIRE(parts.size() == 1);
  CHECK(parts[0].data() == text.data());
  CHECK(parts[0] == "one\ntwo\n");
}

TEST_CASE("nothing is flushed when the text ended with a line end", "[lines]") {
  LineSplitter splitter;
  std::size_t parts = 0;
  const auto sink = [&](std::string_view) { ++parts; };
  splitter.append("a\r", sink);
  splitter.flush(sink);

  CHECK(parts == 1);
}
