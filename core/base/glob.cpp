// SPDX-License-Identifier: MIT
#include "core/base/glob.h"

#include <algorithm>

#include "core/base/text.h"

namespace kiln {
namespace {

// The first character of a text that is not empty; a byte that is none stands for itself.
std::string_view first_character(std::string_view text) {
  return text.substr(0, std::max<std::size_t>(utf8_length(text), 1));
}

// UTF-8 sorts as its code points do, so characters compare as bytes.
bool is_in_set(std::string_view set, std::string_view c) {
  while (!set.empty()) {
    const std::string_view low = first_character(set);
    set.remove_prefix(low.size());
    if (set.size() >= 2 && set.front() == '-') {
      const std::string_view high = first_character(set.substr(1));
      set.remove_prefix(1 + high.size());
      if (low <= c && c <= high) return true;
    } else if (low == c) {
      return true;
    }
  }
  return false;
}

// The length of a `[...]` at the start of the pattern, 0 when there is none; sets `hit`.
std::size_t match_set(std::string_view pattern, std::string_view c, bool& hit) {
  if (pattern.front() != '[') return 0;
  const bool negate = pattern.substr(1).starts_with('!');
  const std::size_t start = negate ? 2 : 1;
  const std::size_t end = pattern.find(']', start + 1);  // a `]` right at the start is of the set
  if (end == std::string_view::npos) return 0;
  hit = is_in_set(pattern.substr(start, end - start), c) != negate;
  return end + 1;
}

// The length of the pattern's first element, which is no `*`; sets `hit`.
std::size_t match_one(std::string_view pattern, std::string_view c, bool& hit) {
  if (const std::size_t length = match_set(pattern, c, hit); length > 0) return length;
  const std::string_view own = first_character(pattern);
  hit = own == "?" || own == c;
  return own.size();
}

}  // namespace

bool matches_glob(std::string_view pattern, std::string_view text) {
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t after_star = std::string_view::npos;
  std::size_t star_text = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      after_star = ++p;
      star_text = t;
      continue;
    }
    const std::string_view c = first_character(text.substr(t));
    bool hit = false;
    const std::size_t used = p < pattern.size() ? match_one(pattern.substr(p), c, hit) : 0;
    if (hit) {
      p += used;
      t += c.size();
    } else if (after_star != std::string_view::npos) {
      p = after_star;
      star_text += first_character(text.substr(star_text)).size();
      t = star_text;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

}  // namespace kiln
