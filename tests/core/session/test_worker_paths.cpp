// SPDX-License-Identifier: MIT
#include "core/session/worker_paths.h"

#include <catch2/catch_test_macros.hpp>
#include <fstream>
#include <iterator>

#include "core/session/basic_auth.h"
#include "tests/support/result_text.h"

namespace kiln::session {
namespace {

TEST_CASE("paths are joined as Python joins them on the worker's system") {
  std::ifstream in(KILN_TEST_DATA "/msgpack/vectors.json");
  REQUIRE(in);
  const Json data = parse_json(std::string(std::istreambuf_iterator<char>(in), {})).value();
  for (const char* system : {"posix", "nt"}) {
    const WorkerPaths paths(system, {});
    for (const Json& vector : data.at(std::string(system) + "_paths").get_array()) {
      INFO(system << " " << dump_json(vector));
      CHECK(paths.join(vector.at(0).get_string(), vector.at(1).get_string()) == vector.at(2).get_string());
    }
  }
}

TEST_CASE("a tilde stands for the worker's home") {
  const WorkerPaths posix("posix", {{"HOME", "/home/b/"}});
  CHECK(posix.expand_user("~") == "/home/b");
  CHECK(posix.expand_user("~/x/~") == "/home/b/x/~");
  CHECK(posix.expand_user("~other/x") == "~other/x");
  CHECK(posix.expand_user("x~") == "x~");
  CHECK(WorkerPaths("posix", {{"HOME", "/"}}).expand_user("~") == "/");
  CHECK(WorkerPaths("posix", {{"HOME", "/"}}).expand_user("~/x") == "/x");
  CHECK(WorkerPaths("posix", {}).expand_user("~/x") == "~/x");
  const WorkerPaths nt("nt", {{"USERPROFILE", "C:\\Users\\b"}});
  CHECK(nt.expand_user("~\\x") == "C:\\Users\\b\\x");
  CHECK(nt.expand_user("~/x") == "C:\\Users\\b/x");
  CHECK(WorkerPaths("nt", {{"HOMEDRIVE", "D:"}, {"HOMEPATH", "\\b"}}).expand_user("~") == "D:\\b");
}

TEST_CASE("names and passwords are read from a Basic authorization") {
  const auto read = read_basic_auth("Basic dy1tcDptcHBhc3M=");
  REQUIRE((read->name == "w-mp" && read->password == "mppass"));
  const auto colons = read_basic_auth("basic YTpiOmM=");
  REQUIRE((colons->name == "a" && colons->password == "b:c"));
  for (const char* header : {"", "Basic", "Basic ", "Basic =", "Basic YTpi=", "Basic YT pi", "Digest YTpi", "Basic /zpi"}) {
    INFO(header);
    CHECK(read_basic_auth(header).error().code == Errc::bad_input);
  }
}

TEST_CASE("only the whole password of a known user is right") {
  CHECK(is_password("secret", "secret"));
  CHECK_FALSE(is_password("secre", "secret"));
  CHECK_FALSE(is_password("", "secret"));
  CHECK_FALSE(is_password("", std::nullopt));
  CHECK(is_password("", std::string()));
}

}  // namespace
}  // namespace kiln::session
