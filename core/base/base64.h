// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace kiln {

// RFC 4648 section 5 without padding.
std::string to_base64url(std::string_view bytes);
// Nothing when it is not exactly what to_base64url() writes.
std::optional<std::string> from_base64url(std::string_view text);
// RFC 4648 section 4, padding required. Nothing when anything is wrong.
std::string to_base64(std::string_view bytes);
std::optional<std::string> from_base64(std::string_view text);
// What is not of the alphabet is skipped.
std::string from_loose_base64(std::string_view text);

}  // namespace kiln
