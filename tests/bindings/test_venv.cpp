// SPDX-License-Identifier: MIT
#include "bindings/venv.h"

#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <fstream>

#include "tests/support/result_text.h"

using namespace kiln;
using namespace kiln::bindings;
namespace fs = std::filesystem;

namespace {

class Folder {
 public:
  Folder() : path_(fs::temp_directory_path() / fs::path("kiln-venv-XXXXXX")) {
    std::string name = path_.string();
    path_ = ::mkdtemp(name.data());
  }
  ~Folder() { fs::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  // An environment as `python -m venv` makes it.
  fs::path environment(const std::string& name, const std::string& config) const {
    fs::create_directories(path_ / name / "bin");
    std::ofstream(path_ / name / "pyvenv.cfg") << config;
    std::ofstream(path_ / name / "bin" / "python") << "";
    return path_ / name;
  }

 private:
  fs::path path_;
};

}  // namespace

TEST_CASE("the environment is found by option, then $VIRTUAL_ENV, then beside the program, then the build") {
  const Folder folder;
  const fs::path a = folder.environment("a", "version = 3.11.2\n");
  const fs::path b = folder.environment("b", "home = /usr/bin\nversion_info = 3.11.9.final.0\n");
  const fs::path c = folder.environment("c", "version=3.11.0");
  PythonChoice choice{a.string(), b.string(), c / "bin" / "kilnbot", "/bin/sh"};

  CHECK(find_python(choice, "3.11").value() == a / "bin" / "python");
  choice.option = (a / "bin" / "python").string();
  CHECK(find_python(choice, "3.11").value() == a / "bin" / "python");
  choice.option.clear();
  CHECK(find_python(choice, "3.11").value() == b / "bin" / "python");
  choice.virtual_env.clear();
  CHECK(find_python(choice, "3.11").value() == c / "bin" / "python");
  choice.executable = "/usr/bin/kilnbot";
  CHECK(find_python(choice, "3.11").value() == "/bin/sh");
}

TEST_CASE("an environment of another Python version is refused by name and version") {
  const Folder folder;
  const fs::path other = folder.environment("other", "version = 3.12.1\n");

  const auto found = find_python({other.string(), "", "/x/kilnbot", "/bin/sh"}, "3.11");

  REQUIRE_FALSE(found);
  CHECK(found.error().code == Errc::not_supported);
  CHECK(found.error().what.find(other.string()) != std::string::npos);
  CHECK(found.error().what.find("is Python 3.12, but this kilnbot is built for Python 3.11") != std::string::npos);
}

TEST_CASE("a Python that is not there is named with who named it") {
  const auto found = find_python({"", "/nowhere", "/x/kilnbot", "/bin/sh"}, "3.11");

  REQUIRE_FALSE(found);
  CHECK(found.error().code == Errc::not_found);
  CHECK(found.error().what == "there is no Python at \"/nowhere/bin/python\", which $VIRTUAL_ENV names");
}
