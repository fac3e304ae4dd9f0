// SPDX-License-Identifier: MIT
#include "core/engine/revlink.h"

#include <fmt/format.h>

#include <array>
#include <optional>

namespace kiln::engine {
namespace {

std::optional<std::string_view> after(std::string_view text, std::string_view prefix) {
  if (text.substr(0, prefix.size()) != prefix) return std::nullopt;
  return text.substr(prefix.size());
}

// "owner/name" of what follows the host, without ".git".
std::optional<std::string_view> project_of(std::string_view path) {
  constexpr std::string_view suffix = ".git";
  if (path.size() > suffix.size() && path.substr(path.size() - suffix.size()) == suffix) {
    path.remove_suffix(suffix.size());
  }
  const auto slash = path.find('/');
  if (slash == 0 || slash == std::string_view::npos || slash + 1 == path.size()) return std::nullopt;
  if (path.find('/', slash + 1) != std::string_view::npos) return std::nullopt;
  return path;
}

std::optional<std::string_view> on_github(std::string_view repository) {
  constexpr std::array<std::string_view, 4> prefixes{"https://github.com/", "git@github.com:", "git://github.com/",
                                                     "ssh://git@github.com/"};
  for (const std::string_view prefix : prefixes) {
    if (const auto path = after(repository, prefix)) return project_of(*path);
  }
  return std::nullopt;
}

std::optional<std::string_view> on_bitbucket(std::string_view repository) {
  if (const auto path = after(repository, "git@bitbucket.org:")) return project_of(*path);
  const auto with_user = after(repository, "https://");
  if (!with_user) return std::nullopt;
  const auto at = with_user->find('@');
  if (at == 0 || at == std::string_view::npos) return std::nullopt;
  const auto path = after(with_user->substr(at), "@bitbucket.org/");
  return path ? project_of(*path) : std::nullopt;
}

}  // namespace

std::string known_revlink(std::string_view repository, std::string_view revision) {
  if (const auto project = on_github(repository)) {
    return fmt::format("https://github.com/{}/commit/{}", *project, revision);
  }
  if (const auto project = on_bitbucket(repository)) {
    return fmt::format("https://bitbucket.org/{}/commits/{}", *project, revision);
  }
  if (const auto project = after(repository, "git://git.code.sf.net/p/")) {
    return fmt::format("https://sourceforge.net/p/{}/ci/{}/", *project, revision);
  }
  return {};
}

}  // namespace kiln::engine
