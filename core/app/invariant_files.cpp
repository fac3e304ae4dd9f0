// SPDX-License-Identifier: MIT
#include "core/app/invariant_files.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <system_error>

#include "core/base/log.h"

namespace kiln::app {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_files = 20;

std::string written_at(const fs::path& file) {
  const std::string stem = file.stem();
  return stem.substr(stem.find('-') + 1);
}

void drop_oldest(const fs::path& directory) {
  std::vector<fs::path> files;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(directory, error)) {
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end(), [](const fs::path& a, const fs::path& b) { return written_at(a) < written_at(b); });
  for (std::size_t i = 0; i + most_files < files.size(); ++i) fs::remove(files[i], error);
}

}  // namespace

void keep_bundle(const fs::path& directory, EpochSeconds now, const std::vector<engine::Violation>& violations,
                 const JsonObject& bundle) {
  if (violations.empty()) return;
  std::error_code error;
  fs::create_directories(directory, error);
  const fs::path file = directory / fmt::format("{}-{:%Y%m%d-%H%M%S}.json", engine::name_of(violations.front().invariant),
                                                fmt::gmtime(static_cast<std::time_t>(now)));
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  out << dump_json(Json(bundle)) << '\n';
  out.close();
  if (!out) return log_warning("{} could not be written", file.string());
  fs::permissions(file, fs::perms::owner_read | fs::perms::owner_write, error);
  log_error("the state that broken invariants were found in is in {}", file.string());
  drop_oldest(directory);
}

}  // namespace kiln::app
