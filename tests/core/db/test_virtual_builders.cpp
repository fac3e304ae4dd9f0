// SPDX-License-Identifier: MIT
#include <catch2/generators/catch_generators.hpp>

#include "tests/core/db/database_host.h"

using namespace kiln;
using namespace kiln::testing;

namespace {

std::int64_t described_as(DatabaseHost& host, std::int64_t builder, const std::string& text) {
  return host.integer("SELECT count(*) FROM builders WHERE id = " + std::to_string(builder) + " AND description = '" +
                      text + "'");
}

std::int64_t tags_of(DatabaseHost& host, std::int64_t builder) {
  return host.integer("SELECT count(*) FROM builders_tags WHERE builderid = " + std::to_string(builder));
}

}  // namespace

TEST_CASE("a virtual builder is one row by its name, with the newest words") {
  DatabaseHost host(GENERATE(Backend::sqlite_file, Backend::postgresql));
  apply_small_config(host);

  const Written first = write_now(host, writes::AddVirtualBuilder{"shown", "before", {}, {"a", "b", "_virtual_"}});
  const Written again = write_now(host, writes::AddVirtualBuilder{"shown", "after", {}, {"_virtual_"}});

  CHECK(again.id == first.id);
  CHECK(described_as(host, first.id, "after") == 1);
  CHECK(tags_of(host, first.id) == 1);
  CHECK(host.integer("SELECT count(*) FROM builder_masters WHERE builderid = " + std::to_string(first.id)) == 0);
}

TEST_CASE("a builder of the configuration keeps its words when builds of others appear under it") {
  DatabaseHost host(GENERATE(Backend::sqlite_file, Backend::postgresql));
  writes::ApplyConfig config = small_config();
  config.builders[0].description = "its own";
  config.builders[0].tags = {"own"};
  const Written configured = write_now(host, config);

  const Written shown =
      write_now(host, writes::AddVirtualBuilder{config.builders[0].name, "other", {}, {"x", "_virtual_"}});

  CHECK(shown.id == configured.child_ids[0]);
  CHECK(described_as(host, shown.id, "its own") == 1);
  CHECK(tags_of(host, shown.id) == 1);
}
