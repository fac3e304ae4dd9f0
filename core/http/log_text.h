// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

namespace kiln::http {

// What a client sent, as it may stand in a log: one line of valid UTF-8, not too long.
std::string log_text(std::string_view text);

}  // namespace kiln::http
