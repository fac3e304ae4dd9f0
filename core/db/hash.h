// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

#include "core/model/entities.h"

namespace kiln::db {

// How rows with long texts are found (reference/db.md section 2).
std::string name_hash(std::string_view name);
std::string sourcestamp_hash(const SourceStamp& stamp, std::optional<PatchId> patch);

}  // namespace kiln::db
