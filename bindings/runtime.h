// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <memory>

#include "core/script/runtime.h"

namespace kiln::bindings {

// Starts Python and makes the policy thread out of the calling one. `program`: path_of_program(argv[0]).
Result<std::unique_ptr<script::Runtime>> make_runtime(const script::RuntimeOptions& options,
                                                      const std::filesystem::path& program);

}  // namespace kiln::bindings
