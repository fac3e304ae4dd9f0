// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace kiln {

// Shell pattern with `*`, `?`, `[...]` and `[!...]` over UTF-8, as Python's fnmatchcase has it: a bracket that is not
// closed stands for itself. Takes at most pattern * text steps.
bool matches_glob(std::string_view pattern, std::string_view text);

}  // namespace kiln
