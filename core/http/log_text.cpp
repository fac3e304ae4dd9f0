// SPDX-License-Identifier: MIT
#include "core/http/log_text.h"

#include "core/base/text.h"

namespace kiln::http {

std::string log_text(std::string_view text) {
  constexpr std::size_t max_bytes = 200;
  std::string line;
  for (const char c : text.substr(0, max_bytes)) {
    line += static_cast<unsigned char>(c) < ' ' || c == '\x7f' ? '?' : c;
  }
  return to_utf8_replacing(line);
}

}  // namespace kiln::http
