// SPDX-License-Identifier: MIT
#include "core/wire/try_job.h"

#include <catch2/catch_test_macros.hpp>

using namespace kiln;
using namespace kiln::wire;

namespace {

std::string netstrings(const std::vector<std::string>& parts) {
  std::string bytes;
  for (const std::string& part : parts) bytes += std::to_string(part.size()) + ":" + part + ",";
  return bytes;
}

std::string refusal(const std::string& bytes) {
  const auto job = read_job_file(bytes);
  REQUIRE(!job);
  REQUIRE(job.error().code == Errc::bad_input);
  return job.error().what;
}

}  // namespace

TEST_CASE("each version of a job file names more", "[try]") {
  const std::vector<std::string> first{"id1", "main", "abc", "2", "diff\xff"};
  const auto file = [&](const std::string& version, const std::vector<std::string>& more) {
    std::vector<std::string> parts{version};
    parts.insert(parts.end(), first.begin(), first.end());
    parts.insert(parts.end(), more.begin(), more.end());
    return read_job_file(netstrings(parts)).value();
  };

  const TryJob one = file("1", {"a", "b"});
  CHECK(one.id == "id1");
  CHECK(one.branch == "main");
  CHECK(one.revision == "abc");
  REQUIRE(one.patch);
  CHECK(one.patch->level == 2);
  CHECK(one.patch->diff == "diff\xff");
  CHECK(one.builders == std::vector<std::string>{"a", "b"});
  const TryJob two = file("2", {"repo", "proj", "a"});
  CHECK(two.repository == "repo");
  CHECK(two.project == "proj");
  CHECK(two.builders == std::vector<std::string>{"a"});
  CHECK(file("3", {"repo", "proj", "me", "a"}).who == "me");
  const TryJob four = file("4", {"repo", "proj", "me", "why", "a"});
  CHECK(four.who == "me");
  CHECK(four.comment == "why");
  CHECK(four.builders == std::vector<std::string>{"a"});
  CHECK(file("4", {"", "", "", ""}).builders.empty());
}

TEST_CASE("job files of versions 5 and 6 are JSON", "[try]") {
  const TryJob five = read_job_file(netstrings({"5", R"({"jobid":"j","branch":"","baserev":null,"patch_level":1,
      "patch_body":"d","who":"w","comment":"c","builderNames":["a"],"properties":{"x":[1]}})"})).value();
  CHECK(five.id == "j");
  CHECK_FALSE(five.branch);
  CHECK_FALSE(five.revision);
  CHECK(five.patch.value().diff == "d");
  CHECK(five.comment == "c");
  CHECK(dump_json(five.properties) == R"({"x":[1]})");
  const TryJob six = read_job_file(netstrings({"6", R"({"jobid":"j","branch":"b","patch_level":0,
      "patch_body_base64":"/wA="})"})).value();
  CHECK(six.patch.value().diff == std::string("\xff\0", 2));
  CHECK(six.builders.empty());
}

TEST_CASE("what is no job file is refused in words", "[try]") {
  CHECK(refusal("") == "it is empty");
  CHECK(refusal("zzz") == "it is not made of netstrings");
  CHECK(refusal(":,") == "it is not made of netstrings");
  CHECK(refusal("-1:a,") == "it is not made of netstrings");
  CHECK(refusal("99999999999999999999:a,") == "it is not made of netstrings");
  CHECK(refusal("5:abc") == "it ends in the midst of a netstring");
  CHECK(refusal("3:abc") == "it ends in the midst of a netstring");
  CHECK(refusal("3:abcd") == "a netstring does not end with a comma");
  CHECK(refusal(netstrings({"7", "id"})) == "unknown version \"7\"");
  CHECK(refusal(netstrings({"4", "id"})) == "fields are missing at its end");
  CHECK(refusal(netstrings({"1", "id", "", "", "x", "diff"})) == "the patch level is no number");
  CHECK(refusal(netstrings({"5"})) == "fields are missing at its end");
  CHECK(refusal(netstrings({"5", "{bad"})) == "the job is not a JSON object");
  CHECK(refusal(netstrings({"5", "[1]"})) == "the job is not a JSON object");
  CHECK(refusal(netstrings({"5", R"({"jobid":7})"})) == "wrong or missing value of \"jobid\"");
  CHECK(refusal(netstrings({"5", R"({"patch_body":"x"})"})) == "wrong or missing value of \"patch_level\"");
  CHECK(refusal(netstrings({"6", R"({"patch_level":1,"patch_body_base64":"***"})"})) ==
        "wrong or missing value of \"patch_body_base64\"");
  CHECK(refusal(netstrings({"5", R"({"builderNames":[1]})"})) == "wrong or missing value of \"builderNames\"");
  CHECK(refusal(netstrings({"5", R"({"properties":[]})"})) == "wrong or missing value of \"properties\"");
}
