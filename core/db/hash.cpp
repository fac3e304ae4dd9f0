// SPDX-License-Identifier: MIT
#include "core/db/hash.h"

#include "core/base/text.h"

namespace kiln::db {
namespace {

constexpr char none_mark = '\xF5';

void add(std::string& bytes, const std::optional<std::string>& value) {
  if (value) {
    bytes += *value;
  } else {
    bytes += none_mark;
  }
  bytes += '\0';
}

}  // namespace

std::string name_hash(std::string_view name) { return sha1_hex(name); }

std::string sourcestamp_hash(const SourceStamp& stamp, std::optional<PatchId> patch) {
  std::string bytes;
  add(bytes, stamp.branch);
  add(bytes, stamp.revision);
  add(bytes, stamp.repository);
  add(bytes, stamp.project);
  add(bytes, stamp.codebase);
  if (patch) {
    bytes += std::to_string(patch->value);
  } else {
    bytes += none_mark;
  }
  return sha1_hex(bytes);
}

}  // namespace kiln::db
