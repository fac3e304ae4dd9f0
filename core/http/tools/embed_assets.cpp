// SPDX-License-Identifier: MIT
// Build tool: embed_assets <folder> <work folder> <output.cpp>. Compresses each file of the folder and writes a C++ file
// that puts all of them into the executable (core/http/assets.h).
#include <brotli/encode.h>
#include <zlib.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace fs = std::filesystem;

namespace {

std::string read(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

void write(const fs::path& file, const std::string& text) {
  std::ofstream out(file, std::ios::binary);
  out << text;
  if (!out) throw std::runtime_error("cannot write " + file.string());
}

std::string gzip(const std::string& text) {
  z_stream stream{};
  if (deflateInit2(&stream, 9, Z_DEFLATED, 31, 9, Z_DEFAULT_STRATEGY) != Z_OK) throw std::bad_alloc();
  std::string out(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string brotli(const std::string& text) {
  std::size_t size = BrotliEncoderMaxCompressedSize(text.size());
  std::string out(size, '\0');
  BrotliEncoderCompress(BROTLI_MAX_QUALITY, BROTLI_MAX_WINDOW_BITS, BROTLI_MODE_TEXT, text.size(),
                        reinterpret_cast<const std::uint8_t*>(text.data()), &size,
                        reinterpret_cast<std::uint8_t*>(out.data()));
  out.resize(size);
  return out;
}

std::string hash(const std::string& text) {
  std::uint64_t value = 0xcbf29ce484222325U;  // FNV-1a
  for (const char c : text) value = (value ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  std::ostringstream out;
  out << std::hex << value;
  return out.str();
}

std::string content_type(const fs::path& file) {
  static const std::map<std::string, std::string> types{
      {".html", "text/html; charset=utf-8"}, {".js", "text/javascript; charset=utf-8"},
      {".css", "text/css; charset=utf-8"},   {".svg", "image/svg+xml"},
      {".png", "image/png"},                 {".ico", "image/x-icon"},
      {".json", "application/json"},         {".woff2", "font/woff2"},
      {".txt", "text/plain; charset=utf-8"}, {".webmanifest", "application/manifest+json"}};
  const auto found = types.find(file.extension().string());
  return found == types.end() ? "application/octet-stream" : found->second;
}

class Embedder {
 public:
  explicit Embedder(fs::path work) : work_(std::move(work)) {}

  void add(const fs::path& file, const std::string& path) {
    const std::string text = read(file);
    const std::string zipped = gzip(text);
    const std::string brotlied = brotli(text);
    const bool pays = zipped.size() + zipped.size() / 10 < text.size();
    table_ << "    {\"" << path << "\", \"" << content_type(file) << "\", \"" << hash(text) << "\", "
           << (path.starts_with("assets/") ? "true" : "false") << ", " << blob(text) << ", "
           << (pays ? blob(zipped) : "{}") << ", " << (pays ? blob(brotlied) : "{}") << "},\n";
  }

  std::string source(bool is_empty) const {
    std::string text = "// SPDX-License-Identifier: MIT\n// Made by embed_assets from web/dist.\n#include \"core/http/assets.h\"\n\n";
    text += assembly_.str();
    text += "\nnamespace kiln::http {\n\nstd::span<const Asset> assets() {\n";
    if (is_empty) return text + "  return {};\n}\n\n}  // namespace kiln::http\n";
    return text + "  static const Asset all[] = {\n" + table_.str() + "  };\n  return all;\n}\n\n}  // namespace kiln::http\n";
  }

 private:
  std::string blob(const std::string& bytes) {
    const std::string name = "kiln_asset_" + std::to_string(count_++);
    const fs::path file = work_ / (name + ".bin");
    write(file, bytes);
    assembly_ << "asm(\".section .rodata\\n.global " << name << "\\n" << name << ":\\n.incbin \\\"" << file.string()
              << "\\\"\\n.byte 0\\n.previous\\n\");\nextern \"C\" const char " << name << "[];\n";
    return "{" + name + ", " + std::to_string(bytes.size()) + "}";
  }

  fs::path work_;
  int count_ = 0;
  std::ostringstream assembly_;
  std::ostringstream table_;
};

int run(const fs::path& folder, const fs::path& work, const fs::path& output) {
  fs::create_directories(work);
  std::vector<std::string> paths;
  if (fs::exists(folder / "index.html")) {
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
      if (entry.is_regular_file()) paths.push_back(fs::relative(entry.path(), folder).generic_string());
    }
  }
  std::sort(paths.begin(), paths.end());
  Embedder embedder(work);
  for (const std::string& path : paths) embedder.add(folder / path, path);
  write(output, embedder.source(paths.empty()));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::cerr << "usage: embed_assets <folder> <work folder> <output.cpp>\n";
    return 2;
  }
  try {
    return run(argv[1], argv[2], argv[3]);
  } catch (const std::exception& error) {
    std::cerr << "embed_assets: " << error.what() << '\n';
    return 1;
  }
}
