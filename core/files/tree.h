// SPDX-License-Identifier: MIT
#pragma once

#include <sys/stat.h>

#include <filesystem>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/files/descriptor.h"

namespace kiln::files {

// A directory that is filled by names from outside: no name leaves it, and no link in it is followed.
class Tree {
 public:
  static Result<Tree> open(const std::filesystem::path& root);

  // Directories above a name are made. What is there already is replaced, except directories by files.
  Result<void> make_directory(const std::string& name);
  Result<Descriptor> make_file(const std::string& name);
  // A link that leads outside is refused.
  Result<void> make_link(const std::string& name, const std::string& target);
  // `target`: a file of the tree.
  Result<void> make_hard_link(const std::string& name, const std::string& target);
  // Of a directory; errors are of no interest.
  void set_directory_mode(const std::string& name, mode_t mode, const timespec& modified);

 private:
  struct Place {
    Descriptor parent;
    std::string name;  // of the last part; "." for the root
    std::size_t depth = 0;
  };
  Tree(std::filesystem::path path, Descriptor root) : path_(std::move(path)), root_(std::move(root)) {}
  Result<Place> place(const std::string& name, bool make_parents) const;
  Result<void> clear(const Place& place, const std::string& name) const;

  std::filesystem::path path_;
  Descriptor root_;
};

}  // namespace kiln::files
