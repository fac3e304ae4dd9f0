// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

namespace kiln {

// `bytes` as valid UTF-8: each byte that cannot be decoded becomes U+FFFD.
std::string to_utf8_replacing(std::string_view bytes);
bool is_valid_utf8(std::string_view bytes);
// Bytes of the valid UTF-8 sequence at the start of `text`, which is not empty; 0 when there is none.
std::size_t utf8_length(std::string_view text);

// A log's slug: characters that cannot stand in an identifier become `_`; at most 50 bytes.
std::string to_slug(std::string_view name);

// Letters, digits, `_`, `-`, non-ASCII letters; does not start with a digit; 1 to `max_length` characters.
bool is_identifier(std::string_view text, std::size_t max_length);

// 40 lower-case hex digits of SHA-1.
std::string sha1_hex(std::string_view bytes);

std::string to_lower_ascii(std::string_view text);

}  // namespace kiln
