// SPDX-License-Identifier: MIT
#include "core/data/log_text.h"

#include <algorithm>

#include "core/data/stored_chunks.h"
#include "core/db/extra_queries.h"

namespace kiln::data {
namespace {

constexpr std::int64_t piece_bytes = 256 * 1024;
constexpr std::int64_t max_window = 50'000;

// The part of a stored chunk's text that lies in [first, end), each line with its newline.
void append_lines(std::string& out, std::string_view text, std::int64_t line, std::int64_t first, std::int64_t end) {
  while (line < end) {
    const std::size_t newline = text.find('\n');
    if (line >= first) {
      out += text.substr(0, newline);
      out += '\n';
    }
    ++line;
    if (newline == std::string_view::npos) return;
    text.remove_prefix(newline + 1);
  }
}

Result<logs::LogStore::Lines> read_stored(db::Connection& db, LogId log, std::int64_t first, std::int64_t count) {
  const std::int64_t end = count < 0 ? INT64_MAX : first + count;
  const auto chunks = db::query_log_chunks(db, log, first, end - 1);
  if (chunks.has_error()) return chunks.error();
  logs::LogStore::Lines lines{first, 0, {}};
  for (const db::StoredChunk& chunk : *chunks) {
    const auto text = decompress(chunk);
    if (text.has_error()) return text.error();
    append_lines(lines.text, *text, chunk.first_line, first, std::min(end, chunk.last_line + 1));
  }
  lines.line_count = std::count(lines.text.begin(), lines.text.end(), '\n');
  return lines;
}

}  // namespace

Result<logs::LogStore::Lines> read_log_lines(db::Connection& db, const logs::LogStore& logs, BuildId build, LogId log,
                                             std::int64_t first, std::int64_t count) {
  auto lines = logs.read(build, log, first, count);
  const bool is_missing = lines.has_error() ? lines.error().code == Errc::not_found : lines->line_count == 0;
  if (!is_missing) return lines;
  return read_stored(db, log, first, count);
}

Result<std::string> LogPieces::next(db::Connection& db) {
  if (next_ >= end_) return std::string();
  auto lines = read_log_lines(db, logs_, build_, log_, next_, std::min(window_, end_ - next_));
  if (lines.has_error()) return lines.error();
  if (lines->line_count == 0) {
    next_ = end_;
    return std::string();
  }
  next_ += lines->line_count;
  const std::int64_t line_bytes = std::max<std::int64_t>(1, std::ssize(lines->text) / lines->line_count);
  window_ = std::clamp<std::int64_t>(piece_bytes / line_bytes, 1, max_window);
  return std::move(lines->text);
}

std::string without_stream_letters(std::string_view lines) {
  std::string text;
  text.reserve(lines.size());
  while (!lines.empty()) {
    const std::size_t newline = lines.find('\n');
    const std::size_t size = newline == std::string_view::npos ? lines.size() : newline + 1;
    text += lines.substr(lines.front() == '\n' ? 0 : 1, size - (lines.front() == '\n' ? 0 : 1));
    lines.remove_prefix(size);
  }
  return text;
}

}  // namespace kiln::data
