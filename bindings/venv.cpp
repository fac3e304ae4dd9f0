// SPDX-License-Identifier: MIT
#include "bindings/venv.h"

#include <fmt/format.h>

#include <cctype>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <string_view>
#include <system_error>

namespace kiln::bindings {
namespace {

namespace fs = std::filesystem;

bool is_there(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

std::string trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(" \t\r") - first + 1));
}

// "3.11.2.final.0" -> "3.11"
std::string major_minor(std::string_view version) {
  const auto minor = version.find('.');
  return std::string(version.substr(0, minor == std::string_view::npos ? minor : version.find('.', minor + 1)));
}

std::optional<std::string> version_in(const fs::path& pyvenv_cfg) {
  std::ifstream file(pyvenv_cfg);
  for (std::string line; std::getline(file, line);) {
    const auto equals = line.find('=');
    if (equals == std::string::npos) continue;
    const std::string key = trimmed(std::string_view(line).substr(0, equals));
    // venv writes `version`, virtualenv `version_info` as well.
    if (key != "version" && key != "version_info") continue;
    return major_minor(trimmed(std::string_view(line).substr(equals + 1)));
  }
  return std::nullopt;
}

// From the name behind the links: /usr/bin/python3.11.
std::optional<std::string> version_in_name(const fs::path& python) {
  std::error_code error;
  const std::string name = fs::canonical(python, error).filename().string();
  constexpr std::string_view prefix = "python3.";
  if (error || !name.starts_with(prefix)) return std::nullopt;
  const std::string minor = name.substr(prefix.size());
  if (minor.empty() || !std::isdigit(static_cast<unsigned char>(minor.front()))) return std::nullopt;
  return "3." + minor;
}

std::optional<fs::path> environment_of(const fs::path& program) {
  const fs::path folder = program.parent_path();
  if (is_there(folder / "pyvenv.cfg")) return folder;
  if (is_there(folder.parent_path() / "pyvenv.cfg")) return folder.parent_path();
  return std::nullopt;
}

struct Found {
  fs::path python;
  std::string named_by;
};

Found first_named(const PythonChoice& choice) {
  std::error_code ignored;
  if (!choice.option.empty()) {
    const bool is_folder = fs::is_directory(choice.option, ignored);
    return {is_folder ? fs::path(choice.option) / "bin" / "python" : fs::path(choice.option), "--python"};
  }
  if (!choice.virtual_env.empty()) return {fs::path(choice.virtual_env) / "bin" / "python", "$VIRTUAL_ENV"};
  if (const auto environment = environment_of(choice.executable)) {
    return {*environment / "bin" / "python", "pyvenv.cfg beside the program"};
  }
  return {choice.fallback, "the build"};
}

}  // namespace

Result<fs::path> find_python(const PythonChoice& choice, const std::string& linked) {
  const Found found = first_named(choice);
  if (!is_there(found.python)) {
    return make_error(Errc::not_found, fmt::format("there is no Python at \"{}\", which {} names",
                                                   found.python.string(), found.named_by));
  }
  std::optional<std::string> version;
  if (const auto environment = environment_of(found.python)) version = version_in(*environment / "pyvenv.cfg");
  if (!version) version = version_in_name(found.python);
  if (version && *version != linked) {
    return make_error(Errc::not_supported,
                      fmt::format("\"{}\" (named by {}) is Python {}, but this kilnbot is built for Python {}: make "
                                  "the environment with python{} -m venv, or build kilnbot for Python {}",
                                  found.python.string(), found.named_by, *version, linked, linked, *version));
  }
  return fs::absolute(found.python);
}

fs::path path_of_program(const char* argv0) {
  const std::string name = argv0 ? argv0 : "";
  if (name.find('/') != std::string::npos) return fs::absolute(name).lexically_normal();
  const char* path = std::getenv("PATH");
  for (std::string_view rest = path ? path : ""; !rest.empty();) {
    const auto colon = rest.find(':');
    const fs::path candidate = fs::path(rest.substr(0, colon)) / name;
    if (!name.empty() && is_there(candidate)) return fs::absolute(candidate).lexically_normal();
    rest = colon == std::string_view::npos ? std::string_view() : rest.substr(colon + 1);
  }
  std::error_code ignored;
  return fs::read_symlink("/proc/self/exe", ignored);
}

}  // namespace kiln::bindings
