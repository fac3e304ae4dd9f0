// SPDX-License-Identifier: MIT
#include "core/logs/sync_journal.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <map>
#include <utility>
#include <vector>

#include "core/base/log.h"

namespace kiln::logs {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view entry_magic = "KJNL";
constexpr std::string_view name_prefix = "journal-";
constexpr std::size_t files_at_once = 16;
constexpr std::uint64_t forgotten = ~std::uint64_t(0);  // the offset of an entry that only voids earlier ones

// entry = "KJNL" crc u32, name_size u32, size u32, offset u64, name, bytes; crc over all after itself.
constexpr std::size_t head_size = 24;

template <class Number>
void append_number(std::string& out, Number number) {
  for (std::size_t i = 0; i < sizeof(Number); ++i) out += static_cast<char>(static_cast<unsigned char>(number >> (8 * i)));
}

template <class Number>
Number number_at(std::string_view bytes, std::size_t at) {
  Number number = 0;
  for (std::size_t i = sizeof(Number); i-- > 0;) {
    number = static_cast<Number>(number << 8) | static_cast<unsigned char>(bytes[at + i]);
  }
  return number;
}

std::uint32_t crc_of(std::string_view bytes) {
  return static_cast<std::uint32_t>(
      ::crc32_z(0, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()));
}

struct Entry {
  std::string_view file;
  std::uint64_t offset;
  std::string_view bytes;
};

// The first entry of `rest`, which is taken off; nothing at the end or when it is incomplete or damaged.
std::optional<Entry> take_entry(std::string_view& rest) {
  if (rest.size() < head_size || !rest.starts_with(entry_magic)) return std::nullopt;
  const auto crc = number_at<std::uint32_t>(rest, 4);
  const std::size_t name_size = number_at<std::uint32_t>(rest, 8);
  const std::size_t size = number_at<std::uint32_t>(rest, 12);
  if (rest.size() - head_size < name_size || rest.size() - head_size - name_size < size) return std::nullopt;
  const std::string_view whole = rest.substr(0, head_size + name_size + size);
  if (crc_of(whole.substr(8)) != crc) return std::nullopt;
  rest.remove_prefix(whole.size());
  return Entry{whole.substr(head_size, name_size), number_at<std::uint64_t>(whole, 16),
               whole.substr(head_size + name_size)};
}

// Names come from our own file, but a damaged one must not lead elsewhere.
bool is_inside(std::string_view name) {
  const fs::path path(name);
  return path.is_relative() && std::find(path.begin(), path.end(), "..") == path.end();
}

std::optional<std::uint64_t> number_of(const fs::path& journal) {
  const std::string name = journal.filename().string();
  std::uint64_t number = 0;
  if (!name.starts_with(name_prefix)) return std::nullopt;
  const char* end = name.data() + name.size();
  const auto parsed = std::from_chars(name.data() + name_prefix.size(), end, number);
  if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  return number;
}

std::vector<fs::path> journals_in(const fs::path& directory) {
  std::map<std::uint64_t, fs::path> found;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(directory, error)) {
    if (const auto number = number_of(entry.path())) found[*number] = entry.path();
  }
  std::vector<fs::path> journals;
  for (const auto& [number, path] : found) journals.push_back(path);
  return journals;
}

Result<> write_again(const fs::path& path, const std::vector<Entry>& entries) {
  std::error_code ignored;  // opening reports it
  fs::create_directories(path.parent_path(), ignored);
  auto file = File::open(path, File::Access::existing);
  if (!file && file.error().code == Errc::not_found) file = File::open(path, File::Access::make_empty);
  if (!file) return file.error();
  for (const Entry& entry : entries) {
    if (auto done = (*file)->write(entry.offset, entry.bytes); !done) return done;
  }
  if (auto done = (*file)->sync(); !done) return done;
  return sync_directory(path.parent_path());
}

}  // namespace

std::string SyncJournal::make_entry(std::string_view file, std::uint64_t offset, std::string_view bytes) {
  std::string rest;
  append_number(rest, static_cast<std::uint32_t>(file.size()));
  append_number(rest, static_cast<std::uint32_t>(bytes.size()));
  append_number(rest, offset);
  rest += file;
  rest += bytes;
  std::string entry(entry_magic);
  append_number(entry, crc_of(rest));
  return entry += rest;
}

Result<std::unique_ptr<SyncJournal>> SyncJournal::open(fs::path directory, std::uint64_t full_size) {
  std::unique_ptr<SyncJournal> journal(new SyncJournal(std::move(directory), full_size));
  if (auto done = journal->replay_all(); !done) return done.error();
  if (auto done = journal->begin(); !done) return done.error();
  return journal;
}

Result<> SyncJournal::replay_all() {
  const auto journals = journals_in(directory_);
  std::vector<std::string> texts;  // entries are views into them
  std::map<std::string, std::vector<Entry>, std::less<>> files;
  for (const auto& path : journals) {
    last_number_ = *number_of(path);
    auto file = File::open(path, File::Access::existing);
    if (!file) return file.error();
    const auto size = (*file)->size();
    if (!size) return size.error();
    auto text = (*file)->read(0, *size);
    if (!text) return text.error();
    texts.push_back(std::move(*text));
  }
  for (std::string_view rest : texts) {
    while (const auto entry = take_entry(rest)) {
      if (!is_inside(entry->file)) continue;
      auto& entries = files[std::string(entry->file)];
      if (entry->offset == forgotten) entries.clear();
      else entries.push_back(*entry);
    }
  }
  for (const auto& [name, entries] : files) {
    if (entries.empty()) continue;
    if (auto done = write_again(directory_ / name, entries); !done) return done;
  }
  if (!files.empty()) log_info("the log files of {} builds were made whole from the journal", files.size());
  std::error_code ignored;
  for (const auto& path : journals) fs::remove(path, ignored);
  return {};
}

Result<> SyncJournal::begin() {
  const fs::path path = directory_ / fmt::format("{}{}", name_prefix, last_number_ + 1);
  auto file = File::open(path, File::Access::make_empty);
  if (!file) return file.error();
  ++last_number_;
  generations_.push_back({std::move(*file), 0, {}, {}});
  return sync_directory(directory_);
}

SyncJournal::~SyncJournal() {
  (void)commit();
  close_current();
  while (!generations_.empty()) {
    if (auto done = sync_oldest(~std::size_t(0)); !done) {
      log_warning("{}; its journal is kept for the next start", done.error().what);
      return;
    }
  }
}

void SyncJournal::note(const fs::path& file, std::uint64_t offset, std::string_view bytes) {
  const std::string name = file.lexically_relative(directory_).string();
  generations_.back().files.insert(name);
  buffer_ += make_entry(name, offset, bytes);
}

void SyncJournal::forget(const fs::path& file) {
  const std::string name = file.lexically_relative(directory_).string();
  const bool is_noted = std::any_of(generations_.begin(), generations_.end(),
                                    [&](const Generation& generation) { return generation.files.contains(name); });
  if (is_noted) buffer_ += make_entry(name, forgotten, {});
}

Result<> SyncJournal::commit() {
  if (buffer_.empty() || generations_.empty()) return {};
  Generation& current = generations_.back();
  if (auto done = current.file->write(current.size, buffer_); !done) return done;
  if (auto done = current.file->sync(); !done) return done;
  current.size += buffer_.size();
  buffer_.clear();
  return {};
}

void SyncJournal::close_current() {
  Generation& current = generations_.back();
  current.to_sync.assign(current.files.begin(), current.files.end());
}

Result<> SyncJournal::tend() {
  if (generations_.back().size >= full_size_) {
    // What is noted and not committed belongs to files of the current generation.
    if (auto done = commit(); !done) return done;
    close_current();
    if (auto done = begin(); !done) return done;
  }
  return generations_.size() > 2 ? sync_oldest(files_at_once) : Result<>();
}

Result<> SyncJournal::sync_oldest(std::size_t most) {
  Generation& oldest = generations_.front();
  std::set<fs::path> directories;
  for (; most > 0 && !oldest.to_sync.empty(); --most) {
    const fs::path path = directory_ / oldest.to_sync.back();
    const auto file = File::open(path, File::Access::existing);
    if (file) {
      if (auto done = (*file)->sync(); !done) return done;
      directories.insert(path.parent_path());
    } else if (file.error().code != Errc::not_found) {  // taken away meanwhile
      return file.error();
    }
    oldest.to_sync.pop_back();
  }
  for (const auto& directory : directories) {
    if (auto done = sync_directory(directory); !done) return done;
  }
  if (!oldest.to_sync.empty()) return {};
  std::error_code ignored;
  fs::remove(oldest.file->path(), ignored);
  generations_.pop_front();
  return {};
}

}  // namespace kiln::logs
