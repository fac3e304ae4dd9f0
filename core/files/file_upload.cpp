// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cmath>

#include "core/files/descriptor.h"
#include "core/files/file_end.h"

namespace kiln::files {
namespace {

// Seconds since the epoch from a worker; what no file system can hold is refused.
Result<timespec> to_timespec(double seconds) {
  constexpr double limit = 4e11;  // the year 14645
  if (!std::isfinite(seconds) || std::abs(seconds) > limit) {
    return make_error(Errc::bad_input, fmt::format("{} is no time of a file", seconds));
  }
  const double whole = std::floor(seconds);
  timespec time{};
  time.tv_sec = static_cast<time_t>(whole);
  time.tv_nsec = std::min(999'999'999L, static_cast<long>((seconds - whole) * 1e9));
  return time;
}

// Into a temporary file, which becomes the target when it is closed.
class FileUpload final : public FileEnd {
 public:
  FileUpload(const script::TransferPlan& plan, TemporaryFile temporary)
      : target_(plan.path), temporary_(std::move(temporary)), left_(plan.max_size), mode_(plan.mode) {}
  ~FileUpload() override {
    if (!is_closed_) ::unlink(temporary_.path.c_str());
  }
  FileUpload(const FileUpload&) = delete;
  FileUpload& operator=(const FileUpload&) = delete;

  Result<void> write(std::string_view bytes) override {
    if (is_closed_) return make_error(Errc::bad_input, "the transfer is closed");
    if (left_ && static_cast<std::int64_t>(bytes.size()) > *left_) {
      return make_error(Errc::bad_input, fmt::format("more bytes than allowed for \"{}\"", target_.string()));
    }
    if (left_) *left_ -= static_cast<std::int64_t>(bytes.size());
    return write_all(temporary_.file, bytes, target_);
  }

  Result<void> close() override {
    if (is_closed_) return {};
    if (mode_ && ::fchmod(temporary_.file.fd(), static_cast<mode_t>(*mode_)) != 0) {
      return file_error(errno, "set the mode of", target_);
    }
    temporary_.file.reset();
    if (::rename(temporary_.path.c_str(), target_.c_str()) != 0) return file_error(errno, "write", target_);
    is_closed_ = true;
    return {};
  }

  // The worker asks for it after close.
  Result<void> set_times(double accessed, double modified) override {
    const auto access = to_timespec(accessed);
    const auto change = to_timespec(modified);
    if (!access) return access.error();
    if (!change) return change.error();
    const timespec times[] = {*access, *change};
    const auto& path = is_closed_ ? target_ : temporary_.path;
    if (::utimensat(AT_FDCWD, path.c_str(), times, 0) != 0) return file_error(errno, "set the times of", target_);
    return {};
  }

 private:
  std::filesystem::path target_;
  TemporaryFile temporary_;
  std::optional<std::int64_t> left_;
  std::optional<int> mode_;
  bool is_closed_ = false;
};

}  // namespace

Result<std::unique_ptr<FileEnd>> open_file_upload(const script::TransferPlan& plan) {
  const auto directory = plan.path.parent_path();
  if (auto made = make_directories(directory); !made) return made.error();
  auto temporary = make_temporary(directory);
  if (!temporary) return temporary.error();
  return std::unique_ptr<FileEnd>(std::make_unique<FileUpload>(plan, std::move(*temporary)));
}

}  // namespace kiln::files
