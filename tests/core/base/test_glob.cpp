// SPDX-License-Identifier: MIT
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <string>

#include "core/base/glob.h"

using namespace kiln;

namespace {

struct Case {
  const char* pattern;
  const char* text;
  bool matches;
};

}  // namespace

// The expected answers are Python's fnmatch.fnmatchcase.
TEST_CASE("patterns match as Python's fnmatch does") {
  const Case given = GENERATE(values<Case>({
      {"linux", "linux", true},
      {"linux", "Linux", false},
      {"linux", "linux2", false},
      {"", "", true},
      {"", "a", false},
      {"*", "", true},
      {"*", "a/b", true},
      {"l*x", "linux", true},
      {"l*x", "linuxes", false},
      {"*a*b", "xaxxab", true},
      {"?", "a", true},
      {"?", "", false},
      {"?", "\xC3\xA9", true},
      {"??", "\xC3\xA9", false},
      {"[ab]dmins", "admins", true},
      {"[!ab]dmins", "admins", false},
      {"[a-c]", "b", true},
      {"[a-c]", "d", false},
      {"[-a]", "-", true},
      {"[a-]", "-", true},
      {"[]]", "]", true},
      {"[!]]", "]", false},
      {"[!]]", "a", true},
      {"[", "[", true},
      {"[a", "[a", true},
      {"[]", "[]", true},
      {"[\xC3\xA0-\xC3\xAF]", "\xC3\xA9", true},
      {"[!a]", "\xC3\xA9", true},
      {"a\\b", "a\\b", true},
  }));

  INFO(given.pattern << " on " << given.text);
  CHECK(matches_glob(given.pattern, given.text) == given.matches);
}

TEST_CASE("many stars do not make a match slow") {
  std::string pattern;
  for (int i = 0; i < 500; ++i) pattern += "*a";
  CHECK_FALSE(matches_glob(pattern + "b", std::string(5000, 'a')));
}
