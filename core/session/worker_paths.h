// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

#include "core/base/json.h"

namespace kiln::session {

// Paths by the rules of a worker's system, as Python's posixpath and ntpath have them.
class WorkerPaths {
 public:
  // `system`: "nt", else posix. `variables`: the worker's environment.
  WorkerPaths(std::string_view system, JsonObject variables);
  WorkerPaths() : WorkerPaths("posix", {}) {}

  // `part` itself when it is absolute.
  std::string join(std::string_view base, std::string_view part) const;
  // A `~` at the start, alone or before a separator, becomes the worker's home; without a home nothing changes.
  std::string expand_user(std::string_view path) const;
  // The part before the first separator.
  std::string_view first_part(std::string_view path) const;

 private:
  std::string join_posix(std::string_view base, std::string_view part) const;
  std::string join_nt(std::string_view base, std::string_view part) const;
  std::string home() const;
  std::string variable(std::string_view name) const;

  bool is_nt_;
  JsonObject environ_;
};

}  // namespace kiln::session
