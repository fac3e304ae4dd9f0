// SPDX-License-Identifier: MIT
#include "core/logs/log_store.h"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "core/logs/build_log.h"
#include "core/logs/log_writer.h"

namespace kiln::logs {
namespace {

constexpr std::size_t piece_size = 64 * 1024;
constexpr std::int64_t no_end = std::numeric_limits<std::int64_t>::max();

// The lines [first, end) of a text whose first line has the number `text_first`.
std::string_view cut_lines(std::string_view text, std::int64_t text_first, std::int64_t first, std::int64_t end) {
  const auto skip_lines = [&text](std::int64_t count) {
    std::size_t position = 0;
    for (; count > 0 && position < text.size(); --count) {
      const std::size_t newline = text.find('\n', position);
      position = newline == std::string_view::npos ? text.size() : newline + 1;
    }
    return position;
  };
  text.remove_prefix(skip_lines(first - text_first));
  if (end == no_end) return text;
  return text.substr(0, skip_lines(end - std::max(first, text_first)));
}

// Calls `take(text, first line of the text)` for everything in the view; false stops.
template <class Take>
Result<> for_each_text(const LogView& view, LogId log, const Take& take) {
  for (const Frame& frame : view.frames) {
    const auto text = read_frame(*view.file, log, frame);
    if (!text) return text.error();
    if (!take(std::string_view(*text), frame.first_line, frame.end_line())) return {};
  }
  for (const auto& chunk : view.tail) {
    const std::int64_t end = chunk->first_line + chunk->line_count;
    if (!take(std::string_view(chunk->text), chunk->first_line, end)) return {};
  }
  return {};
}

}  // namespace

struct LogStore::Parts {
  Parts(Options options, std::unique_ptr<SyncJournal> journal)
      : logs(std::move(options.directory)), writer(logs, std::move(journal), std::move(options.post_to_loop)) {}

  Result<LogView> view(BuildId build, LogId log, std::int64_t first, std::int64_t end) {
    const auto build_log = logs.get(build);
    if (auto loaded = build_log->load(); !loaded) return loaded.error();
    return build_log->view(log, first, end);
  }

  BuildLogs logs;
  LogWriter writer;
};

Result<std::unique_ptr<LogStore>> LogStore::open(Options options) {
  std::error_code error;
  std::filesystem::create_directories(options.directory, error);
  if (error) {
    return make_error(Errc::fatal, fmt::format("cannot make the log directory \"{}\": {}", options.directory.string(),
                                               error.message()));
  }
  auto journal = SyncJournal::open(options.directory);
  if (!journal) return journal.error();
  return std::unique_ptr<LogStore>(new LogStore(std::make_unique<Parts>(std::move(options), std::move(*journal))));
}

LogStore::LogStore(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

LogStore::~LogStore() = default;

void LogStore::append(LogChunkPtr chunk) {
  if (chunk->line_count == 0) return;
  std::size_t unwritten = 0;
  const auto log = parts_->logs.append(std::move(chunk), unwritten);
  parts_->writer.note(log, unwritten);
}

void LogStore::flush(BuildId build, Reply<> reply) { parts_->writer.flush(build, std::move(reply)); }

void LogStore::finish_build(BuildId build, Reply<> reply) { parts_->writer.finish(build, std::move(reply)); }

std::size_t LogStore::unwritten_bytes(BuildId build) const {
  const auto log = parts_->logs.find(build);
  return log == nullptr ? 0 : log->unwritten();
}

Result<LogStore::Lines> LogStore::read(BuildId build, LogId log, std::int64_t first, std::int64_t count) const {
  first = std::max<std::int64_t>(first, 0);
  const std::int64_t end = count < 0 || count > no_end - first ? no_end : first + count;
  const auto view = parts_->view(build, log, first, end);
  if (!view) return view.error();
  Lines lines;
  lines.first_line = first;
  const auto read = for_each_text(*view, log, [&](std::string_view text, std::int64_t from, std::int64_t to) {
    if (lines.text.empty()) lines.first_line = std::max(first, from);
    lines.text += cut_lines(text, from, first, end);
    lines.line_count += std::min(to, end) - std::max(from, first);
    return true;
  });
  if (!read) return read.error();
  return lines;
}

Result<void> LogStore::read_all(BuildId build, LogId log, const std::function<bool(std::string_view)>& take) const {
  const auto view = parts_->view(build, log, 0, no_end);
  if (!view) return view.error();
  std::string piece;
  bool goes_on = true;
  const auto read = for_each_text(*view, log, [&](std::string_view text, std::int64_t, std::int64_t) {
    piece += text;
    if (piece.size() < piece_size) return true;
    goes_on = take(piece);
    piece.clear();
    return goes_on;
  });
  if (!read) return read.error();
  if (goes_on && !piece.empty()) take(piece);
  return {};
}

Result<std::int64_t> LogStore::line_count(BuildId build, LogId log) const {
  const auto view = parts_->view(build, log, 0, no_end);
  if (!view) return view.error();
  return view->end_line();
}

}  // namespace kiln::logs
