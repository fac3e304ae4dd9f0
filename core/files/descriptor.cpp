// SPDX-License-Identifier: MIT
#include "core/files/descriptor.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <system_error>

namespace kiln::files {

void Descriptor::reset() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

Error file_error(int number, std::string_view doing, const std::filesystem::path& path) {
  Errc code = Errc::bad_input;
  switch (number) {
    case ENOENT: code = Errc::not_found; break;
    case EACCES:
    case EPERM: code = Errc::forbidden; break;
    case ENOSPC:
    case EDQUOT:
    case EROFS: code = Errc::storage_full; break;
    default: break;
  }
  return make_error(code, fmt::format("cannot {} \"{}\" on the master: {}", doing, path.string(),
                                      std::generic_category().message(number)));
}

Result<void> write_all(const Descriptor& file, std::string_view bytes, const std::filesystem::path& path) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(file.fd(), bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return file_error(errno, "write", path);
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return {};
}

Result<void> make_directories(const std::filesystem::path& directory) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) return file_error(error.value(), "make the directory", directory);
  return {};
}

Result<TemporaryFile> make_temporary(const std::filesystem::path& directory) {
  std::string name = (directory / "buildbot-transfer-XXXXXX").string();
  const int fd = ::mkostemp(name.data(), O_CLOEXEC);
  if (fd < 0) return file_error(errno, "make a file in", directory);
  return TemporaryFile{Descriptor(fd), name};
}

}  // namespace kiln::files
