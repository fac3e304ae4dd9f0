// SPDX-License-Identifier: MIT
#include <catch2/catch_test_macros.hpp>
#include <string>
#include <vector>

#include "core/base/secrets.h"

using namespace kiln;

namespace {

// The text cut into pieces of `size` and filtered piece by piece.
std::string in_pieces(const Secrets& secrets, const std::string& text, std::size_t size) {
  SecretFilter filter;
  std::string out;
  for (std::size_t at = 0; at < text.size(); at += size) out += filter.append(secrets, text.substr(at, size));
  out += filter.flush(secrets);
  return out;
}

}  // namespace

TEST_CASE("a value is replaced by its name wherever it is") {
  Secrets secrets;
  CHECK(secrets.add("key", "hush"));
  CHECK_FALSE(secrets.add("key", "hush"));

  CHECK(secrets.masked("hush") == "<key>");
  CHECK(secrets.masked("xhushhush hus") == "x<key><key> hus");
  CHECK(secrets.masked("") == "");
}

TEST_CASE("blank values hide nothing") {
  Secrets secrets;
  CHECK_FALSE(secrets.add("a", ""));
  CHECK_FALSE(secrets.add("b", " \n\t"));
  CHECK(secrets.empty());
}

TEST_CASE("the longest of several values is taken") {
  Secrets secrets;
  secrets.add("short", "pass");
  secrets.add("long", "password");
  CHECK(secrets.masked("pass password passwor") == "<short> <long> <short>wor");
}

TEST_CASE("escaped, encoded and CRLF forms of a value are hidden too") {
  Secrets secrets;
  secrets.add("key", "line one\nline/two\n");
  CHECK(secrets.masked("line one\nline/two\n") == "<key>");
  CHECK(secrets.masked("line one\nline/two") == "<key>");
  CHECK(secrets.masked("line one\r\nline/two\r\n") == "<key>");
  CHECK(secrets.masked("['x', 'line one\\nline/two\\n']") == "['x', '<key>']");
  CHECK(secrets.masked("http://u:line%20one%0Aline%2Ftwo@host") == "http://u:<key>@host");
}

TEST_CASE("however a text is cut, the same is hidden") {
  Secrets secrets;
  secrets.add("a", "abcabd");
  secrets.add("b", "cab");
  secrets.add("c", "first\nsecond");
  const std::string text = "abcabcabd abcab first\nsecond first\nsecon abca";
  const std::string whole = secrets.masked(text);
  CHECK(whole == "ab<b><b>d ab<b> <c> first\nsecon abca");
  for (std::size_t size = 1; size <= text.size(); ++size) {
    CAPTURE(size);
    CHECK(in_pieces(secrets, text, size) == whole);
  }
}

TEST_CASE("no more is held back than may be the beginning of a value") {
  Secrets secrets;
  secrets.add("key", "hush");
  SecretFilter filter;
  CHECK(filter.append(secrets, "one hu") == "one ");
  CHECK(filter.append(secrets, "m hus") == "hum ");
  CHECK(filter.append(secrets, "h\n") == "<key>\n");
  CHECK(filter.append(secrets, "no secret\n") == "no secret\n");
  CHECK(filter.append(secrets, "hus") == "");
  CHECK(filter.flush(secrets) == "hus");
  CHECK(filter.flush(secrets) == "");
}

TEST_CASE("without secrets the text itself is given") {
  const Secrets secrets;
  SecretFilter filter;
  const std::string text = "anything";
  CHECK(filter.append(secrets, text).data() == text.data());
}
