// SPDX-License-Identifier: MIT
#include "tests/support/engine_host.h"

using namespace kiln;
using namespace kiln::testing;

namespace {

Json tags_of_build(const EngineHost& host, std::int64_t id) {
  const Property* tags = host.journal.builds.at(BuildId(id)).properties.find("virtual_builder_tags");
  return tags == nullptr ? Json() : tags->value;
}

}  // namespace

TEST_CASE("a build appears under the builder that a property names, with numbers of its own") {
  EngineHost host;
  host.add_worker("w1");
  host.add_builder("a", {"w1"}, {shell_step("x", "true")});
  host.add_force_scheduler();
  host.start();
  host.connect("w1", 0);

  host.force("a");
  host.force("a", {{"virtual_builder_name", "shown"}, {"virtual_builder_tags", JsonArray{"t"}}});
  host.force("a", {{"virtual_builder_name", "shown"}});
  host.force("a", {{"virtual_builder_name", ""}});

  const Build &own = host.build(1), &first = host.build(2), &second = host.build(3);
  CHECK(first.builderid != own.builderid);
  CHECK(second.builderid == first.builderid);
  CHECK(std::vector{own.number, first.number, second.number} == std::vector<std::int64_t>{1, 1, 2});
  CHECK(host.build(4).builderid == own.builderid);
  CHECK(host.journal.builds.at(first.id).properties.find("builderid")->value == Json(own.builderid.value));
  CHECK(tags_of_build(host, 2) == Json(JsonArray{"t", "_virtual_"}));
  CHECK(tags_of_build(host, 3).is_null());
  for (const std::int64_t id : {1, 2, 3, 4}) CHECK(host.build(id).results == Results::success);
}

TEST_CASE("a virtual builder's words are those of the properties, or else of the builder that builds") {
  EngineHost host;
  host.add_worker("w1");
  const auto builder = host.add_builder("a", {"w1"}, {shell_step("x", "true")});
  builder->description = "its own";
  builder->tags = {"one"};
  host.add_force_scheduler();
  host.start();
  host.connect("w1", 0);

  host.force("a", {{"virtual_builder_name", "plain"}});
  host.force("a", {{"virtual_builder_name", "told"},
                   {"virtual_builder_description", "other"},
                   {"virtual_builder_tags", JsonArray{"_virtual_", "two"}}});

  const auto& plain = host.journal.virtual_builders.at("plain");
  CHECK(plain.description == "its own");
  CHECK(plain.tags == std::vector<std::string>{"one", "_virtual_"});
  const auto& told = host.journal.virtual_builders.at("told");
  CHECK(told.description == "other");
  CHECK(told.tags == std::vector<std::string>{"_virtual_", "two"});
}
