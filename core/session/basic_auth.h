// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace kiln::session {

struct Credentials {
  std::string name;
  std::string password;
};

// The value of an Authorization header. Errors: bad_input when it is not name and password in base64.
Result<Credentials> read_basic_auth(std::string_view header);

// In a time that does not tell how much of the password was right, nor whether there is one.
bool is_password(std::string_view given, const std::optional<std::string>& expected);

}  // namespace kiln::session
