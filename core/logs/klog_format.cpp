// SPDX-License-Identifier: MIT
#include "core/logs/klog_format.h"

#include <zlib.h>
#include <zstd.h>

#include <bit>
#include <cstring>

namespace kiln::logs {
namespace {

constexpr std::string_view record_magic = "KREC";
constexpr std::string_view trailer_magic = "KEND";
constexpr std::size_t crc_position = record_header_size - 4;
constexpr std::size_t index_entry_size = 36;
constexpr int compression_level = 1;

template <class T>
void put(std::string& out, T value) {
  static_assert(std::endian::native == std::endian::little);
  std::array<char, sizeof(T)> bytes;
  std::memcpy(bytes.data(), &value, sizeof(T));
  out.append(bytes.data(), bytes.size());
}

template <class T>
T take(std::string_view& bytes) {
  T value;
  std::memcpy(&value, bytes.data(), sizeof(T));
  bytes.remove_prefix(sizeof(T));
  return value;
}

std::uint32_t crc_of(std::string_view first, std::string_view second = {}) {
  const auto add = [](uLong crc, std::string_view bytes) {
    return ::crc32_z(crc, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size());
  };
  return static_cast<std::uint32_t>(add(add(::crc32_z(0, nullptr, 0), first), second));
}

void put_header(std::string& out, const RecordHeader& header) {
  out.append(record_magic);
  put(out, static_cast<std::uint32_t>(header.kind));
  put(out, header.log.value);
  put(out, header.first_line);
  put(out, header.line_count);
  put(out, header.text_size);
  put(out, header.payload_size);
  put(out, header.crc);
}

ZSTD_CCtx* as_context(void* context) { return static_cast<ZSTD_CCtx*>(context); }

}  // namespace

RecordHeader lines_header(LogId log, std::int64_t first_line, std::int64_t line_count) {
  RecordHeader header;
  header.log = log;
  header.first_line = first_line;
  header.line_count = static_cast<std::uint32_t>(line_count);
  return header;
}

Frame frame_of(const RecordHeader& header, std::uint64_t offset) {
  return Frame{offset, header.first_line, header.line_count, header.text_size, header.payload_size};
}

std::optional<RecordHeader> read_record_header(std::string_view bytes) {
  if (bytes.size() < record_header_size || !bytes.starts_with(record_magic)) return std::nullopt;
  bytes.remove_prefix(record_magic.size());
  RecordHeader header;
  header.kind = static_cast<RecordKind>(take<std::uint32_t>(bytes));
  header.log = LogId(take<std::int64_t>(bytes));
  header.first_line = take<std::int64_t>(bytes);
  header.line_count = take<std::uint32_t>(bytes);
  header.text_size = take<std::uint32_t>(bytes);
  header.payload_size = take<std::uint32_t>(bytes);
  header.crc = take<std::uint32_t>(bytes);
  const bool is_known = header.kind == RecordKind::lines || header.kind == RecordKind::index;
  const bool is_bounded = header.text_size <= record_size_limit && header.payload_size <= 2 * record_size_limit;
  const bool has_lines = header.first_line >= 0 && header.first_line < (std::int64_t{1} << 62);
  if (!is_known || !is_bounded || !has_lines) return std::nullopt;
  return header;
}

bool has_right_crc(std::string_view header_bytes, std::string_view payload) {
  auto stored = header_bytes.substr(crc_position);
  return crc_of(header_bytes.substr(0, crc_position), payload) == take<std::uint32_t>(stored);
}

Result<std::string> decompress(const RecordHeader& header, std::string_view payload) {
  // The frame itself states its size: a header that lies must not make us reserve memory.
  if (ZSTD_getFrameContentSize(payload.data(), payload.size()) != header.text_size) {
    return make_error(Errc::bad_input, "log record's sizes do not agree");
  }
  std::string text(header.text_size, '\0');
  const std::size_t size = ZSTD_decompress(text.data(), text.size(), payload.data(), payload.size());
  if (ZSTD_isError(size) || size != text.size()) {
    return make_error(Errc::bad_input, "log record cannot be decompressed");
  }
  return text;
}

std::optional<std::uint64_t> read_trailer(std::string_view bytes) {
  if (bytes.size() != trailer_size || !bytes.starts_with(trailer_magic)) return std::nullopt;
  const std::uint32_t crc = crc_of(bytes.substr(0, trailer_size - 4));
  bytes.remove_prefix(trailer_magic.size());
  const auto offset = take<std::uint64_t>(bytes);
  return take<std::uint32_t>(bytes) == crc ? std::optional(offset) : std::nullopt;
}

std::string make_trailer(std::uint64_t index_offset) {
  std::string out(trailer_magic);
  put(out, index_offset);
  put(out, crc_of(out));
  return out;
}

Result<std::vector<IndexEntry>> read_index(const RecordHeader& header, std::string_view text) {
  if (header.kind != RecordKind::index || text.size() % index_entry_size != 0 ||
      text.size() / index_entry_size != static_cast<std::size_t>(header.first_line)) {
    return make_error(Errc::bad_input, "log index has a wrong size");
  }
  std::vector<IndexEntry> entries(text.size() / index_entry_size);
  for (auto& [log, frame] : entries) {
    log = LogId(take<std::int64_t>(text));
    frame.offset = take<std::uint64_t>(text);
    frame.first_line = take<std::int64_t>(text);
    frame.line_count = take<std::uint32_t>(text);
    frame.text_size = take<std::uint32_t>(text);
    frame.payload_size = take<std::uint32_t>(text);
  }
  return entries;
}

std::string make_index_text(const std::vector<IndexEntry>& entries) {
  std::string out;
  out.reserve(entries.size() * index_entry_size);
  for (const auto& [log, frame] : entries) {
    put(out, log.value);
    put(out, frame.offset);
    put(out, frame.first_line);
    put(out, frame.line_count);
    put(out, frame.text_size);
    put(out, frame.payload_size);
  }
  return out;
}

RecordMaker::RecordMaker() : context_(ZSTD_createCCtx()) { KILN_CHECK(context_ != nullptr); }

RecordMaker::~RecordMaker() { ZSTD_freeCCtx(as_context(context_)); }

RecordHeader RecordMaker::append(std::string& out, RecordHeader header, std::string_view text) {
  const std::size_t start = out.size();
  const std::size_t room = ZSTD_compressBound(text.size());
  out.resize(start + record_header_size + room);
  const std::size_t size =
      ZSTD_compressCCtx(as_context(context_), out.data() + start + record_header_size, room, text.data(),
                        text.size(), compression_level);
  KILN_CHECK(!ZSTD_isError(size));
  out.resize(start + record_header_size + size);

  header.text_size = static_cast<std::uint32_t>(text.size());
  header.payload_size = static_cast<std::uint32_t>(size);
  std::string bytes;
  put_header(bytes, header);
  const auto payload = std::string_view(out).substr(start + record_header_size);
  header.crc = crc_of(std::string_view(bytes).substr(0, crc_position), payload);
  bytes.clear();
  put_header(bytes, header);
  out.replace(start, record_header_size, bytes);
  return header;
}

}  // namespace kiln::logs
