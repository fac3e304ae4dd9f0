// SPDX-License-Identifier: MIT
#include <catch2/catch_test_macros.hpp>

#include "core/base/big_integer.h"
#include "core/base/json.h"
#include "tests/support/result_text.h"

using namespace kiln;

TEST_CASE("JSON escapes everything outside ASCII as Python does") {
  CHECK(dump_json(Json("caf\xC3\xA9 \xF0\x9F\x98\x80 \x01\"\\\n")) ==
        R"("caf\u00e9 \ud83d\ude00 \u0001\"\\\n")");
}

TEST_CASE("bytes that are not UTF-8 become the replacement character") {
  CHECK(dump_json(Json("a\xFF" "b\xC3")) == R"("a\ufffdb\ufffd")");
}

TEST_CASE("a whole float keeps its point, so it reads back as a float") {
  CHECK(dump_json(Json(5.0)) == "5.0");
  CHECK(dump_json(Json(1.25)) == "1.25");
  CHECK(dump_json(Json(1e300)) == "1e+300");
}

TEST_CASE("spaced JSON has Python's default separators and keeps the order of keys") {
  const auto value = parse_json(R"({"b":[1,null,true],"a":"x"})");

  REQUIRE(value);
  CHECK(dump_json_spaced(*value) == R"({"b": [1, null, true], "a": "x"})");
}

TEST_CASE("text that is not JSON is refused") {
  CHECK(parse_json("{\"a\":").error().code == Errc::bad_input);
  CHECK(parse_json(std::string(1000, '[')).error().code == Errc::bad_input);
}

TEST_CASE("integers beyond 64 bits stay what they are") {
  const std::string text =
      R"({"a":[18446744073709551616,-9223372036854775809],"b":"18446744073709551616","c":18446744073709551615})";
  const auto value = parse_json(text);

  REQUIRE(value);
  CHECK(dump_json(*value) == text);
  CHECK(digits_of(value->at("a").at(1)) == "-9223372036854775809");
  CHECK(value->at("c").is_uint64());
  CHECK(dump_json(big_integer("18446744073709551617")) == "18446744073709551617");
  CHECK(dump_json(parse_json("1e30").value()) == "1e+30");
  CHECK(dump_json(parse_json(R"("\"18446744073709551616")").value()) == R"("\"18446744073709551616")");
}

TEST_CASE("what only looks like a big integer is not written as one") {
  for (const char* text : {R"({"__integer__":"1,2"})", R"({"__integer__":""})", R"({"__integer__":"-"})",
                           R"({"__integer__":"012"})", R"({"__integer__":12})"}) {
    CHECK(dump_json(parse_json(text).value()) == text);
  }
  CHECK(parse_json("[18446744073709551616").error().code == Errc::bad_input);
  CHECK(parse_json("-18446744073709551616x").error().code == Errc::bad_input);
  CHECK(parse_json("\"18446744073709551616").error().code == Errc::bad_input);
}
