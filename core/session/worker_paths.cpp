// SPDX-License-Identifier: MIT
#include "core/session/worker_paths.h"

#include <utility>

#include "core/base/text.h"

namespace kiln::session {
namespace {

bool is_nt_separator(char letter) { return letter == '\\' || letter == '/'; }

// `C:` or `\\host\share`, and what follows.
std::pair<std::string_view, std::string_view> split_drive(std::string_view path) {
  constexpr std::string_view separators = "\\/";
  if (path.size() >= 2 && is_nt_separator(path[0]) && is_nt_separator(path[1])) {
    const auto host_end = path.find_first_of(separators, 2);
    if (host_end == std::string_view::npos) return {path, {}};
    const auto share_end = path.find_first_of(separators, host_end + 1);
    if (share_end == std::string_view::npos) return {path, {}};
    return {path.substr(0, share_end), path.substr(share_end)};
  }
  if (path.size() >= 2 && path[1] == ':') return {path.substr(0, 2), path.substr(2)};
  return {{}, path};
}

}  // namespace

WorkerPaths::WorkerPaths(std::string_view system, JsonObject variables)
    : is_nt_(system == "nt"), environ_(std::move(variables)) {}

std::string WorkerPaths::join(std::string_view base, std::string_view part) const {
  return is_nt_ ? join_nt(base, part) : join_posix(base, part);
}

std::string WorkerPaths::join_posix(std::string_view base, std::string_view part) const {
  if (part.starts_with('/')) return std::string(part);
  std::string path(base);
  if (!path.empty() && !path.ends_with('/')) path += '/';
  return path.append(part);
}

std::string WorkerPaths::join_nt(std::string_view base, std::string_view part) const {
  const auto [base_drive, base_path] = split_drive(base);
  const auto [drive, path] = split_drive(part);
  const std::string_view own_drive = drive.empty() ? base_drive : drive;
  if (!path.empty() && is_nt_separator(path[0])) return std::string(own_drive).append(path);
  if (to_lower_ascii(own_drive) != to_lower_ascii(base_drive)) return std::string(part);
  std::string joined(base_path);
  if (!joined.empty() && !is_nt_separator(joined.back())) joined += '\\';
  joined += path;
  // A share has no relative paths.
  const bool is_share = !own_drive.empty() && own_drive.back() != ':';
  const char* between = is_share && !joined.empty() && !is_nt_separator(joined[0]) ? "\\" : "";
  return std::string(own_drive).append(between).append(joined);
}

std::string WorkerPaths::variable(std::string_view name) const {
  const Json* value = environ_.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

std::string WorkerPaths::home() const {
  if (!is_nt_) return variable("HOME");
  const std::string profile = variable("USERPROFILE");
  if (!profile.empty()) return profile;
  const std::string path = variable("HOMEPATH");
  return path.empty() ? std::string() : join_nt(variable("HOMEDRIVE"), path);
}

std::string WorkerPaths::expand_user(std::string_view path) const {
  const bool is_home = path == "~" || path.starts_with("~/") || (is_nt_ && path.starts_with("~\\"));
  std::string expanded = is_home ? home() : std::string();
  if (expanded.empty()) return std::string(path);
  while (!is_nt_ && expanded.ends_with('/')) expanded.pop_back();
  expanded += path.substr(1);
  return expanded.empty() ? "/" : expanded;
}

std::string_view WorkerPaths::first_part(std::string_view path) const {
  return path.substr(0, path.find_first_of(is_nt_ ? std::string_view("\\/") : std::string_view("/")));
}

}  // namespace kiln::session
