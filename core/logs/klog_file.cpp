// SPDX-License-Identifier: MIT
#include "core/logs/klog_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include <fmt/format.h>

namespace kiln::logs {
namespace {

// Scanning reads ahead in blocks: most records of a growing build are far smaller than this.
class ReadAhead {
 public:
  explicit ReadAhead(const File& file) : file_(file) {}

  Result<std::string_view> at(std::uint64_t offset, std::size_t count) {
    const bool is_inside = offset >= start_ && offset + count <= start_ + block_.size();
    if (!is_inside) {
      auto block = file_.read(offset, std::max(count, block_size));
      if (!block) return block.error();
      block_ = std::move(*block);
      start_ = offset;
    }
    return std::string_view(block_).substr(offset - start_, count);
  }

 private:
  static constexpr std::size_t block_size = 1024 * 1024;
  const File& file_;
  std::uint64_t start_ = 0;
  std::string block_;
};

Result<Contents> read_indexed(const File& file, std::uint64_t size, std::uint64_t index_offset) {
  const auto damaged = [] { return make_error(Errc::bad_input, "log index is damaged"); };
  if (index_offset < klog_magic.size() || index_offset + record_header_size + trailer_size > size) return damaged();
  auto head = file.read(index_offset, record_header_size);
  if (!head) return head.error();
  const auto header = read_record_header(*head);
  if (!header || index_offset + record_header_size + header->payload_size + trailer_size != size) return damaged();
  auto payload = file.read(index_offset + record_header_size, header->payload_size);
  if (!payload) return payload.error();
  if (!has_right_crc(*head, *payload)) return damaged();
  auto text = decompress(*header, *payload);
  if (!text) return text.error();
  auto entries = read_index(*header, *text);
  if (!entries) return entries.error();
  Contents contents{{}, index_offset, true};
  for (const auto& [log, frame] : *entries) {
    if (frame.end_offset() > index_offset || !add_frame(contents.frames, log, frame)) return damaged();
  }
  return contents;
}

Result<Contents> scan(const File& file, std::uint64_t size) {
  ReadAhead bytes(file);
  Contents contents{{}, klog_magic.size(), false};
  while (true) {
    const std::uint64_t offset = contents.good_size;
    auto head = bytes.at(offset, record_header_size);
    if (!head) return head.error();
    const auto header = read_record_header(*head);
    if (!header || header->kind != RecordKind::lines) return contents;
    const Frame frame = frame_of(*header, offset);
    if (frame.end_offset() > size) return contents;
    auto record = bytes.at(offset, record_header_size + header->payload_size);
    if (!record) return record.error();
    if (!has_right_crc(record->substr(0, record_header_size), record->substr(record_header_size))) return contents;
    if (!add_frame(contents.frames, header->log, frame)) return contents;
    contents.good_size = frame.end_offset();
  }
}

}  // namespace

Error file_error(const char* verb, const std::filesystem::path& path) {
  const int code = errno;
  const bool is_full = code == ENOSPC || code == EDQUOT || code == EROFS || code == EFBIG;
  const Errc kind = code == ENOENT ? Errc::not_found : is_full ? Errc::storage_full : Errc::fatal;
  return make_error(kind, fmt::format("cannot {} log file \"{}\": {}", verb, path.string(), std::strerror(code)));
}

Result<> sync_directory(const std::filesystem::path& directory) {
  const int fd = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return file_error("open the directory of", directory);
  const bool is_done = ::fsync(fd) == 0;
  const Error error = is_done ? Error{} : file_error("sync the directory of", directory);
  ::close(fd);
  if (!is_done) return error;
  return {};
}

Result<FilePtr> File::open(const std::filesystem::path& path, Access access) {
  const int make = access == Access::make_empty ? O_CREAT | O_TRUNC : 0;
  int fd = ::open(path.c_str(), O_RDWR | O_CLOEXEC | make, 0644);
  if (fd < 0 && access == Access::existing && (errno == EACCES || errno == EROFS)) {
    fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  }
  if (fd < 0) return file_error("open", path);
  return std::make_shared<const File>(fd, path);
}

File::~File() { ::close(fd_); }

Result<std::uint64_t> File::size() const {
  struct stat info {};
  if (::fstat(fd_, &info) != 0) return file_error("examine", path_);
  return static_cast<std::uint64_t>(info.st_size);
}

Result<std::string> File::read(std::uint64_t offset, std::size_t count) const {
  std::string bytes(count, '\0');
  std::size_t have = 0;
  while (have < count) {
    const ssize_t n = ::pread(fd_, bytes.data() + have, count - have, static_cast<off_t>(offset + have));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return file_error("read", path_);
    if (n == 0) break;
    have += static_cast<std::size_t>(n);
  }
  bytes.resize(have);
  return bytes;
}

Result<> File::write(std::uint64_t offset, std::string_view bytes) const {
  while (!bytes.empty()) {
    const ssize_t n = ::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return file_error("write", path_);
    bytes.remove_prefix(static_cast<std::size_t>(n));
    offset += static_cast<std::uint64_t>(n);
  }
  return {};
}

Result<> File::truncate(std::uint64_t size) const {
  if (::ftruncate(fd_, static_cast<off_t>(size)) != 0) return file_error("shorten", path_);
  return {};
}

Result<> File::sync() const {
  if (::fdatasync(fd_) != 0) return file_error("sync", path_);
  return {};
}

Result<Contents> read_contents(const File& file) {
  const auto size = file.size();
  if (!size) return size.error();
  auto magic = file.read(0, klog_magic.size());
  if (!magic) return magic.error();
  if (*size < klog_magic.size() && klog_magic.starts_with(*magic)) return Contents{};
  if (*magic != klog_magic) {
    return make_error(Errc::bad_input, fmt::format("\"{}\" is not a log file", file.path().string()));
  }
  if (*size >= klog_magic.size() + trailer_size) {
    auto trailer = file.read(*size - trailer_size, trailer_size);
    if (!trailer) return trailer.error();
    if (const auto index_offset = read_trailer(*trailer)) {
      if (auto contents = read_indexed(file, *size, *index_offset)) return contents;
    }
  }
  return scan(file, *size);
}

Result<std::string> read_record(const File& file, LogId log, const Frame& frame) {
  auto record = file.read(frame.offset, record_header_size + frame.payload_size);
  if (!record) return record.error();
  const auto header = read_record_header(*record);
  const bool is_right = header && header->kind == RecordKind::lines && header->log == log &&
                        frame_of(*header, frame.offset) == frame &&
                        record->size() == record_header_size + frame.payload_size &&
                        has_right_crc(std::string_view(*record).substr(0, record_header_size),
                                      std::string_view(*record).substr(record_header_size));
  if (!is_right) {
    return make_error(Errc::bad_input, fmt::format("log file \"{}\" is damaged at byte {} (lines {} to {} of log {})",
                                                   file.path().string(), frame.offset, frame.first_line,
                                                   frame.end_line(), log.value));
  }
  return record;
}

Result<std::string> read_frame(const File& file, LogId log, const Frame& frame) {
  auto record = read_record(file, log, frame);
  if (!record) return record.error();
  return decompress(*read_record_header(*record), std::string_view(*record).substr(record_header_size));
}

bool add_frame(Frames& frames, LogId log, const Frame& frame) {
  auto& list = frames[log];
  if (!list.empty() && frame.first_line < list.back().end_line()) return false;
  list.push_back(frame);
  return true;
}

}  // namespace kiln::logs
