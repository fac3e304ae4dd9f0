// SPDX-License-Identifier: MIT
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "core/http/access_log.h"

using namespace kiln;

namespace {

std::string read_file(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

}  // namespace

TEST_CASE("a full access log is renamed, and only so many old ones are kept") {
  std::string name = (std::filesystem::temp_directory_path() / "kiln-log-XXXXXX").string();
  REQUIRE(::mkdtemp(name.data()) != nullptr);
  const std::filesystem::path directory = name;
  http::AccessLog log({.file = directory / "http.log", .max_bytes = 100, .max_files = 2});

  for (int i = 0; i < 5; ++i) {
    http::Request request;
    request.method = "GET";
    request.target = "/" + std::to_string(i);
    request.peer = "127.0.0.1";
    log.add(request, 200, 7);
    log.flush();
  }

  CHECK(read_file(directory / "http.log").find("\"GET /4 HTTP/1.1\" 200 7") != std::string::npos);
  CHECK(read_file(directory / "http.log.1").find("GET /3 ") != std::string::npos);
  CHECK(read_file(directory / "http.log.2").find("GET /2 ") != std::string::npos);
  CHECK_FALSE(std::filesystem::exists(directory / "http.log.3"));
  std::filesystem::remove_all(directory);
}
