// SPDX-License-Identifier: MIT
#include "core/logs/log_writer.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <iterator>

#include "core/base/log.h"

namespace kiln::logs {
namespace {

using namespace std::chrono_literals;
constexpr auto flush_interval = 100ms;
constexpr auto retry_interval = 1s;
// What lies behind this in a file is made durable by syncing the file: there are few large logs.
constexpr std::uint64_t journaled_size = 1024 * 1024;
constexpr std::size_t uncommitted_limit = 4 * 1024 * 1024;

// The whole lines at the beginning of `text` that fit into `room`; one line when even the first does not.
std::string_view lines_within(std::string_view text, std::size_t room) {
  if (text.size() <= room) return text;
  const std::size_t last = room == 0 ? std::string_view::npos : text.rfind('\n', room - 1);
  const std::size_t end = last == std::string_view::npos ? text.find('\n') : last;
  return end == std::string_view::npos ? text : text.substr(0, end + 1);
}

// Calls `frame(text, first_line, line_count)` for pieces of at most frame_text_target bytes, whole lines each.
template <class Frame>
void cut_frames(const std::vector<LogChunkPtr>& chunks, const Frame& frame) {
  std::string text;
  std::int64_t first_line = 0;
  std::int64_t line_count = 0;
  const auto close = [&] {
    if (line_count > 0) frame(std::string_view(text), first_line, line_count);
    text.clear();
    line_count = 0;
  };
  for (const auto& chunk : chunks) {
    if (chunk->first_line != first_line + line_count) close();
    std::int64_t line = chunk->first_line;
    const std::int64_t end = line + chunk->line_count;
    for (std::string_view rest = chunk->text; !rest.empty();) {
      std::string_view part = lines_within(rest, frame_text_target - std::min(text.size(), frame_text_target));
      if (text.size() + part.size() > frame_text_target && line_count > 0) {
        close();
        continue;
      }
      const bool is_rest = part.size() == rest.size();
      const std::int64_t count = is_rest ? end - line : std::count(part.begin(), part.end(), '\n');
      if (line_count == 0) first_line = line;
      text += part;
      line_count += count;
      line += count;
      rest.remove_prefix(part.size());
    }
  }
  close();
}

}  // namespace

LogWriter::LogWriter(BuildLogs& logs, std::unique_ptr<SyncJournal> journal, Post post_to_loop)
    : logs_(logs), post_to_loop_(std::move(post_to_loop)), journal_(std::move(journal)), thread_([this] { run(); }) {}

LogWriter::~LogWriter() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void LogWriter::note(const BuildLogPtr& log, std::size_t unwritten) {
  const std::lock_guard lock(mutex_);
  const bool is_full = unwritten >= frame_text_target;
  const auto now = std::chrono::steady_clock::now();
  const auto [entry, is_new] = dirty_.try_emplace(log->build(), Dirty{log, now + flush_interval, false});
  Dirty& dirty = entry->second;
  const bool is_hurried = is_full && !dirty.has_failed && dirty.due > now;
  if (is_hurried) dirty.due = now;
  if (is_new || is_hurried) wake_.notify_one();
}

void LogWriter::flush(BuildId build, Reply<> reply) {
  const auto log = logs_.get(build);
  const std::lock_guard lock(mutex_);
  flushes_.push_back({log, std::move(reply)});
  wake_.notify_one();
}

void LogWriter::finish(BuildId build, Reply<> reply) {
  const auto log = logs_.get(build);
  const std::lock_guard lock(mutex_);
  finishes_.push_back({log, std::move(reply)});
  wake_.notify_one();
}

void LogWriter::run() {
  while (true) {
    Work work = take(true);
    if (work.is_empty()) return;
    write_and_flush(work);
    for (Request& request : work.finishes) {
      auto finished = finish(*request.log);
      if (finished) forget(*request.log);
      answer(request, std::move(finished));
    }
    if (auto tended = journal_->tend(); !tended) log_error("{}", tended.error().what);
  }
}

// A finished build's file is not held open until its flush would have been due.
void LogWriter::forget(const BuildLog& log) {
  const std::lock_guard lock(mutex_);
  if (log.pending().empty()) dirty_.erase(log.build());
}

LogWriter::Work LogWriter::take(bool wait) {
  std::unique_lock lock(mutex_);
  Work work;
  while (true) {
    move_due(work);
    std::swap(work.flushes, flushes_);
    move_waiting(work);
    if (wait) std::swap(work.finishes, finishes_);
    if (!wait || !work.is_empty() || is_stopping_) return work;
    if (dirty_.empty()) {
      wake_.wait(lock);
      continue;
    }
    const auto by_time = [](const auto& a, const auto& b) { return a.second.due < b.second.due; };
    const SteadyTime next = std::ranges::min_element(dirty_, by_time)->second.due;
    wake_.wait_until(lock, next);
  }
}

void LogWriter::move_due(Work& work) {
  const auto now = std::chrono::steady_clock::now();
  std::erase_if(dirty_, [&](const auto& entry) {
    if (!is_stopping_ && entry.second.due > now) return false;
    work.due.push_back(entry.second.log);
    return true;
  });
}

void LogWriter::move_waiting(Work& work) {
  const auto is_due = [&](const Request& request) { return is_stopping_ || !dirty_.contains(request.log->build()); };
  const auto due = std::ranges::stable_partition(waiting_, std::not_fn(is_due));
  std::ranges::move(due, std::back_inserter(work.flushes));
  waiting_.erase(due.begin(), due.end());
}

void LogWriter::write_and_flush(Work& work) {
  for (const auto& log : work.due) {
    const auto written = write_pending(*log);
    if (!written) retry_later(log, written.error());
    if (written) failing_.erase(log->build());
  }
  std::map<BuildId, Result<>> durable;
  for (const Request& request : work.flushes) {
    const auto [found, is_new] = durable.try_emplace(request.log->build());
    if (is_new) found->second = write_pending(*request.log);
  }
  // After all were written, so that they share a commit.
  for (Request& request : work.flushes) {
    Result<>& result = durable[request.log->build()];
    if (result) result = make_durable(*request.log);
    if (is_to_wait(result)) {
      wait_for_space(std::move(request), result.error());
    } else {
      answer(request, result);
    }
  }
  if (journal_->uncommitted() > uncommitted_limit) {
    if (auto done = journal_->commit(); !done) log_error("{}", done.error().what);
  }
}

void LogWriter::retry_later(const BuildLogPtr& log, const Error& error) {
  if (failing_.insert(log->build()).second) log_error("{}; trying again each second", error.what);
  const std::lock_guard lock(mutex_);
  if (is_stopping_) return;
  dirty_[log->build()] = {log, std::chrono::steady_clock::now() + retry_interval, true};
}

bool LogWriter::is_to_wait(const Result<>& result) {
  if (result || result.error().code != Errc::storage_full) return false;
  const std::lock_guard lock(mutex_);
  return !is_stopping_;
}

void LogWriter::wait_for_space(Request request, const Error& error) {
  retry_later(request.log, error);
  const std::lock_guard lock(mutex_);
  waiting_.push_back(std::move(request));
}

Result<> LogWriter::write_pending(BuildLog& log) {
  const auto batches = log.pending();
  if (batches.empty()) return {};
  if (auto ready = prepare(log); !ready) return ready;
  const std::uint64_t start = log.good_size();
  std::string out;
  std::vector<BuildLog::Written> written;
  for (const auto& batch : batches) {
    written.push_back({batch.log, batch.chunks.size(), make_records(log, batch, start, out)});
  }
  if (auto done = log.file()->write(start, out); !done) return done;
  note_written(log, start, out);
  log.wrote(written, start + out.size());
  return {};
}

void LogWriter::note_written(const BuildLog& log, std::uint64_t offset, std::string_view bytes) {
  if (offset + bytes.size() <= journaled_size) {
    journal_->note(log.path(), offset, bytes);
  } else {
    unsynced_.insert(log.build());
  }
}

Result<> LogWriter::make_durable(const BuildLog& log) {
  if (unsynced_.contains(log.build())) {
    if (auto done = log.file()->sync(); !done) return done;
    if (auto done = sync_directory(log.path().parent_path()); !done) return done;
    unsynced_.erase(log.build());
  }
  return journal_->commit();
}

// The file exists and ends where the next record goes.
Result<> LogWriter::prepare(BuildLog& log) {
  auto loaded = log.load();
  if (!loaded && loaded.error().code == Errc::bad_input) {
    log_error("{}; it is kept as .damaged", loaded.error().what);
    journal_->forget(log.path());
    std::error_code ignored;
    std::filesystem::rename(log.path(), log.path().string() + ".damaged", ignored);
    loaded = log.load();
  }
  if (!loaded) return loaded;
  if (log.file() == nullptr) {
    const auto directory = log.path().parent_path();
    std::error_code ignored;  // opening reports it
    if (std::filesystem::create_directories(directory, ignored)) {
      if (auto synced = sync_directory(directory.parent_path()); !synced) return synced;
    }
    auto file = File::open(log.path(), File::Access::make_empty);
    if (!file) return file.error();
    log.set_file(*file, {});
  }
  const FilePtr file = log.file();
  if (log.good_size() == 0) {
    if (auto done = file->write(0, klog_magic); !done) return done;
    note_written(log, 0, klog_magic);
    log.wrote({}, klog_magic.size());
  }
  const auto size = file->size();
  if (!size) return size.error();
  if (*size > log.good_size()) return file->truncate(log.good_size());
  return {};
}

std::vector<Frame> LogWriter::make_records(BuildLog& log, const BuildLog::Batch& batch, std::uint64_t base,
                                           std::string& out) {
  std::vector<Frame> frames;
  std::int64_t end = log.stored_end_line(batch.log);
  cut_frames(batch.chunks, [&](std::string_view text, std::int64_t first_line, std::int64_t line_count) {
    if (first_line < end || text.size() > record_size_limit) {
      log_error("build {}: lines {} to {} of log {} cannot be stored: {}", log.build().value, first_line,
                first_line + line_count, batch.log.value, first_line < end ? "they are stored already" : "too long");
      return;
    }
    const std::uint64_t offset = base + out.size();
    const auto header = records_.append(out, lines_header(batch.log, first_line, line_count), text);
    frames.push_back(frame_of(header, offset));
    end = first_line + line_count;
  });
  return frames;
}

void LogWriter::answer(Request& request, Result<> result) {
  if (!request.reply) return;
  post_to_loop_([reply = std::move(request.reply), result = std::move(result)] { reply(result); });
}

}  // namespace kiln::logs
