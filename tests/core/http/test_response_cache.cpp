// SPDX-License-Identifier: MIT
#include "core/http/response_cache.h"

#include <catch2/catch_test_macros.hpp>

namespace kiln::http {
namespace {

script::ConfigPtr make_config() { return script::ConfigPtr(new script::Config); }

Response answer(std::string body) { return make_response(200, "text/plain", std::move(body)); }

}  // namespace

TEST_CASE("an answer is good for the data and the configuration it was read with") {
  ResponseCache cache;
  const script::ConfigPtr config = make_config();
  const ResponseCache::Version version{1, config};
  CHECK(cache.find("a", version) == nullptr);
  cache.add("a", version, answer("one"));
  REQUIRE(cache.find("a", version) != nullptr);
  CHECK(cache.find("a", version)->text() == "one");
  CHECK(cache.find("b", version) == nullptr);

  CHECK(cache.find("a", {2, config}) == nullptr);
  cache.add("a", version, answer("late"));  // was read before the data changed
  CHECK(cache.find("a", {2, config}) == nullptr);

  cache.add("a", {2, config}, answer("two"));
  CHECK(cache.find("a", {2, make_config()}) == nullptr);
}

TEST_CASE("what is remembered keeps no configuration alive, and is of no other one") {
  ResponseCache cache;
  script::ConfigPtr config = make_config();
  const std::weak_ptr<const script::Config> watched = config;
  CHECK(cache.find("a", {1, config}) == nullptr);
  cache.add("a", {1, config}, answer("old"));

  config.reset();

  CHECK(watched.expired());
  CHECK(cache.find("a", {1, make_config()}) == nullptr);
  CHECK(cache.find("a", {1, {}}) == nullptr);
}

}  // namespace kiln::http
