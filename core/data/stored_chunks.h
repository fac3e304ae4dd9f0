// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "core/base/result.h"

namespace kiln::db {
struct StoredChunk;
}

namespace kiln::data {

// The text of a chunk of upstream's logchunks table. Errors: not_supported (bz2, lz4), fatal (damaged).
Result<std::string> decompress(const db::StoredChunk& chunk);

}  // namespace kiln::data
