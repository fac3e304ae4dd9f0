// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

namespace kiln::http {

enum class Encoding { none, gzip, brotli };

// The best that an Accept-Encoding header allows.
Encoding choose_encoding(std::string_view accept_encoding);
std::string_view to_string(Encoding encoding);
// Fast settings, for answers made on the fly.
std::string compress(std::string_view text, Encoding encoding);

}  // namespace kiln::http
