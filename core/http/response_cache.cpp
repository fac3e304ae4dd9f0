// SPDX-License-Identifier: MIT
#include "core/http/response_cache.h"

namespace kiln::http {
namespace {

constexpr std::size_t max_bytes = 16 * 1024 * 1024;
constexpr std::size_t max_entry_bytes = 1024 * 1024;
constexpr std::size_t entry_overhead = 512;

}  // namespace

void ResponseCache::clear() {
  responses_.clear();
  bytes_ = 0;
}

const Response* ResponseCache::find(const std::string& key, const Version& version) {
  if (version_ != version) {
    clear();
    version_ = version;
    return nullptr;
  }
  const auto found = responses_.find(key);
  return found == responses_.end() ? nullptr : &found->second;
}

void ResponseCache::add(const std::string& key, const Version& version, const Response& response) {
  const std::size_t size = key.size() + response.text().size() + entry_overhead;
  if (version_ != version || size > max_entry_bytes) return;
  if (bytes_ + size > max_bytes) clear();
  if (responses_.emplace(key, response).second) bytes_ += size;
}

}  // namespace kiln::http
