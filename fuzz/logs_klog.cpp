// SPDX-License-Identifier: MIT
// Any bytes as a .klog file: reading ends, in bounded memory, without lines that no record holds. The first input byte
// chooses whether records are made valid (right crc) so that the fuzzer reaches what lies behind that check.
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

#include "core/logs/klog_file.h"

namespace {

using namespace kiln::logs;

void mend_crcs(std::string& file) {
  std::size_t offset = klog_magic.size();
  while (offset + record_header_size <= file.size()) {
    const auto header = read_record_header(std::string_view(file).substr(offset));
    if (!header || offset + record_header_size + header->payload_size > file.size()) return;
    auto* bytes = reinterpret_cast<Bytef*>(file.data()) + offset;
    uLong crc = ::crc32_z(0, bytes, record_header_size - 4);
    crc = ::crc32_z(crc, bytes + record_header_size, header->payload_size);
    const auto value = static_cast<std::uint32_t>(crc);
    std::memcpy(bytes + record_header_size - 4, &value, sizeof value);
    offset += record_header_size + header->payload_size;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  std::string bytes(klog_magic);
  bytes.append(reinterpret_cast<const char*>(data) + 1, size - 1);
  if ((data[0] & 1) != 0) mend_crcs(bytes);

  const int fd = ::memfd_create("klog", MFD_CLOEXEC);
  const File file(fd, "fuzz.klog");
  if (!file.write(0, bytes)) return 0;
  const auto contents = read_contents(file);
  if (!contents) return 0;
  KILN_CHECK(contents->good_size <= bytes.size());
  for (const auto& [log, frames] : contents->frames) {
    std::int64_t line = 0;
    for (const Frame& frame : frames) {
      KILN_CHECK(frame.first_line >= line && frame.end_offset() <= bytes.size());
      line = frame.end_line();
      if (const auto text = read_frame(file, log, frame)) KILN_CHECK(text->size() == frame.text_size);
    }
  }
  return 0;
}
