// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

namespace kiln::db {

std::string to_base64(std::string_view bytes);
// What is not of the alphabet is skipped.
std::string from_base64(std::string_view text);

}  // namespace kiln::db
