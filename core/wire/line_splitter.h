// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace kiln::wire {

// Turns the text of one stream, which comes in arbitrary pieces, into whole lines. `\r\n`, a bare `\r`, runs of
// backspaces and the escapes that move the cursor (ESC[u, ESC[n;nH, ESC[n;nf, ESC[2J) end a line as `\n` does. A line is
// as long as it is when its end comes in time: what has grown beyond 4096 characters without an end is cut to lines of
// that length and a rest, as upstream does it.
class LineSplitter {
 public:
  // Receives one or more whole lines, each ending in `\n`; the view is valid during the call only.
  using Sink = std::function<void(std::string_view)>;

  static constexpr std::size_t longest_line = 4096;  // characters

  void append(std::string_view text, const Sink& sink);
  // Ends an incomplete last line.
  void flush(const Sink& sink);

 private:
  std::string_view normalise(std::string_view text);
  void read_escape(char c);
  void end_line();
  void split(std::string_view text, const Sink& sink);
  void emit_partial(const Sink& sink);

  enum class After { text, carriage_return, backspace };
  After after_ = After::text;
  std::string escape_;  // the beginning of an escape whose end has not come
  std::string normalised_;
  std::string partial_;  // the beginning of a line whose end has not come
};

}  // namespace kiln::wire
