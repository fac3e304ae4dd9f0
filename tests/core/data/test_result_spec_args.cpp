// SPDX-License-Identifier: MIT
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "core/data/result_spec_args.h"
#include "core/model/resources.h"
#include "tests/support/result_text.h"

using namespace kiln;
using namespace kiln::data;

namespace {

const Shape builds{field_infos<Build>, true};
const Shape one_build{field_infos<Build>, false};
const Shape builders{field_infos<Builder>, true};

}  // namespace

TEST_CASE("query arguments become a result spec") {
  const auto spec = parse_result_spec({{"field", "buildid"},
                                       {"field", "number"},
                                       {"order", "-number"},
                                       {"order", "buildid"},
                                       {"limit", "10"},
                                       {"offset", "-1"},
                                       {"property", "owner"},
                                       {"number__ge", " 3 "}},
                                      builds);

  REQUIRE(spec.has_value());
  CHECK(spec->fields == std::vector<std::string>{"buildid", "number"});
  REQUIRE(spec->order.size() == 2);
  CHECK((spec->order[0].field == "number" && spec->order[0].descending));
  CHECK((spec->order[1].field == "buildid" && !spec->order[1].descending));
  CHECK(spec->limit == 10);
  CHECK(spec->offset == -1);
  CHECK(spec->properties == std::vector<std::string>{"owner"});
  REQUIRE(spec->filters.size() == 1);
  CHECK(spec->filters[0].op == FilterOp::ge);
  CHECK(spec->filters[0].values == std::vector<Json>{3});
}

TEST_CASE("repeated filters mean any of their values") {
  const auto spec = parse_result_spec({{"results", "0"}, {"complete", "Yes"}, {"results", "2"}}, builds);

  REQUIRE(spec.has_value());
  REQUIRE(spec->filters.size() == 2);
  CHECK(spec->filters[0].values == std::vector<Json>{0, 2});
  CHECK(spec->filters[1].values == std::vector<Json>{true});
}

TEST_CASE("operators that cannot be understood are ignored, as upstream does") {
  const auto name = GENERATE(as<std::string>{}, "buildid__foo", "nosuch__eq", "__", "a__b__c");

  const auto spec = parse_result_spec({{name, "1"}}, builds);

  REQUIRE(spec.has_value());
  CHECK(spec->filters.empty());
}

TEST_CASE("an order operator that is repeated is ignored") {
  const auto spec = parse_result_spec({{"buildid__gt", "1"}, {"buildid__gt", "2"}}, builds);

  REQUIRE(spec.has_value());
  CHECK(spec->filters.empty());
}

TEST_CASE("wrong query arguments have upstream's errors") {
  struct Case {
    QueryArgs args;
    Shape shape;
    std::string error;
  };
  const auto wrong = GENERATE(values<Case>({
      {{{"limit", "x"}}, builds, "invalid limit"},
      {{{"limit", ""}}, builds, "invalid limit"},
      {{{"offset", "1.5"}}, builds, "invalid offset"},
      {{{"limit", "99999999999999999999"}}, builds, "invalid limit"},
      {{{"field", "nosuch"}}, builds, "no such field 'nosuch'"},
      {{{"order", "-nosuch"}}, builds, "no such field 'nosuch'"},
      {{{"nosuch", "1"}}, builds, "unrecognized query parameter 'nosuch'"},
      {{{"buildid", "x"}}, builds, "invalid filter value for buildid"},
      {{{"complete", "maybe"}}, builds, "invalid filter value for complete"},
      {{{"properties", "x"}}, builds, "invalid filter value for properties"},
      {{{"field", "number"}, {"order", "buildid"}}, builds, "cannot order on un-selected fields"},
      {{{"field", "number"}, {"buildid", "1"}}, builds, "cannot filter on un-selected fields"},
      {{{"number", "1"}}, one_build, "this is not a collection"},
  }));

  const auto spec = parse_result_spec(wrong.args, wrong.shape);

  REQUIRE(spec.has_error());
  CHECK(spec.error().code == Errc::bad_input);
  CHECK(spec.error().what == wrong.error);
}

TEST_CASE("lists are compared with one of their elements") {
  const auto spec = parse_result_spec({{"tags__contains", "a"}, {"masterids__contains", "7"}}, builders);

  REQUIRE(spec.has_value());
  CHECK(spec->filters[0].values == std::vector<Json>{"a"});
  CHECK(spec->filters[1].values == std::vector<Json>{7});
}
