// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/json.h"

// JSON Web Tokens signed with HMAC-SHA256: the only kind that is made or taken.
namespace kiln::http {

std::string sign_jwt(const JsonObject& claims, std::string_view key);
// The claims of a token with a right signature whose "exp", when it has one, is later than `now_s`.
std::optional<JsonObject> verify_jwt(std::string_view token, std::string_view key, std::int64_t now_s);

}  // namespace kiln::http
