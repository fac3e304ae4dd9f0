// SPDX-License-Identifier: MIT
#include <catch2/generators/catch_generators.hpp>
#include <limits>

#include "tests/core/wire/wire_support.h"

using namespace kiln;
using namespace kiln::wire;

namespace {

std::string error_of(std::string_view bytes, BananaLimits limits = {}) {
  const auto result = decode_all(bytes, 1, limits);
  REQUIRE(result.has_error());
  CHECK(result.error().code == Errc::bad_input);
  return result.error().what;
}

bool mentions(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

// `count` opened lists of one element.
std::string nested_lists(std::size_t count) {
  std::string bytes;
  for (std::size_t i = 0; i < count; ++i) bytes += "\x01\x80"s;
  return bytes;
}

}  // namespace

TEST_CASE("each kind of element has its byte form", "[banana]") {
  struct Case {
    Value value;
    std::string bytes;
  };
  const auto c = GENERATE(
      Case{number(0), "\x00\x81"s}, Case{number(127), "\x7f\x81"s},
      Case{number(128), "\x00\x01\x81"s}, Case{number(2147483647), "\x7f\x7f\x7f\x7f\x07\x81"s},
      Case{number(2147483648), "\x00\x00\x00\x00\x08\x85"s}, Case{number(-1), "\x01\x83"s},
      Case{number(-2147483648), "\x00\x00\x00\x00\x08\x83"s},
      Case{number(-2147483649), "\x01\x00\x00\x00\x08\x86"s},
      Case{number(std::numeric_limits<std::int64_t>::max()),
           "\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x85"s},
      Case{number(std::numeric_limits<std::int64_t>::min()),
           "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x86"s},
      Case{Value{1.5}, "\x84\x3f\xf8\x00\x00\x00\x00\x00\x00"s}, Case{string(""), "\x00\x82"s},
      Case{string("ab"),
           "\x02\x82"s
           "ab"},
      Case{string("None"), "\x01\x87"s}, Case{string("uncache"), "\x1f\x87"s},
      Case{string("none"),
           "\x04\x82"s
           "none"},
      Case{list({}), "\x00\x80"s},
      Case{list({number(1), list({string("x")})}), "\x02\x80\x01\x81\x01\x80\x01\x82x"s},
      Case{Value{BigInteger{false, "\x01\x00\x00\x00\x00\x00\x00\x00\x00\x01"s}},
           "\x01\x00\x00\x00\x00\x00\x00\x00\x00\x01\x85"s},
      Case{Value{BigInteger{true, "\x01\x00\x00\x00\x00\x00\x00\x00\x00\x01"s}},
           "\x01\x00\x00\x00\x00\x00\x00\x00\x00\x01\x86"s});

  CHECK(encode(c.value) == c.bytes);
  const auto expressions = decode_all(c.bytes, 1);
  REQUIRE(expressions.has_value());
  REQUIRE(expressions->size() == 1);
  CHECK(parse_value(expressions->front()) == c.value);
}

TEST_CASE("unusual spellings of numbers and words are accepted", "[banana]") {
  CHECK(parse_value("\x05\x00\x00\x81"s) == number(5));
  CHECK(parse_value("\x81"s) == number(0));
  CHECK(parse_value("\x00\x83"s) == number(0));
  CHECK(parse_value("\x05\x85"s) == number(5));
  CHECK(parse_value("\x04\x82None"s) == string("None"));
  CHECK(decode_all("\x09\x84\x3f\xf8\x00\x00\x00\x00\x00\x00"s).has_value());
}

TEST_CASE("an integer of 448 bits is kept", "[banana]") {
  const std::string digits(64, '\x7f');

  const auto expressions = decode_all(digits + "\x85", 1);

  REQUIRE(expressions.has_value());
  const Value value = parse_value(expressions->front());
  CHECK(value == Value{BigInteger{false, digits}});
  CHECK(encode(value) == digits + "\x85");
  CHECK(to_double(std::get<BigInteger>(value.data)) > 7.2e134);
}

TEST_CASE("what exceeds a limit of the protocol is refused", "[banana]") {
  CHECK(mentions(error_of(std::string(65, '\x01') + "\x81"), "64 bytes"));
  CHECK(mentions(error_of("\x01\x00\x28\x82"s), "655360"));  // 655361
  CHECK(mentions(error_of("\x01\x00\x28\x80"s), "655360"));
  CHECK(mentions(error_of(std::string(12, '\x7f') + "\x82"), "655360"));
  CHECK(mentions(error_of("\x00\x87"s), "vocabulary"));
  CHECK(mentions(error_of("\x20\x87"s), "vocabulary"));
  CHECK(mentions(error_of("\x01\x88"s), "type 136"));
  CHECK(mentions(error_of("\xff"s), "type 255"));
}

TEST_CASE("the longest allowed byte string is read and written", "[banana]") {
  const std::string longest(banana_size_limit, 'x');
  const std::string bytes = encode(string(longest));

  const auto expressions = decode_all(bytes, 1000);

  REQUIRE(expressions.has_value());
  CHECK(expressions->front() == bytes);
}

TEST_CASE("hostile expressions are refused before they cost much", "[banana]") {
  CHECK(decode_all(nested_lists(100) + "\x01\x81").has_value());
  CHECK(mentions(error_of(nested_lists(101)), "nested deeper than 100"));
  CHECK(mentions(error_of("\x05\x80\x01\x81\x01\x81\x01\x81\x01\x81\x01\x81"s, {.elements = 5}),
                 "5 elements"));
  CHECK(decode_all("\x04\x80\x01\x81\x01\x81\x01\x81\x01\x81"s, 0, {.elements = 5}).has_value());
  CHECK(mentions(error_of("\x64\x82"s, {.bytes = 50}), "50 bytes"));
  CHECK(mentions(error_of("\x02\x80\x14\x82"s + std::string(20, 'x') + "\x14\x82", {.bytes = 30}),
                 "30 bytes"));
}

TEST_CASE("limits count anew for each expression", "[banana]") {
  std::string bytes;
  for (int i = 0; i < 10; ++i) bytes += "\x01\x80\x01\x81"s;

  CHECK(decode_all(bytes, 0, {.elements = 2, .bytes = 4}).value().size() == 10);
}

TEST_CASE("a decoder that has failed stays failed", "[banana]") {
  BananaDecoder decoder;
  decoder.feed("\xff"sv);
  REQUIRE(decoder.next().has_error());

  decoder.feed("\x01\x81"sv);

  CHECK(decoder.next().has_error());
}

TEST_CASE("expressions do not depend on how the bytes were cut", "[banana]") {
  const std::string bytes =
      encode(list({string("message"), number(300), Value{2.5}, list({}), string("0123456789")})) +
      encode(number(-7)) + encode(list({list({string("x")}), string("")})) + "\x03\x82xy";
  const auto whole = decode_all(bytes).value();
  REQUIRE(whole.size() == 3);

  for (std::size_t piece = 1; piece < bytes.size(); ++piece) {
    CHECK(decode_all(bytes, piece).value() == whole);
  }
}

TEST_CASE("a cursor ends quietly on bytes that are cut short", "[banana]") {
  const std::string bytes = encode(list({string("message"), Value{2.5}, string("0123456789")}));
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    BananaCursor cursor(std::string_view(bytes).substr(0, size));
    CHECK(cursor.skip().empty());
  }
  CHECK(BananaCursor(bytes).skip() == bytes);
}
