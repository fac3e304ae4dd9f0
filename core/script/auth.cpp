// SPDX-License-Identifier: MIT
#include "core/script/auth.h"

namespace kiln::script {

bool User::is_anonymous() const { return info.contains("anonymous"); }

std::string User::text(std::string_view key) const {
  const Json* value = info.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

std::string User::owner() const {
  for (const char* key : {"email", "username", "full_name"}) {
    if (std::string found = text(key); !found.empty()) return found;
  }
  return "anonymous";
}

}  // namespace kiln::script
