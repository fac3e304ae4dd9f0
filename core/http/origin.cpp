// SPDX-License-Identifier: MIT
#include "core/http/origin.h"

#include <algorithm>

#include "core/base/text.h"

namespace kiln::http {
namespace {

// The length of a `[...]` at the start of the pattern, 0 when there is none; sets `hit`.
std::size_t match_class(std::string_view pattern, char c, bool& hit) {
  const std::size_t end = pattern.find(']', 2);
  if (pattern.front() != '[' || end == std::string_view::npos) return 0;
  std::string_view set = pattern.substr(1, end - 1);
  const bool negate = set.front() == '!';
  if (negate) set.remove_prefix(1);
  bool found = false;
  for (std::size_t i = 0; i < set.size(); ++i) {
    if (i + 2 < set.size() && set[i + 1] == '-') {
      found = found || (set[i] <= c && c <= set[i + 2]);
      i += 2;
    } else {
      found = found || set[i] == c;
    }
  }
  hit = found != negate;
  return end + 1;
}

// Iterative, so that no pattern takes more than pattern * text steps.
bool matches_lower(std::string_view pattern, std::string_view text) {
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;
  std::size_t star_text = 0;
  while (t < text.size()) {
    bool hit = false;
    std::size_t used = 0;
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      star_text = t;
      continue;
    }
    if (p < pattern.size()) used = match_class(pattern.substr(p), text[t], hit);
    if (p < pattern.size() && used == 0) {
      used = 1;
      hit = pattern[p] == '?' || pattern[p] == text[t];
    }
    if (hit) {
      p += used;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++star_text;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

}  // namespace

bool matches_glob(std::string_view pattern, std::string_view text) {
  return matches_lower(to_lower_ascii(pattern), to_lower_ascii(text));
}

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
                     [&](const std::string& pattern) { return matches_glob(pattern, origin); });
}

void add_cors_headers(Response& response, std::string_view origin) {
  response.headers.emplace_back("Access-Control-Allow-Origin", to_lower_ascii(origin));
  response.headers.emplace_back("Access-Control-Allow-Headers", "Content-Type");
  response.headers.emplace_back("Access-Control-Max-Age", "3600");
  response.headers.emplace_back("Vary", "Origin");
}

}  // namespace kiln::http
