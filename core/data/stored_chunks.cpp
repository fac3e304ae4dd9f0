// SPDX-License-Identifier: MIT
#include "core/data/stored_chunks.h"

#include <brotli/decode.h>
#include <zlib.h>
#include <zstd.h>

#include <array>
#include <memory>

#include "core/db/extra_queries.h"

namespace kiln::data {
namespace {

// Upstream stores at most 64 KiB of text and merges up to 1000 lines; far more than that is damage or an attack.
constexpr std::size_t max_text = std::size_t{256} << 20;

Error damaged(const char* format) {
  return make_error(Errc::fatal, std::string("cannot read a stored log chunk: its ") + format + " data is damaged");
}

Result<std::string> inflate_zlib(const std::string& stored) {
  std::string text;
  std::array<char, 65536> buffer{};
  z_stream stream{};
  if (inflateInit(&stream) != Z_OK) return damaged("zlib");
  const std::unique_ptr<z_stream, int (*)(z_stream*)> guard(&stream, inflateEnd);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(stored.data()));
  stream.avail_in = static_cast<uInt>(stored.size());
  int status = Z_OK;
  while (status == Z_OK && text.size() <= max_text) {
    stream.next_out = reinterpret_cast<Bytef*>(buffer.data());
    stream.avail_out = static_cast<uInt>(buffer.size());
    status = inflate(&stream, Z_NO_FLUSH);
    text.append(buffer.data(), buffer.size() - stream.avail_out);
  }
  if (status != Z_STREAM_END) return damaged("zlib");
  return text;
}

Result<std::string> inflate_zstd(const std::string& stored) {
  const unsigned long long size = ZSTD_getFrameContentSize(stored.data(), stored.size());
  if (size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN || size > max_text) return damaged("zstd");
  std::string text(static_cast<std::size_t>(size), '\0');
  const std::size_t written = ZSTD_decompress(text.data(), text.size(), stored.data(), stored.size());
  if (ZSTD_isError(written) != 0 || written != text.size()) return damaged("zstd");
  return text;
}

Result<std::string> inflate_brotli(const std::string& stored) {
  const std::unique_ptr<BrotliDecoderState, void (*)(BrotliDecoderState*)> state(
      BrotliDecoderCreateInstance(nullptr, nullptr, nullptr), BrotliDecoderDestroyInstance);
  std::string text;
  std::array<std::uint8_t, 65536> buffer{};
  std::size_t in_left = stored.size();
  const auto* in = reinterpret_cast<const std::uint8_t*>(stored.data());
  BrotliDecoderResult status = BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT;
  while (status == BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT && text.size() <= max_text) {
    std::size_t out_left = buffer.size();
    std::uint8_t* out = buffer.data();
    status = BrotliDecoderDecompressStream(state.get(), &in_left, &in, &out_left, &out, nullptr);
    text.append(reinterpret_cast<const char*>(buffer.data()), buffer.size() - out_left);
  }
  if (status != BROTLI_DECODER_RESULT_SUCCESS) return damaged("brotli");
  return text;
}

}  // namespace

Result<std::string> decompress(const db::StoredChunk& chunk) {
  switch (chunk.compression) {
    case 0: return chunk.content;
    case 1: return inflate_zlib(chunk.content);
    case 4: return inflate_zstd(chunk.content);
    case 5: return inflate_brotli(chunk.content);
    default:
      return make_error(Errc::not_supported, "cannot read a stored log chunk: its compression (" +
                                                 std::string(chunk.compression == 2 ? "bz2" : "lz4") +
                                                 ") is not supported");
  }
}

}  // namespace kiln::data
