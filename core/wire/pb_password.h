// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

namespace kiln::wire {

// The 16 bytes with which a client proves that it knows the password.
std::string pb_login_response(std::string_view password, std::string_view challenge);

// Takes the same time wherever the response differs.
bool check_pb_password(std::string_view password, std::string_view challenge,
                       std::string_view response);

}  // namespace kiln::wire
