// SPDX-License-Identifier: MIT
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <set>

#include "core/data/endpoint.h"
#include "tests/support/result_text.h"

using namespace kiln;
using namespace kiln::data;

TEST_CASE("a path finds its endpoint and arguments") {
  struct Case {
    std::string path;
    std::string plural;
    EndpointKind kind;
    std::string args;
  };
  const auto found = GENERATE(values<Case>({
      {"builds", "builds", EndpointKind::collection, "{}"},
      {"builds/7", "builds", EndpointKind::single, "{'buildid': 7}"},
      {"builders/4", "builders", EndpointKind::single, "{'builderid': 4}"},
      {"builders/4a", "builders", EndpointKind::single, "{'buildername': '4a'}"},
      {"builders/-4", "builders", EndpointKind::single, "{'buildername': '-4'}"},
      {"builders/it's", "builders", EndpointKind::single, "{'buildername': \"it's\"}"},
      {"builders/", "builders", EndpointKind::single, "{'buildername': ''}"},
      {"workers/w.1", "workers", EndpointKind::single, "{'name': 'w.1'}"},
      {"builds/1/steps/hello/logs/stdio/raw", "logchunks", EndpointKind::raw,
       "{'buildid': 1, 'step_name': 'hello', 'log_slug': 'stdio'}"},
      {"logs/1/raw_inline", "logchunks", EndpointKind::raw_inline, "{'logid': 1}"},
      {"buildsets/x/sourcestamps", "sourcestamps", EndpointKind::collection, "{'buildsetid': 'x'}"},
      {"application.spec", "specs", EndpointKind::collection, "{}"},
  }));

  const auto match = match_endpoint(split_path(found.path));

  REQUIRE(match.has_value());
  CHECK(match->endpoint->plural == found.plural);
  CHECK(match->endpoint->kind == found.kind);
  CHECK(match->args.repr() == found.args);
}

TEST_CASE("paths without an endpoint are named in the error") {
  const auto path = GENERATE(as<std::string>{}, "nosuch", "builds/abc", "builds/1/", "builders/1/2/3",
                             "builds/1/steps/two words", "logs/99999999999999999999");

  const auto match = match_endpoint(split_path(path));

  REQUIRE(match.has_error());
  CHECK(match.error().code == Errc::not_found);
  CHECK(match.error().what == "Invalid path: " + path);
}

TEST_CASE("the empty path is the list of root links") {
  const auto match = match_endpoint({});

  REQUIRE(match.has_value());
  CHECK(match->endpoint->plural == "rootlinks");
}

TEST_CASE("no pattern stands in the table twice") {
  std::set<std::string_view> seen;
  for (const Endpoint& endpoint : endpoints()) {
    for (const std::string_view pattern : endpoint.patterns) CHECK(seen.insert(pattern).second);
  }
  CHECK(seen.size() == 138 + 3);  // three are ours
}
