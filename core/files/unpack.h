// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <filesystem>

#include "core/base/result.h"
#include "core/files/descriptor.h"
#include "core/script/transfer.h"

namespace kiln::files {

struct UnpackLimits {
  std::int64_t entries = 1'000'000;
  std::int64_t bytes = 0;  // of all files together
};

// Unpacks the tar archive into `target`, which is made when it is missing. The archive is hostile: entries with absolute
// names, "..", links that lead outside, devices and the like are refused, and nothing is written through a link. Files
// that were unpacked before an error stay. Errors: bad_input, and what the file system says.
Result<void> unpack_tar(const std::filesystem::path& archive, script::TransferPlan::Compression compression,
                        const std::filesystem::path& target, UnpackLimits limits);

}  // namespace kiln::files
