// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/json.h"
#include "core/base/result.h"

namespace kiln::wire {

struct TryPatch {
  std::int64_t level = 0;
  std::string diff;  // any bytes
};

// What `try` asks for, by whichever way it comes.
struct TryJob {
  std::optional<std::string> id;  // of job files
  std::optional<std::string> branch;
  std::optional<std::string> revision;
  std::optional<TryPatch> patch;
  std::string repository;
  std::string project;
  std::vector<std::string> builders;  // empty: all
  std::string who;
  std::string comment;
  JsonObject properties;
};

// A job file, versions 1 to 6: netstrings, the first of which is the version. Errors: bad_input.
Result<TryJob> read_job_file(std::string_view bytes);

}  // namespace kiln::wire
