// SPDX-License-Identifier: MIT
#include "core/engine/revlink.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <string>
#include <utility>

namespace kiln::engine {
namespace {

TEST_CASE("a revision has a page on a known host", "[revlink]") {
  const auto [repository, link] = GENERATE(table<std::string, std::string>({
      {"https://github.com/a/b.git", "https://github.com/a/b/commit/r1"},
      {"git@github.com:a/b.git", "https://github.com/a/b/commit/r1"},
      {"git://github.com/a/b", "https://github.com/a/b/commit/r1"},
      {"ssh://git@github.com/a/b.git", "https://github.com/a/b/commit/r1"},
      {"git@bitbucket.org:a/b.git", "https://bitbucket.org/a/b/commits/r1"},
      {"https://user:pw@bitbucket.org/a/b", "https://bitbucket.org/a/b/commits/r1"},
      {"git://git.code.sf.net/p/proj/code", "https://sourceforge.net/p/proj/code/ci/r1/"},
  }));

  CHECK(known_revlink(repository, "r1") == link);
}

TEST_CASE("a revision has no page elsewhere", "[revlink]") {
  const auto* repository =
      GENERATE("", "http://x.org/r", "https://github.com/a", "https://github.com/a/b/", "https://github.com//b",
               "https://bitbucket.org/a/b", "https://@bitbucket.org/a/b", "git@gitlab.com:a/b.git", "git@github.com:.git");

  CHECK(known_revlink(repository, "r1").empty());
}

}  // namespace
}  // namespace kiln::engine
