// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "core/files/descriptor.h"
#include "core/files/file_end.h"
#include "core/files/unpack.h"

namespace kiln::files {
namespace {

// What an archive may grow to: far more than real trees do, far less than a made one can.
constexpr std::int64_t expansion = 100;
constexpr std::int64_t always_allowed = std::int64_t{1} << 30;

// The archive goes into a temporary file beside the target, which is removed in any case.
class DirectoryUpload final : public FileEnd {
 public:
  DirectoryUpload(const script::TransferPlan& plan, TemporaryFile temporary)
      : target_(plan.path),
        compression_(plan.compression),
        max_size_(plan.max_size),
        temporary_(std::move(temporary)) {}
  ~DirectoryUpload() override { ::unlink(temporary_.path.c_str()); }
  DirectoryUpload(const DirectoryUpload&) = delete;
  DirectoryUpload& operator=(const DirectoryUpload&) = delete;

  Result<void> write(std::string_view bytes) override {
    if (!temporary_.file.is_open()) return make_error(Errc::bad_input, "the transfer is closed");
    size_ += static_cast<std::int64_t>(bytes.size());
    if (max_size_ && size_ > *max_size_) {
      return make_error(Errc::bad_input, fmt::format("more bytes than allowed for \"{}\"", target_.string()));
    }
    return write_all(temporary_.file, bytes, target_);
  }

  Result<void> unpack() override {
    if (!temporary_.file.is_open()) return make_error(Errc::bad_input, "the transfer is closed");
    temporary_.file.reset();
    UnpackLimits limits;
    limits.bytes = std::max(always_allowed, size_ * expansion);
    return unpack_tar(temporary_.path, compression_, target_, limits);
  }

  Result<void> close() override {
    temporary_.file.reset();
    return {};
  }

 private:
  std::filesystem::path target_;
  script::TransferPlan::Compression compression_;
  std::optional<std::int64_t> max_size_;
  TemporaryFile temporary_;
  std::int64_t size_ = 0;
};

}  // namespace

Result<std::unique_ptr<FileEnd>> open_directory_upload(const script::TransferPlan& plan) {
  const auto directory = plan.path.parent_path();
  if (auto made = make_directories(directory); !made) return made.error();
  auto temporary = make_temporary(directory);
  if (!temporary) return temporary.error();
  return std::unique_ptr<FileEnd>(std::make_unique<DirectoryUpload>(plan, std::move(*temporary)));
}

}  // namespace kiln::files
