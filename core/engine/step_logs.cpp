// SPDX-License-Identifier: MIT
#include "core/engine/step_logs.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/base/text.h"

namespace kiln::engine {
namespace {

// Viewers hear of new lines at most four times a second; a short step only when its log is finished.
constexpr std::chrono::milliseconds first_announcement{100};
constexpr std::chrono::milliseconds next_announcement{250};
constexpr std::size_t longest_slug = 50;

constexpr std::size_t stream_index(char stream) { return stream == 'e' ? 1 : stream == 'h' ? 2 : 0; }
constexpr std::array streams{'o', 'e', 'h'};

std::string escape_html(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      default: out += c;
    }
  }
  return out;
}

std::string unique_slug(const std::string& name, const std::vector<std::string>& taken) {
  const std::string slug = to_slug(name);
  std::string unique = slug;
  for (int i = 2; std::find(taken.begin(), taken.end(), unique) != taken.end(); ++i) {
    const std::string suffix = fmt::format("_{}", i);
    unique = to_slug(slug.substr(0, longest_slug - suffix.size()) + suffix);
  }
  return unique;
}

}  // namespace

struct StepLogs::OpenLog {
  Log row;
  bool is_added = false;   // its row is committed
  bool is_closed = false;
  bool is_finishing = false;
  std::array<SecretFilter, 3> filters;
  std::array<wire::LineSplitter, 3> splitters;
  std::string text;  // lines of the chunk being made
  std::int64_t text_lines = 0;
  std::int64_t lines = 0;
  std::vector<Watcher> watchers;
  std::unique_ptr<Timer> timer;
  bool was_announced = false;
};

StepLogs::StepLogs(Kernel& kernel, const Secrets& secrets, const BuildId& build, const StepId& step,
                   KeepAlive keep_alive)
    : kernel_(kernel), secrets_(secrets), build_(build), step_(step), keep_alive_(std::move(keep_alive)) {}

StepLogs::~StepLogs() = default;

StepLogs::OpenLog* StepLogs::find(LogId log) const {
  for (const auto& open : logs_) {
    if (open->is_added && open->row.id == log) return open.get();
  }
  return nullptr;
}

void StepLogs::write_add(Unit& unit, RowRef<StepId> step, std::string name, LogType type, Reply<Log> reply) {
  auto log = std::make_unique<OpenLog>();
  log->row.name = std::move(name);
  log->row.slug = unique_slug(log->row.name, slugs_);
  log->row.type = type;
  slugs_.push_back(log->row.slug);
  const std::size_t index = unit.add(writes::AddLog{step, log->row.name, log->row.slug, type});
  unit.then([this, alive = keep_alive_(), added = log.get(), index, reply = std::move(reply)](const Committed& done) {
    added->row.id = LogId(done[index].id);
    added->row.stepid = step_;
    added->is_added = true;
    kernel_.publish("new", added->row);
    reply(added->row);
  });
  logs_.push_back(std::move(log));
}

void StepLogs::write_text(Unit& unit, RowRef<StepId> step, std::string name, LogType type, std::string text) {
  write_add(unit, step, std::move(name), type,
            [this, text = std::move(text)](const Result<Log>& log) { append(log->id, 'o', text); });
}

void StepLogs::write_error(Unit& unit, RowRef<StepId> step, const std::string& error) {
  write_text(unit, step, "err.text", LogType::text, error);
  const std::string shown = secrets_.empty() ? error : secrets_.masked(error);  // before it is escaped
  write_text(unit, step, "err.html", LogType::html,
             "<!DOCTYPE html>\n<html><body><pre>\n" + escape_html(shown) + "\n</pre></body></html>\n");
}

bool StepLogs::append(LogId id, char stream, std::string_view text) {
  OpenLog* log = find(id);
  if (log == nullptr || log->is_closed) return false;
  const char prefix = log->row.type == LogType::stream ? stream : '\0';
  const std::size_t index = prefix == '\0' ? 0 : stream_index(stream);
  if (!secrets_.empty()) text = log->filters[index].append(secrets_, text);
  log->splitters[index].append(text, [&](std::string_view lines) { emit(*log, prefix, lines); });
  take_chunk(*log);
  return true;
}

void StepLogs::emit(OpenLog& log, char stream, std::string_view lines) {
  if (stream == '\0') {
    log.text += lines;
    log.text_lines += std::count(lines.begin(), lines.end(), '\n');
    return;
  }
  while (!lines.empty()) {
    const std::size_t end = lines.find('\n') + 1;
    log.text += stream;
    log.text += lines.substr(0, end);
    ++log.text_lines;
    lines.remove_prefix(end);
  }
}

// What the splitters gave becomes one chunk.
void StepLogs::take_chunk(OpenLog& log) {
  if (log.text_lines == 0) return;
  auto chunk = std::make_shared<LogChunk>();
  chunk->build = build_;
  chunk->log = log.row.id;
  chunk->first_line = log.lines;
  chunk->line_count = std::exchange(log.text_lines, 0);
  chunk->text = std::exchange(log.text, {});
  log.lines += chunk->line_count;
  unflushed_ = true;
  kernel_.logs.append(chunk);
  for (const Watcher& watcher : log.watchers) watcher(chunk);
  if (log.timer) return;
  const auto delay = log.was_announced ? next_announcement : first_announcement;
  log.timer = kernel_.clock.call_after(delay, [this, &log] { announce_lines(log); });
}

void StepLogs::announce_lines(OpenLog& log) {
  log.timer.reset();
  log.was_announced = true;
  // Viewers keep what they were told after a crash, so it is in the file first.
  kernel_.logs.flush(build_, [this, alive = keep_alive_(), &log, lines = log.lines](const Result<void>& done) {
    if (done && !log.is_closed) store_lines(log, lines);
  });
}

void StepLogs::store_lines(OpenLog& log, std::int64_t lines) {
  Unit unit;
  unit.add(writes::SetLogLines{log.row.id, lines});
  unit.then([this, alive = keep_alive_(), &log, lines](const Committed&) {
    log.row.num_lines = lines;
    kernel_.publish("append", log.row);
  });
  kernel_.journal.commit(std::move(unit));
}

void StepLogs::flush_lines(LogId id) {
  OpenLog* log = find(id);
  if (log == nullptr || log->is_closed) return;
  for (std::size_t i = 0; i < streams.size(); ++i) {
    const char prefix = log->row.type == LogType::stream ? streams[i] : '\0';
    const auto show = [&](std::string_view lines) { emit(*log, prefix, lines); };
    if (!secrets_.empty()) log->splitters[i].append(log->filters[i].flush(secrets_), show);
    log->splitters[i].flush(show);
  }
  take_chunk(*log);
}

void StepLogs::watch(LogId id, Watcher watcher) {
  OpenLog* log = find(id);
  if (log == nullptr || log->is_closed) {
    watcher(nullptr);
  } else {
    log->watchers.push_back(std::move(watcher));
  }
}

void StepLogs::close(LogId id) {
  flush_lines(id);
  OpenLog* log = find(id);
  if (log == nullptr || log->is_closed) return;
  log->is_closed = true;
  log->timer.reset();
  for (const Watcher& watcher : std::exchange(log->watchers, {})) watcher(nullptr);
}

void StepLogs::close_all() {
  for (const auto& log : logs_) {
    if (log->is_added) close(log->row.id);
  }
}

bool StepLogs::is_adding() const {
  return std::any_of(logs_.begin(), logs_.end(), [](const auto& log) { return !log->is_added; });
}

void StepLogs::write_finish(Unit& unit, LogId id) {
  OpenLog* log = find(id);
  if (log == nullptr || log->is_finishing) return;
  log->is_finishing = true;
  unit.add(writes::FinishLog{id, log->lines});
  unit.then([this, alive = keep_alive_(), log](const Committed&) {
    if (log->lines > log->row.num_lines) {
      log->row.num_lines = log->lines;
      kernel_.publish("append", log->row);
    }
    log->row.complete = true;
    kernel_.publish("finished", log->row);
  });
}

void StepLogs::write_finish_all(Unit& unit) {
  for (const auto& log : logs_) {
    if (log->is_added) write_finish(unit, log->row.id);
  }
}

bool StepLogs::take_unflushed() { return std::exchange(unflushed_, false); }

}  // namespace kiln::engine
