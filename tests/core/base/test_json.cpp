// SPDX-License-Identifier: MIT
#include <catch2/catch_test_macros.hpp>

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
