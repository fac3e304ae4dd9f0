// SPDX-License-Identifier: MIT
#include "core/files/tree.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>

namespace kiln::files {
namespace {

constexpr std::size_t most_parts = 200;
constexpr int directory_flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

// The parts of a relative name without "." and empty ones.
std::vector<std::string> parts_of(std::string_view name) {
  std::vector<std::string> parts;
  while (!name.empty()) {
    const std::size_t end = std::min(name.find('/'), name.size());
    const std::string_view part = name.substr(0, end);
    if (!part.empty() && part != ".") parts.emplace_back(part);
    name.remove_prefix(std::min(end + 1, name.size()));
  }
  return parts;
}

Error refused(const std::string& name, std::string_view why) {
  return make_error(Errc::bad_input, fmt::format("the archive's entry \"{}\" is refused: {}", name, why));
}

Result<std::vector<std::string>> safe_parts(const std::string& name) {
  if (name.starts_with('/')) return refused(name, "its name is absolute");
  if (name.find('\0') != std::string::npos) return refused(name, "its name has a zero byte");
  auto parts = parts_of(name);
  if (parts.size() > most_parts) return refused(name, "it is nested too deep");
  for (const auto& part : parts) {
    if (part == "..") return refused(name, "its name has \"..\"");
  }
  return parts;
}

// Leading ".." may climb as far as the root; a ".." behind a name could climb from wherever a link leads.
bool leads_outside(const std::string& target, std::size_t depth) {
  if (target.empty() || target.starts_with('/')) return true;
  std::size_t climbed = 0;
  bool is_climbing = true;
  for (const auto& part : parts_of(target)) {
    if (part != "..") {
      is_climbing = false;
    } else if (!is_climbing || ++climbed > depth) {
      return true;
    }
  }
  return false;
}

}  // namespace

Result<Tree> Tree::open(const std::filesystem::path& root) {
  if (auto made = make_directories(root); !made) return made.error();
  Descriptor directory(::open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory.is_open()) return file_error(errno, "open", root);
  return Tree(root, std::move(directory));
}

Result<Tree::Place> Tree::place(const std::string& name, bool make_parents) const {
  auto parts = safe_parts(name);
  if (!parts) return parts.error();
  Place place{Descriptor(::openat(root_.fd(), ".", directory_flags)), ".", 0};
  if (!place.parent.is_open()) return file_error(errno, "open", path_);
  for (std::size_t i = 0; i < parts->size(); ++i) {
    const std::string& part = (*parts)[i];
    if (i + 1 == parts->size()) {
      place.name = part;
      place.depth = i;
      break;
    }
    if (make_parents && ::mkdirat(place.parent.fd(), part.c_str(), 0777) != 0 && errno != EEXIST) {
      return file_error(errno, "make the directory of", path_ / name);
    }
    Descriptor next(::openat(place.parent.fd(), part.c_str(), directory_flags));
    if (!next.is_open()) {
      if (errno == ELOOP || errno == ENOTDIR) return refused(name, "a link or file is where its directory would be");
      return file_error(errno, "open the directory of", path_ / name);
    }
    place.parent = std::move(next);
  }
  return place;
}

Result<void> Tree::clear(const Place& place, const std::string& name) const {
  if (place.name == ".") return refused(name, "it is the directory itself");
  if (::unlinkat(place.parent.fd(), place.name.c_str(), 0) == 0 || errno == ENOENT) return {};
  return file_error(errno, "replace", path_ / name);
}

Result<void> Tree::make_directory(const std::string& name) {
  auto where = place(name, true);
  if (!where) return where.error();
  if (where->name == "." || ::mkdirat(where->parent.fd(), where->name.c_str(), 0777) == 0) return {};
  if (errno != EEXIST) return file_error(errno, "make the directory", path_ / name);
  const Descriptor there(::openat(where->parent.fd(), where->name.c_str(), directory_flags));
  if (there.is_open()) return {};
  return refused(name, "a link or file is where the directory would be");
}

Result<Descriptor> Tree::make_file(const std::string& name) {
  auto where = place(name, true);
  if (!where) return where.error();
  if (auto cleared = clear(*where, name); !cleared) return cleared.error();
  Descriptor file(
      ::openat(where->parent.fd(), where->name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file.is_open()) return file_error(errno, "write", path_ / name);
  return file;
}

Result<void> Tree::make_link(const std::string& name, const std::string& target) {
  auto where = place(name, true);
  if (!where) return where.error();
  if (leads_outside(target, where->depth)) {
    return refused(name, fmt::format("the link to \"{}\" may lead outside", target));
  }
  if (auto cleared = clear(*where, name); !cleared) return cleared.error();
  if (::symlinkat(target.c_str(), where->parent.fd(), where->name.c_str()) != 0) {
    return file_error(errno, "make the link", path_ / name);
  }
  return {};
}

Result<void> Tree::make_hard_link(const std::string& name, const std::string& target) {
  auto from = place(target, false);
  if (!from) return from.error();
  struct stat info {};
  if (::fstatat(from->parent.fd(), from->name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(info.st_mode)) {
    return refused(name, fmt::format("\"{}\", which it links to, is no file of the archive", target));
  }
  auto where = place(name, true);
  if (!where) return where.error();
  if (auto cleared = clear(*where, name); !cleared) return cleared.error();
  if (::linkat(from->parent.fd(), from->name.c_str(), where->parent.fd(), where->name.c_str(), 0) != 0) {
    return file_error(errno, "make the link", path_ / name);
  }
  return {};
}

void Tree::set_directory_mode(const std::string& name, mode_t mode, const timespec& modified) {
  const auto where = place(name, false);
  if (!where) return;
  const Descriptor directory(::openat(where->parent.fd(), where->name.c_str(), directory_flags));
  if (!directory.is_open()) return;
  const timespec times[] = {modified, modified};
  static_cast<void>(::futimens(directory.fd(), times));
  static_cast<void>(::fchmod(directory.fd(), mode));
}

}  // namespace kiln::files
