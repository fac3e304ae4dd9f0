// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/ids.h"
#include "core/base/result.h"

// The bytes of a .klog file (docs/klog.md). Knows no file: bytes in, bytes out.
namespace kiln::logs {

constexpr std::string_view klog_magic{"KLOG\x00\x01\r\n", 8};
constexpr std::size_t record_header_size = 40;
constexpr std::size_t trailer_size = 16;
constexpr std::size_t frame_text_target = 256 * 1024;
// What a reader believes of a record's sizes; a single line longer than this is not stored.
constexpr std::size_t record_size_limit = 256 * 1024 * 1024;

enum class RecordKind : std::uint32_t { lines = 1, index = 2 };

struct RecordHeader {
  RecordKind kind = RecordKind::lines;
  LogId log;
  std::int64_t first_line = 0;   // index: number of entries
  std::uint32_t line_count = 0;  // index: 0
  std::uint32_t text_size = 0;
  std::uint32_t payload_size = 0;
  std::uint32_t crc = 0;  // of the header's bytes before it and of the payload

  bool operator==(const RecordHeader&) const = default;
};

// One lines record as the index and memory know it.
struct Frame {
  std::uint64_t offset = 0;  // of the record in the file
  std::int64_t first_line = 0;
  std::uint32_t line_count = 0;
  std::uint32_t text_size = 0;
  std::uint32_t payload_size = 0;

  std::int64_t end_line() const { return first_line + line_count; }
  std::uint64_t end_offset() const { return offset + record_header_size + payload_size; }
  bool operator==(const Frame&) const = default;
};

struct IndexEntry {
  LogId log;
  Frame frame;
};

RecordHeader lines_header(LogId log, std::int64_t first_line, std::int64_t line_count);
Frame frame_of(const RecordHeader& header, std::uint64_t offset);

// Nothing when these are not the beginning of a record with believable sizes.
std::optional<RecordHeader> read_record_header(std::string_view bytes);
bool has_right_crc(std::string_view header_bytes, std::string_view payload);
// The text of a record whose crc was right. Errors: bad_input.
Result<std::string> decompress(const RecordHeader& header, std::string_view payload);

// Where the index record begins; nothing when these 16 bytes are not a trailer.
std::optional<std::uint64_t> read_trailer(std::string_view bytes);
std::string make_trailer(std::uint64_t index_offset);

// The text of an index record. Errors: bad_input.
Result<std::vector<IndexEntry>> read_index(const RecordHeader& header, std::string_view text);
std::string make_index_text(const std::vector<IndexEntry>& entries);

// Makes records; keeps zstd's working memory between them. Owned by one thread.
class RecordMaker {
 public:
  RecordMaker();
  ~RecordMaker();
  RecordMaker(const RecordMaker&) = delete;
  RecordMaker& operator=(const RecordMaker&) = delete;

  // Appends a record to `out`; sizes and crc of `header` are filled in and returned.
  RecordHeader append(std::string& out, RecordHeader header, std::string_view text);

 private:
  void* context_;
};

}  // namespace kiln::logs
