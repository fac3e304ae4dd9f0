// SPDX-License-Identifier: MIT
#include "core/app/process_group.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace kiln::app {
namespace {

namespace fs = std::filesystem;

bool is_number(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// Adds the process of this /proc folder when it is of the group.
void add_process(const fs::path& folder, pid_t group, GroupUse& use) {
  std::ifstream file(folder / "stat");
  std::string line;
  std::getline(file, line);
  // pid (name) state ppid pgrp ...: the name may hold anything, brackets too.
  const std::size_t name_end = line.rfind(')');
  if (name_end == std::string::npos) return;
  std::istringstream fields(line.substr(name_end + 1));
  std::string state;
  pid_t parent = 0, own_group = 0;
  fields >> state >> parent >> own_group;
  if (own_group != group || state == "Z") return;
  ++use.processes;
  std::string skipped;
  for (int field = 6; field <= 23; ++field) fields >> skipped;
  std::uint64_t pages = 0;
  if (fields >> pages) use.resident_bytes += pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace

GroupUse use_of_group(pid_t group) {
  GroupUse use;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator("/proc", error)) {
    if (is_number(entry.path().filename().string())) add_process(entry.path(), group, use);
  }
  return use;
}

}  // namespace kiln::app
