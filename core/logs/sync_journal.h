// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/logs/klog_file.h"

namespace kiln::logs {

// Makes small writes to many files durable with one fdatasync: a second copy of them goes one after the other into
// `<directory>/journal-N`, from which they are written again after a power failure. Files that have been quiet since are
// synced one by one later, and their journal is removed. Owned by the writer thread.
class SyncJournal {
 public:
  static constexpr std::uint64_t usual_size = 32 * 1024 * 1024;
  // Writes what journals of an earlier run hold into its files. `directory`: that of the .klog files, to which entries
  // are relative. `full_size`: bytes after which a new journal begins.
  static Result<std::unique_ptr<SyncJournal>> open(std::filesystem::path directory,
                                                   std::uint64_t full_size = usual_size);
  ~SyncJournal();  // syncs every file and removes the journals
  SyncJournal(const SyncJournal&) = delete;
  SyncJournal& operator=(const SyncJournal&) = delete;

  // `bytes` have been written to the file at `offset`; durable after the next commit().
  void note(const std::filesystem::path& file, std::uint64_t offset, std::string_view bytes);
  // The file is durable by itself now, or is gone: earlier entries must not be written into it again. Durable after the
  // next commit().
  void forget(const std::filesystem::path& file);
  Result<> commit();
  // Bytes noted since the last commit.
  std::size_t uncommitted() const { return buffer_.size(); }

  // To be called now and then: begins a new journal when the current one has become large, and syncs a few files of the
  // oldest when there are more than two: by then the kernel has written most of them by itself.
  Result<> tend();

  // The layout is kept here so that tests can write what a crash leaves.
  static std::string make_entry(std::string_view file, std::uint64_t offset, std::string_view bytes);

 private:
  struct Generation {
    FilePtr file;
    std::uint64_t size = 0;
    std::set<std::string> files;       // noted since it began
    std::vector<std::string> to_sync;  // of them, once it is not written to any more
  };
  SyncJournal(std::filesystem::path directory, std::uint64_t full_size)
      : directory_(std::move(directory)), full_size_(full_size) {}
  Result<> replay_all();
  Result<> begin();
  void close_current();
  // Up to `most` files of the oldest one; removes it when all are synced.
  Result<> sync_oldest(std::size_t most);

  const std::filesystem::path directory_;
  const std::uint64_t full_size_;
  std::deque<Generation> generations_;  // the last one is written to
  std::uint64_t last_number_ = 0;
  std::string buffer_;
};

}  // namespace kiln::logs
