// SPDX-License-Identifier: MIT
#include "core/wire/line_splitter.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace kiln::wire {
namespace {

constexpr char escape = '\x1b';
// Bounds lines of bytes that are no UTF-8, which have no characters to count.
constexpr std::size_t longest_line_bytes = 4 * LineSplitter::longest_line;
constexpr std::size_t longest_escape = 32;

bool contains(std::string_view text, char c) {
  return std::memchr(text.data(), c, text.size()) != nullptr;
}

bool is_special(char c) { return c == '\r' || c == '\b' || c == escape; }

// Where `line` (without its `\n`) must be cut; its size when it is short enough.
std::size_t cut_position(std::string_view line) {
  if (line.size() <= LineSplitter::longest_line) return line.size();
  std::size_t characters = 0;
  const std::size_t end = std::min(line.size(), longest_line_bytes);
  for (std::size_t i = 0; i < end; ++i) {
    const bool begins_character = (static_cast<unsigned char>(line[i]) & 0xC0U) != 0x80U;
    if (begins_character && ++characters > LineSplitter::longest_line) return i;
  }
  return end;
}

enum class EscapeState { incomplete, complete, other };

// Judges what follows the ESC of a possible cursor escape.
EscapeState judge_escape(std::string_view body) {
  if (body.empty() || body == "[" || body == "[2") return EscapeState::incomplete;
  if (body[0] != '[') return EscapeState::other;
  if (body == "[u" || body == "[2J") return EscapeState::complete;
  std::size_t i = 1;
  const auto digits = [&] {
    const std::size_t start = i;
    while (i < body.size() && body[i] >= '0' && body[i] <= '9') ++i;
    return i - start;
  };
  if (digits() == 0) return EscapeState::other;
  if (i == body.size()) return EscapeState::incomplete;
  if (body[i++] != ';') return EscapeState::other;
  if (i == body.size()) return EscapeState::incomplete;
  if (digits() == 0) return EscapeState::other;
  if (i == body.size()) return EscapeState::incomplete;
  return body[i] == 'H' || body[i] == 'f' ? EscapeState::complete : EscapeState::other;
}

}  // namespace

void LineSplitter::end_line() { normalised_ += '\n'; }

void LineSplitter::read_escape(char c) {
  escape_ += c;
  const EscapeState state = judge_escape(std::string_view(escape_).substr(1));
  if (state == EscapeState::incomplete && escape_.size() < longest_escape) return;
  if (state == EscapeState::complete) {
    end_line();
  } else {
    normalised_ += escape_;
  }
  escape_.clear();
}

std::string_view LineSplitter::normalise(std::string_view text) {
  const bool is_plain = after_ == After::text && escape_.empty() && !contains(text, '\r') &&
                        !contains(text, '\b') && !contains(text, escape);
  if (is_plain) return text;
  normalised_.clear();
  for (std::size_t i = 0; i < text.size();) {
    const char c = text[i];
    if (!escape_.empty() && !is_special(c) && c != '\n') {
      read_escape(c);
      ++i;
      continue;
    }
    normalised_ += escape_;
    escape_.clear();
    const After before = std::exchange(after_, After::text);
    if (c == '\r') {
      end_line();
      after_ = After::carriage_return;
      ++i;
    } else if (c == '\b') {
      if (before != After::backspace) end_line();
      after_ = After::backspace;
      ++i;
    } else if (c == escape) {
      escape_ = escape;
      ++i;
    } else if (c == '\n' && before == After::carriage_return) {
      ++i;
    } else {
      const auto end =
          std::find_if(text.begin() + static_cast<std::ptrdiff_t>(i), text.end(), is_special);
      const auto size = static_cast<std::size_t>(end - text.begin()) - i;
      normalised_ += text.substr(i, size);
      i += size;
    }
  }
  return normalised_;
}

void LineSplitter::emit_partial(const Sink& sink) {
  for (std::string_view rest = partial_; !rest.empty();) {
    const std::size_t cut = cut_position(rest);
    sink(std::string(rest.substr(0, cut)) + '\n');
    rest.remove_prefix(cut);
  }
  partial_.clear();
}

void LineSplitter::split(std::string_view text, const Sink& sink) {
  const std::size_t last = text.rfind('\n');
  if (last == std::string_view::npos) {
    partial_ += text;
    if (cut_position(partial_) < partial_.size()) emit_partial(sink);
    return;
  }
  std::string_view lines = text.substr(0, last + 1);
  if (!partial_.empty()) {
    const std::size_t first = lines.find('\n') + 1;
    partial_ += lines.substr(0, first);
    sink(partial_);
    lines.remove_prefix(first);
  }
  if (!lines.empty()) sink(lines);
  partial_ = text.substr(last + 1);
}

void LineSplitter::append(std::string_view text, const Sink& sink) {
  if (text.empty()) return;
  const std::string_view plain = normalise(text);
  if (!plain.empty()) split(plain, sink);
}

void LineSplitter::flush(const Sink& sink) {
  after_ = After::text;
  if (!escape_.empty()) split(std::exchange(escape_, {}), sink);
  emit_partial(sink);
}

}  // namespace kiln::wire
