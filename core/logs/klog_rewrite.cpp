// SPDX-License-Identifier: MIT
#include <algorithm>

#include "core/base/log.h"
#include "core/logs/log_writer.h"

namespace kiln::logs {
namespace {

constexpr std::size_t write_block = 1024 * 1024;
// Smaller records are joined: those of a slow log hold 100 ms each.
constexpr std::uint32_t large_enough = 64 * 1024;
constexpr std::size_t small_records_limit = 128;

// The end of a finished file: index and trailer.
std::string make_index(RecordMaker& records, const std::vector<IndexEntry>& entries, std::uint64_t offset) {
  std::string out;
  RecordHeader header;
  header.kind = RecordKind::index;
  header.first_line = static_cast<std::int64_t>(entries.size());
  records.append(out, header, make_index_text(entries));
  return out += make_trailer(offset);
}

// Few small records are left as they are: rewriting costs two syncs.
bool is_worth_rewriting(const Frames& frames) {
  std::size_t small = 0;
  for (const auto& [id, list] : frames) {
    small += static_cast<std::size_t>(
        std::count_if(list.begin(), list.end(), [](const Frame& frame) { return frame.text_size < large_enough; }));
  }
  return small > small_records_limit;
}

// Writes the records of a finished file one after the other and collects its index.
class FinishedFile {
 public:
  FinishedFile(FilePtr file, RecordMaker& records) : file_(std::move(file)), records_(records), out_(klog_magic) {}

  void add_lines(LogId log, std::int64_t first_line, std::int64_t line_count, std::string_view text) {
    const std::uint64_t offset = written_ + out_.size();
    const auto header = records_.append(out_, lines_header(log, first_line, line_count), text);
    index_.push_back({log, frame_of(header, offset)});
  }

  void add_record(LogId log, Frame frame, std::string_view record) {
    frame.offset = written_ + out_.size();
    out_ += record;
    index_.push_back({log, frame});
  }

  bool is_block_full() const { return out_.size() >= write_block; }

  Result<> write() {
    auto done = file_->write(written_, out_);
    written_ += out_.size();
    out_.clear();
    return done;
  }

  Result<Contents> close() {
    Contents contents{{}, written_ + out_.size(), true};
    out_ += make_index(records_, index_, contents.good_size);
    if (auto done = write(); !done) return done.error();
    if (auto done = file_->sync(); !done) return done.error();
    for (const auto& [log, frame] : index_) add_frame(contents.frames, log, frame);
    return contents;
  }

 private:
  FilePtr file_;
  RecordMaker& records_;
  std::string out_;
  std::uint64_t written_ = 0;
  std::vector<IndexEntry> index_;
};

// Joins the small records of one log.
class Joiner {
 public:
  Joiner(FinishedFile& to, LogId log) : to_(to), log_(log) {}

  void add(const Frame& frame, std::string_view text) {
    const bool goes_on = frame.first_line == first_line_ + line_count_;
    if (!goes_on || text_.size() + text.size() > frame_text_target) close();
    if (line_count_ == 0) first_line_ = frame.first_line;
    text_ += text;
    line_count_ += frame.line_count;
  }

  void close() {
    if (line_count_ > 0) to_.add_lines(log_, first_line_, line_count_, text_);
    text_.clear();
    line_count_ = 0;
  }

 private:
  FinishedFile& to_;
  LogId log_;
  std::string text_;
  std::int64_t first_line_ = 0;
  std::int64_t line_count_ = 0;
};

Result<> copy_frame(const File& from, LogId log, const Frame& frame, FinishedFile& to, Joiner& joiner) {
  if (frame.text_size >= large_enough) {
    joiner.close();
    auto record = read_record(from, log, frame);
    if (!record) return record.error();
    to.add_record(log, frame, *record);
    return {};
  }
  auto text = read_frame(from, log, frame);
  if (!text) return text.error();
  joiner.add(frame, *text);
  return {};
}

}  // namespace

Result<> LogWriter::finish(BuildLog& log) {
  if (auto done = write_pending(log); !done) return done;
  if (auto done = log.load(); !done) return done;
  if (log.file() == nullptr || log.has_index()) {
    log.set_finished();
    return {};
  }
  return is_worth_rewriting(log.frames()) ? replace_file(log) : add_index(log);
}

// Nobody waits for the index to be durable: without it the file is read record by record.
Result<> LogWriter::add_index(BuildLog& log) {
  if (auto ready = prepare(log); !ready) return ready;  // cuts off what a crash left behind the last good record
  Contents contents{log.frames(), log.good_size(), true};
  std::vector<IndexEntry> entries;
  for (const auto& [id, frames] : contents.frames) {
    for (const Frame& frame : frames) entries.push_back({id, frame});
  }
  const std::string end = make_index(records_, entries, contents.good_size);
  if (auto done = log.file()->write(contents.good_size, end); !done) return done;
  if (auto done = make_durable(log); !done) return done;
  log.set_file(log.file(), std::move(contents));
  log.set_finished();
  return {};
}

Result<> LogWriter::replace_file(BuildLog& log) {
  // What the journal holds of the old file must not get into the new one.
  unsynced_.insert(log.build());
  journal_->forget(log.path());
  if (auto done = make_durable(log); !done) return done;
  const std::filesystem::path temporary = log.path().string() + ".tmp";
  const auto file = File::open(temporary, File::Access::make_empty);
  if (!file) return file.error();
  auto contents = rewrite(log, *file);
  if (!contents) return contents.error();
  std::error_code error;
  std::filesystem::rename(temporary, log.path(), error);
  if (error) return make_error(Errc::fatal, "cannot rename log file \"" + temporary.string() + "\": " + error.message());
  log.set_file(*file, std::move(*contents));
  log.set_finished();
  return sync_directory(log.path().parent_path());
}

Result<Contents> LogWriter::rewrite(const BuildLog& log, const FilePtr& to) {
  FinishedFile finished(to, records_);
  const FilePtr from = log.file();
  for (const auto& [id, frames] : log.frames()) {
    Joiner joiner(finished, id);
    for (const Frame& frame : frames) {
      if (auto copied = copy_frame(*from, id, frame, finished, joiner); !copied) {
        if (copied.error().code != Errc::bad_input) return copied.error();
        // The damaged lines are lost, the others must not be.
        log_error("{}", copied.error().what);
        continue;
      }
      if (!finished.is_block_full()) continue;
      if (auto done = finished.write(); !done) return done.error();
      // Steps of other builds wait for their flush while a large log is rewritten.
      Work urgent = take(false);
      write_and_flush(urgent);
    }
    joiner.close();
  }
  return finished.close();
}

}  // namespace kiln::logs
