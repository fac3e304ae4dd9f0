// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/base/json.h"

// Integers beyond 64 bits: Python has them, Json has not. Such a number is an object with one private key and the
// decimal digits; dump_json writes it as the number that it is, parse_json makes it of one.
namespace kiln {

// `digits` as is_big_integer() wants them.
Json big_integer(std::string digits);
// An optional minus, then digits without a leading 0; at most 4300 of them, as Python allows.
bool is_big_integer(std::string_view digits);
// The digits of what big_integer() made.
std::optional<std::string_view> digits_of(const Json& value);

// The JSON text with integers beyond 64 bits as big_integer() has them; nullopt when it has none.
std::optional<std::string> mark_big_integers(std::string_view text);

}  // namespace kiln
