// SPDX-License-Identifier: MIT
#include "core/http/assets.h"

#include <algorithm>

namespace kiln::http {

const Asset* find_asset(std::string_view path) {
  const auto all = assets();
  const auto found = std::lower_bound(all.begin(), all.end(), path,
                                      [](const Asset& asset, std::string_view wanted) { return asset.path < wanted; });
  return found == all.end() || found->path != path ? nullptr : &*found;
}

}  // namespace kiln::http
