// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace kiln {

// Values that are not to be shown, each with the name that is shown instead, as `<name>`. Where several match, the
// longest is taken. Also hides a value with its control characters and quotes escaped as Python's repr() does, with
// `\r\n` for its line ends, and percent-encoded as in a URL.
class Secrets {
 public:
  // Blank values hide nothing. False: it was known.
  bool add(const std::string& name, const std::string& value);
  bool empty() const { return patterns_.empty(); }
  std::string masked(std::string_view text) const;

 private:
  friend class SecretFilter;
  struct Pattern {
    std::string value;
    std::string shown;
  };
  struct Match {
    const Pattern* pattern = nullptr;  // null with `is_partial`: the text may be the beginning of a value
    bool is_partial = false;
  };
  bool add_pattern(std::string value, const std::string& shown);
  Match match(std::string_view text, bool is_end) const;
  // Masks `text` into `out`. Returns what at its end may be the beginning of a value; nothing at the very end.
  std::string_view mask(std::string_view text, bool is_end, std::string& out) const;

  std::vector<Pattern> patterns_;  // longest first
  std::array<bool, 256> first_bytes_{};
};

// Masks a text that comes in pieces, however it is cut: holds back what may be the beginning of a value, so less than
// the longest one.
class SecretFilter {
 public:
  // What may be shown by now; valid until the next call.
  std::string_view append(const Secrets& secrets, std::string_view text);
  // No more will come: what was held back.
  std::string_view flush(const Secrets& secrets);

 private:
  std::string_view filtered(const Secrets& secrets, std::string_view text, bool is_end);

  std::string held_;
  std::string out_;
};

// From now on the lines of core/base/log.h show the name where they would show the value. Thread-safe.
void hide_in_log(const std::string& name, const std::string& value);

}  // namespace kiln
