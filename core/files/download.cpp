// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "core/files/descriptor.h"
#include "core/files/file_end.h"

namespace kiln::files {
namespace {

constexpr std::size_t largest_block = std::size_t{4} << 20;  // whatever the worker asks for

class FileDownload final : public FileEnd {
 public:
  FileDownload(std::filesystem::path path, Descriptor file) : path_(std::move(path)), file_(std::move(file)) {}

  Result<std::string> read(std::size_t length) override {
    if (!file_.is_open()) return make_error(Errc::bad_input, "the transfer is closed");
    std::string block(std::min(length, largest_block), '\0');
    ssize_t n = -1;
    do {
      n = ::read(file_.fd(), block.data(), block.size());
    } while (n < 0 && errno == EINTR);
    if (n < 0) return file_error(errno, "read", path_);
    block.resize(static_cast<std::size_t>(n));
    return block;
  }

  Result<void> close() override {
    file_.reset();
    return {};
  }

 private:
  std::filesystem::path path_;
  Descriptor file_;
};

class TextDownload final : public FileEnd {
 public:
  explicit TextDownload(std::string text) : text_(std::move(text)) {}

  Result<std::string> read(std::size_t length) override {
    std::string block = text_.substr(at_, std::min(length, largest_block));
    at_ += block.size();
    return block;
  }
  Result<void> close() override { return {}; }

 private:
  std::string text_;
  std::size_t at_ = 0;
};

}  // namespace

Result<std::unique_ptr<FileEnd>> open_download(const script::TransferPlan& plan) {
  if (plan.kind == script::TransferPlan::Kind::download_text) {
    return std::unique_ptr<FileEnd>(std::make_unique<TextDownload>(plan.text));
  }
  // A pipe without a writer must not hold a thread for ever.
  Descriptor file(::open(plan.path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file.is_open()) return file_error(errno, "open", plan.path);
  struct stat info {};
  if (::fstat(file.fd(), &info) != 0) return file_error(errno, "read", plan.path);
  if (S_ISDIR(info.st_mode)) return file_error(EISDIR, "read", plan.path);
  return std::unique_ptr<FileEnd>(std::make_unique<FileDownload>(plan.path, std::move(file)));
}

}  // namespace kiln::files
