// SPDX-License-Identifier: MIT
#include <catch2/catch_test_macros.hpp>

#include "tests/core/http/served_master.h"
#include "tests/support/result_text.h"

using namespace kiln;
using namespace kiln::testing;

// What Python's master.data.get is answered.
namespace {

Result<Json> get(ServedMaster& master, const std::string& path, ResultSpec spec = {}) {
  std::promise<Result<Json>> answer;
  master.on_loop([&] {
    master.api().get_json(path, std::move(spec), [&](Result<Json> got) { answer.set_value(std::move(got)); });
  });
  return answer.get_future().get();
}

}  // namespace

TEST_CASE("a collection is a list of rows") {
  ServedMaster master(golden_config());
  ResultSpec spec;
  spec.fields = {"buildid", "started_at"};
  spec.order = {{"buildid", true}};
  spec.limit = 1;

  const auto rows = get(master, "builds", spec);

  REQUIRE(rows.has_value());
  REQUIRE(rows->as_array().size() == 1);
  CHECK(rows->at(0).at("buildid") == Json(16));
  CHECK(rows->at(0).at("started_at").is_int64());
}

TEST_CASE("an entity is its row, or null when there is none") {
  ServedMaster master(golden_config());

  CHECK(get(master, "builders/main").value().at("builderid") == Json(4));
  CHECK(get(master, "builders/nosuch").value().is_null());
  CHECK(get(master, "builds/1/properties").value().at("owner") == Json(JsonArray{"admin", "Force Build Form"}));
}

TEST_CASE("contents of a log are a row") {
  ServedMaster master(golden_config());

  const auto chunk = get(master, "logs/1/contents");

  REQUIRE(chunk.has_value());
  CHECK(chunk->at("firstline") == Json(0));
  CHECK(chunk->at("content").get_string().ends_with("helapsedTime=0.006125\n"));
}

TEST_CASE("a path that names nothing is an error, and so is a file") {
  ServedMaster master(golden_config());

  CHECK(get(master, "nosuch/path").error().code == Errc::not_found);
  CHECK(get(master, "logs/1/raw").error().code == Errc::not_supported);
}
