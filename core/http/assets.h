// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string_view>

namespace kiln::http {

// A file of web/dist, kept in the executable.
struct Asset {
  std::string_view path;  // "assets/index-4f1c.js"
  std::string_view content_type;
  std::string_view etag;
  bool is_immutable;        // its name holds a hash of what is in it
  std::string_view plain;
  std::string_view gzip;    // empty: compression does not pay
  std::string_view brotli;
};

// Sorted by path; empty when the executable was built without web/dist. Made by assets.cmake.
std::span<const Asset> assets();

const Asset* find_asset(std::string_view path);

}  // namespace kiln::http
