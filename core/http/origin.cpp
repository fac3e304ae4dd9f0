// SPDX-License-Identifier: MIT
#include "core/http/origin.h"

#include <algorithm>

#include "core/base/glob.h"
#include "core/base/text.h"

namespace kiln::http {

std::string origin_of(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return {};
  return std::string(url.substr(0, url.find_first_of("/?#", scheme + 3)));
}

bool is_allowed_origin(std::string_view origin, const script::Config* config) {
  if (config == nullptr) return false;
  const auto& allowed = config->www.allowed_origins;
  if (allowed.empty()) return to_lower_ascii(origin_of(config->buildbot_url)) == to_lower_ascii(origin);
  return std::any_of(allowed.begin(), allowed.end(),
                     [lower = to_lower_ascii(origin)](const std::string& pattern) {
                       return matches_glob(to_lower_ascii(pattern), lower);
                     });
}

void add_cors_headers(Response& response, std::string_view origin) {
  response.headers.emplace_back("Access-Control-Allow-Origin", to_lower_ascii(origin));
  response.headers.emplace_back("Access-Control-Allow-Headers", "Content-Type");
  response.headers.emplace_back("Access-Control-Max-Age", "3600");
  response.headers.emplace_back("Vary", "Origin");
}

}  // namespace kiln::http
