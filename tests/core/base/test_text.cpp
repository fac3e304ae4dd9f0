// SPDX-License-Identifier: MIT
#include <catch2/catch_test_macros.hpp>

#include "core/base/text.h"

using namespace kiln;

TEST_CASE("SHA-1 gives the hash that the database stores for a name") {
  CHECK(sha1_hex("main") == "b28b7af69320201d1cf206ebf28373980add1451");
}

TEST_CASE("a slug replaces what an identifier cannot hold") {
  CHECK(to_slug("warnings (2)") == "warnings__2_");
  CHECK(to_slug("stdio") == "stdio");
  CHECK(to_slug("1st") == "_st");
  CHECK(to_slug("err.html") == "err_html");
  CHECK(to_slug(std::string(80, 'x')).size() == 50);
}

TEST_CASE("identifiers are letters, digits, dash and underscore") {
  CHECK(is_identifier("w-1_x", 50));
  CHECK(is_identifier("\xC3\xA9t\xC3\xA9", 3));
  CHECK_FALSE(is_identifier("1w", 50));
  CHECK_FALSE(is_identifier("a b", 50));
  CHECK_FALSE(is_identifier("", 50));
  CHECK_FALSE(is_identifier("abcd", 3));
}

TEST_CASE("undecodable bytes are replaced one by one") {
  CHECK(to_utf8_replacing("ok \xFF\xFE.") == "ok \xEF\xBF\xBD\xEF\xBF\xBD.");
  CHECK(to_utf8_replacing("caf\xC3\xA9") == "caf\xC3\xA9");
}
