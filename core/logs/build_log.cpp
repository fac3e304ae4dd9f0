// SPDX-License-Identifier: MIT
#include "core/logs/build_log.h"

#include <algorithm>

#include <fmt/format.h>

namespace kiln::logs {
namespace {

std::filesystem::path path_of(BuildId build, const std::filesystem::path& directory) {
  return directory / std::to_string(build.value / 1000) / fmt::format("{}.klog", build.value);
}

std::int64_t end_line(const LogChunk& chunk) { return chunk.first_line + chunk.line_count; }

}  // namespace

std::int64_t LogView::end_line() const {
  if (!tail.empty()) return logs::end_line(*tail.back());
  return frames.empty() ? 0 : frames.back().end_line();
}

BuildLog::BuildLog(BuildId build, const std::filesystem::path& directory)
    : build_(build), path_(path_of(build, directory)) {}

Result<> BuildLog::load() {
  const std::lock_guard loading(loading_);
  {
    const std::lock_guard lock(mutex_);
    if (is_loaded_) return {};
  }
  auto file = File::open(path_, File::Access::existing);
  Contents contents;
  if (file) {
    auto read = read_contents(**file);
    if (!read) return read.error();
    contents = std::move(*read);
  } else if (file.error().code != Errc::not_found) {
    return file.error();
  }
  const std::lock_guard lock(mutex_);
  file_ = file ? *file : nullptr;
  contents_ = std::move(contents);
  is_loaded_ = true;
  return {};
}

std::size_t BuildLog::append(LogChunkPtr chunk) {
  const std::lock_guard lock(mutex_);
  is_active_ = true;
  unwritten_ += chunk->text.size();
  tails_[chunk->log].chunks.push_back(std::move(chunk));
  return unwritten_;
}

std::size_t BuildLog::unwritten() const {
  const std::lock_guard lock(mutex_);
  return unwritten_;
}

bool BuildLog::is_active() const {
  const std::lock_guard lock(mutex_);
  return is_active_;
}

LogView BuildLog::view(LogId log, std::int64_t first, std::int64_t end) const {
  const std::lock_guard lock(mutex_);
  LogView view;
  view.file = file_;
  if (const auto found = contents_.frames.find(log); found != contents_.frames.end()) {
    const auto& frames = found->second;
    const auto from = std::ranges::partition_point(frames, [&](const Frame& f) { return f.end_line() <= first; });
    const auto to = std::partition_point(from, frames.end(), [&](const Frame& f) { return f.first_line < end; });
    view.frames.assign(from, to);
  }
  if (const auto found = tails_.find(log); found != tails_.end()) {
    for (const auto& chunk : found->second.chunks) {
      if (logs::end_line(*chunk) > first && chunk->first_line < end) view.tail.push_back(chunk);
    }
  }
  return view;
}

std::vector<BuildLog::Batch> BuildLog::pending() const {
  const std::lock_guard lock(mutex_);
  std::vector<Batch> batches;
  for (const auto& [log, tail] : tails_) {
    batches.push_back({log, {tail.chunks.begin(), tail.chunks.end()}});
  }
  return batches;
}

void BuildLog::wrote(const std::vector<Written>& written, std::uint64_t good_size) {
  const std::lock_guard lock(mutex_);
  for (const auto& [log, chunk_count, frames] : written) {
    const auto tail = tails_.find(log);
    for (std::size_t i = 0; i < chunk_count; ++i) {
      unwritten_ -= tail->second.chunks.front()->text.size();
      tail->second.chunks.pop_front();
    }
    if (tail->second.chunks.empty()) tails_.erase(tail);
    for (const Frame& frame : frames) KILN_CHECK(add_frame(contents_.frames, log, frame));
  }
  contents_.good_size = good_size;
  contents_.has_index = false;
}

std::int64_t BuildLog::stored_end_line(LogId log) const {
  const std::lock_guard lock(mutex_);
  const auto found = contents_.frames.find(log);
  return found == contents_.frames.end() ? 0 : found->second.back().end_line();
}

FilePtr BuildLog::file() const {
  const std::lock_guard lock(mutex_);
  return file_;
}

std::uint64_t BuildLog::good_size() const {
  const std::lock_guard lock(mutex_);
  return contents_.good_size;
}

Frames BuildLog::frames() const {
  const std::lock_guard lock(mutex_);
  return contents_.frames;
}

bool BuildLog::has_index() const {
  const std::lock_guard lock(mutex_);
  return contents_.has_index;
}

void BuildLog::set_file(FilePtr file, Contents contents) {
  const std::lock_guard lock(mutex_);
  file_ = std::move(file);
  contents_ = std::move(contents);
  is_loaded_ = true;
}

void BuildLog::set_finished() {
  const std::lock_guard lock(mutex_);
  is_active_ = !tails_.empty();
}

BuildLogPtr BuildLogs::get(BuildId build) {
  const std::lock_guard lock(mutex_);
  return use(build);
}

BuildLogPtr BuildLogs::find(BuildId build) const {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(build);
  return found == entries_.end() ? nullptr : found->second.log;
}

BuildLogPtr BuildLogs::append(LogChunkPtr chunk, std::size_t& unwritten) {
  // Under the lock, so that the build cannot be dropped between being found and becoming active.
  const std::lock_guard lock(mutex_);
  const auto log = use(chunk->build);
  unwritten = log->append(std::move(chunk));
  return log;
}

BuildLogPtr BuildLogs::use(BuildId build) {
  auto& entry = entries_[build];
  const bool is_new = entry.log == nullptr;
  if (is_new) entry.log = std::make_shared<BuildLog>(build, directory_);
  entry.last_use = ++uses_;
  const auto log = entry.log;
  if (is_new) drop_idle();
  return log;
}

void BuildLogs::drop_idle() {
  std::vector<std::pair<std::uint64_t, BuildId>> idle;
  for (const auto& [build, entry] : entries_) {
    // Somebody who still holds it may be about to write or finish it.
    if (entry.log.use_count() == 1 && !entry.log->is_active()) idle.emplace_back(entry.last_use, build);
  }
  if (idle.size() <= idle_limit) return;
  std::ranges::sort(idle);
  for (std::size_t i = 0; i + idle_limit < idle.size(); ++i) entries_.erase(idle[i].second);
}

}  // namespace kiln::logs
