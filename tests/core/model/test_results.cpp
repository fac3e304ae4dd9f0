// SPDX-License-Identifier: MIT
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "core/model/properties.h"
#include "core/model/results.h"

using namespace kiln;
using enum Results;

TEST_CASE("the worse of two results follows upstream's order") {
  const auto [a, b, worse] = GENERATE(table<Results, Results, Results>({
      {success, skipped, success},
      {warnings, success, warnings},
      {failure, warnings, failure},
      {exception, failure, exception},
      {retry, exception, retry},
      {cancelled, retry, cancelled},
      {skipped, skipped, skipped},
  }));

  CHECK(worst_status(a, b) == worse);
  CHECK(worst_status(b, a) == worse);
}

TEST_CASE("a step's flags decide how its failure counts") {
  const auto [halt, flunk, warn, total, terminate] = GENERATE(table<bool, bool, bool, Results, bool>({
      {false, true, false, failure, false},
      {true, false, false, success, true},
      {false, false, true, warnings, false},
      {false, true, true, failure, false},
  }));
  const ResultFlags flags{.halt_on_failure = halt, .flunk_on_failure = flunk, .warn_on_failure = warn};

  const MergedResult merged = merge_result(flags, failure, success);

  CHECK(merged.total == total);
  CHECK(merged.terminate == terminate);
}

TEST_CASE("warnings count only when asked for") {
  CHECK(merge_result({}, warnings, success).total == success);
  CHECK(merge_result({.warn_on_warnings = true}, warnings, success).total == warnings);
  CHECK(merge_result({.flunk_on_warnings = true, .warn_on_warnings = true}, warnings, success).total == failure);
}

TEST_CASE("an exception, retry or cancellation ends the build") {
  const Results end = GENERATE(exception, retry, cancelled);

  const MergedResult merged = merge_result({}, end, success);

  CHECK(merged.total == end);
  CHECK(merged.terminate);
}

TEST_CASE("properties keep the order of first setting and the last value") {
  Properties properties;
  properties.set("b", 1, "global");
  properties.set("a", "x", "Build");
  properties.set("b", 2, "Step", true);
  properties.set_if_missing("a", "y", "Builder");

  REQUIRE(properties.size() == 2);
  CHECK(properties.begin()->name == "b");
  CHECK(properties.find("b")->value == Json(2));
  CHECK(properties.find("b")->runtime);
  CHECK(properties.find("a")->source == "Build");
  CHECK(properties.find("c") == nullptr);
}
