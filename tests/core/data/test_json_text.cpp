// SPDX-License-Identifier: MIT
#include <catch2/catch_test_macros.hpp>

#include "core/data/json_text.h"
#include "core/data/log_text.h"
#include "core/data/select.h"
#include "core/model/row_json.h"

using namespace kiln;
using namespace kiln::data;

TEST_CASE("rows are written with sorted keys, compact and in ASCII") {
  Worker worker;
  worker.id = WorkerId(2);
  worker.name = "w\xc3\xa9\"";
  worker.connected_to = {MasterId(1)};
  worker.configured_on = {{BuilderId(4), MasterId(1)}};
  worker.workerinfo = JsonObject{{"version", "4.3.0"}, {"admin", JsonObject{{"b", 1}, {"a", nullptr}}}};

  std::string text;
  append_row(text, worker);

  CHECK(text ==
        R"({"configured_on":[{"builderid":4,"masterid":1}],"connected_to":[{"masterid":1}],"graceful":false,)"
        R"("name":"w\u00e9\"","pause_reason":null,"paused":false,"workerid":2,)"
        R"("workerinfo":{"admin":{"a":null,"b":1},"version":"4.3.0"}})");
}

TEST_CASE("only the selected fields are written") {
  Log log;
  log.id = LogId(1);
  log.slug = "stdio";

  std::string text;
  append_row(text, log, field_mask<Log>({"slug", "type", "nosuch"}));

  CHECK(text == R"({"slug":"stdio","type":"s"})");
}

TEST_CASE("properties are an object of value and source, sorted by name") {
  Properties properties;
  properties.set("b", JsonObject{{"z", 1}, {"y", 2}}, "Change");
  properties.set("a", nullptr, "Step");

  std::string text;
  append_properties_json(text, properties);

  CHECK(text == R"({"a":[null,"Step"],"b":[{"y":2,"z":1},"Change"]})");
}

TEST_CASE("indented JSON is upstream's, with the space before the line's end") {
  CHECK(indent_json(R"({"a":[],"b":{},"c":[1,"x,:{}\"[",{"d":null}]})") ==
        "{\n  \"a\": [], \n  \"b\": {}, \n  \"c\": [\n    1, \n    \"x,:{}\\\"[\", \n    {\n      \"d\": null\n    }\n"
        "  ]\n}");
}

TEST_CASE("the letter that a stream log's lines start with is taken off") {
  CHECK(without_stream_letters("oone\ne\nhthree\nolast") == "one\n\nthree\nlast");
  CHECK(without_stream_letters("").empty());
  CHECK(without_stream_letters("\no\n") == "\n\n");
}

TEST_CASE("rows in memory are filtered, sorted with null first, and paged") {
  std::vector<Project> rows(4);
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i].id = ProjectId(static_cast<std::int64_t>(i) + 1);
  rows[0].description = "b";
  rows[1].description = "a";
  rows[3].description = "c";
  ResultSpec spec;
  spec.order = {{"description", false}};
  spec.filters = {{"projectid", FilterOp::ne, {4}}};
  spec.offset = 1;
  spec.limit = 1;

  const Rows<Project> page = select_rows(rows, spec);

  CHECK(page.total == 3);
  REQUIRE(page.rows.size() == 1);
  CHECK(page.rows[0].id == ProjectId(2));
}

TEST_CASE("filters compare as upstream's") {
  const Json text = "main";
  const Json list = JsonArray{"a", "b"};

  CHECK(matches(text, {"x", FilterOp::contains, {"ai"}}));
  CHECK(matches(list, {"x", FilterOp::contains, {"c", "b"}}));
  CHECK_FALSE(matches(list, {"x", FilterOp::contains, {"ab"}}));
  CHECK(matches(Json(3), {"x", FilterOp::in, {1, 3}}));
  CHECK_FALSE(matches(Json(3), {"x", FilterOp::notin, {1, 3}}));
  CHECK(matches(Json(), {"x", FilterOp::ne, {1}}));
  CHECK_FALSE(matches(Json(), {"x", FilterOp::lt, {1}}));
  CHECK(matches(Json(2), {"x", FilterOp::le, {2}}));
  CHECK_FALSE(matches(Json(2), {"x", FilterOp::gt, {2}}));
}
