// SPDX-License-Identifier: MIT
#include "core/base/secrets.h"

#include <fmt/format.h>

#include <algorithm>

namespace kiln {
namespace {

constexpr std::string_view blanks = " \t\n\r\f\v";

std::size_t index_of(char c) { return static_cast<unsigned char>(c); }

// As inside the quotes of Python's repr() of a text; `quote` is escaped only when the value has both kinds.
std::string python_escaped(std::string_view value) {
  const bool both = value.find('\'') != std::string_view::npos && value.find('"') != std::string_view::npos;
  std::string out;
  for (const char c : value) {
    switch (c) {
      case '\\': out += "\\\\"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      case '\'': out += both ? "\\'" : "'"; break;
      default:
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
          out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
        } else {
          out += c;
        }
    }
  }
  return out;
}

std::string with_crlf(std::string_view value) {
  std::string out;
  for (const char c : value) {
    if (c == '\n' && !out.ends_with('\r')) out += '\r';
    out += c;
  }
  return out;
}

std::string percent_encoded(std::string_view value) {
  constexpr std::string_view plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~";
  std::string out;
  for (const char c : value) {
    if (plain.find(c) != std::string_view::npos) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

}  // namespace

bool Secrets::add(const std::string& name, const std::string& value) {
  if (value.find_first_not_of(blanks) == std::string::npos) return false;
  const std::string shown = "<" + name + ">";
  if (!add_pattern(value, shown)) return false;
  // A text with a line end at its end is usually shown without it.
  const std::string line = value.substr(0, value.find_last_not_of("\r\n") + 1);
  for (const std::string& basis : {value, line}) {
    for (std::string variant : {basis, python_escaped(basis), with_crlf(basis), percent_encoded(basis)}) {
      add_pattern(std::move(variant), shown);
    }
  }
  return true;
}

bool Secrets::add_pattern(std::string value, const std::string& shown) {
  const auto same = [&](const Pattern& pattern) { return pattern.value == value; };
  if (std::any_of(patterns_.begin(), patterns_.end(), same)) return false;
  first_bytes_[index_of(value.front())] = true;
  const auto place = std::find_if(patterns_.begin(), patterns_.end(),
                                  [&](const Pattern& pattern) { return pattern.value.size() < value.size(); });
  patterns_.insert(place, {std::move(value), shown});
  return true;
}

Secrets::Match Secrets::match(std::string_view text, bool is_end) const {
  for (const Pattern& pattern : patterns_) {
    if (text.starts_with(pattern.value)) return {&pattern, false};
    if (!is_end && text.size() < pattern.value.size() && pattern.value.starts_with(text)) return {nullptr, true};
  }
  return {};
}

std::string_view Secrets::mask(std::string_view text, bool is_end, std::string& out) const {
  std::size_t shown = 0;  // text before it is in `out`
  for (std::size_t at = 0; at < text.size();) {
    if (!first_bytes_[index_of(text[at])]) {
      ++at;
      continue;
    }
    const Match found = match(text.substr(at), is_end);
    if (found.pattern == nullptr && !found.is_partial) {
      ++at;
      continue;
    }
    out += text.substr(shown, at - shown);
    if (found.is_partial) return text.substr(at);
    out += found.pattern->shown;
    at += found.pattern->value.size();
    shown = at;
  }
  out += text.substr(shown);
  return {};
}

std::string Secrets::masked(std::string_view text) const {
  std::string out;
  mask(text, true, out);
  return out;
}

std::string_view SecretFilter::append(const Secrets& secrets, std::string_view text) {
  return filtered(secrets, text, false);
}

std::string_view SecretFilter::flush(const Secrets& secrets) { return filtered(secrets, {}, true); }

std::string_view SecretFilter::filtered(const Secrets& secrets, std::string_view text, bool is_end) {
  if (secrets.empty()) return text;
  std::string joined;
  if (!held_.empty()) {
    joined = std::move(held_);
    joined += text;
    text = joined;
  }
  out_.clear();
  held_ = std::string(secrets.mask(text, is_end, out_));
  return out_;
}

}  // namespace kiln
