// SPDX-License-Identifier: MIT
#include "core/files/unpack.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <string>
#include <vector>

#include "core/files/tree.h"

namespace kiln::files {
namespace {

constexpr std::size_t block_size = std::size_t{64} << 10;
constexpr mode_t permission_bits = 0777;  // no set-user-id and the like from outside

struct CloseArchive {
  void operator()(archive* a) const { archive_read_free(a); }
};
using ArchivePtr = std::unique_ptr<archive, CloseArchive>;

class Unpacking {
 public:
  Unpacking(ArchivePtr from, Tree tree, UnpackLimits limits)
      : archive_(std::move(from)), tree_(std::move(tree)), limits_(limits) {}

  Result<void> run();

 private:
  struct LateDirectory {
    std::string name;
    mode_t mode;
    timespec modified;
  };
  Result<void> unpack_entry(archive_entry* entry);
  Result<void> unpack_file(archive_entry* entry, const std::string& name);
  Result<void> copy_data(const Descriptor& file, const std::string& name);
  Error broken() const;

  ArchivePtr archive_;
  Tree tree_;
  UnpackLimits limits_;
  std::vector<LateDirectory> directories_;
};

Error Unpacking::broken() const {
  const char* text = archive_error_string(archive_.get());
  return make_error(Errc::bad_input, fmt::format("the archive is broken: {}", text == nullptr ? "unknown" : text));
}

Result<void> Unpacking::run() {
  archive_entry* entry = nullptr;
  for (;;) {
    const int status = archive_read_next_header(archive_.get(), &entry);
    if (status == ARCHIVE_EOF) break;
    if (status != ARCHIVE_OK && status != ARCHIVE_WARN) return broken();
    if (--limits_.entries < 0) return make_error(Errc::bad_input, "the archive has too many entries");
    if (auto done = unpack_entry(entry); !done) return done;
  }
  // Inner ones first, and after all files: a read-only directory takes no more, and filling one changes its time.
  for (auto i = directories_.rbegin(); i != directories_.rend(); ++i) {
    tree_.set_directory_mode(i->name, i->mode, i->modified);
  }
  return {};
}

Result<void> Unpacking::unpack_entry(archive_entry* entry) {
  const char* given = archive_entry_pathname(entry);
  if (given == nullptr) return make_error(Errc::bad_input, "the archive has an entry without a name");
  std::string name = given;
  // Python's tarfile calls the directory itself "", which an archive shows as "/".
  const bool is_root = archive_entry_filetype(entry) == AE_IFDIR && name.find_first_not_of('/') == std::string::npos;
  if (is_root) name = ".";
  if (const char* target = archive_entry_hardlink(entry)) return tree_.make_hard_link(name, target);
  switch (archive_entry_filetype(entry)) {
    case AE_IFDIR: {
      const mode_t mode = archive_entry_perm(entry) & permission_bits;
      directories_.push_back({name, mode, {archive_entry_mtime(entry), archive_entry_mtime_nsec(entry)}});
      return tree_.make_directory(name);
    }
    case AE_IFREG: return unpack_file(entry, name);
    case AE_IFLNK: {
      const char* target = archive_entry_symlink(entry);
      return tree_.make_link(name, target == nullptr ? "" : target);
    }
    default: return make_error(Errc::bad_input, fmt::format("the archive's entry \"{}\" is refused: it is neither a "
                                                            "file, a directory nor a link", name));
  }
}

Result<void> Unpacking::unpack_file(archive_entry* entry, const std::string& name) {
  auto file = tree_.make_file(name);
  if (!file) return file.error();
  if (auto done = copy_data(*file, name); !done) return done;
  const timespec modified{archive_entry_mtime(entry), archive_entry_mtime_nsec(entry)};
  const timespec times[] = {modified, modified};
  static_cast<void>(::futimens(file->fd(), times));
  if (::fchmod(file->fd(), archive_entry_perm(entry) & permission_bits) != 0) {
    return file_error(errno, "set the mode of", name);
  }
  return {};
}

Result<void> Unpacking::copy_data(const Descriptor& file, const std::string& name) {
  std::int64_t end = 0;
  for (;;) {
    const void* data = nullptr;
    std::size_t size = 0;
    la_int64_t offset = 0;
    const int status = archive_read_data_block(archive_.get(), &data, &size, &offset);
    if (status == ARCHIVE_EOF) break;
    if (status != ARCHIVE_OK && status != ARCHIVE_WARN) return broken();
    if (offset < end) return make_error(Errc::bad_input, "the archive is broken: the parts of a file overlap");
    const std::int64_t grown = offset - end + static_cast<std::int64_t>(size);
    if (grown > limits_.bytes) {
      return make_error(Errc::bad_input, "the archive's files are larger than its size allows");
    }
    limits_.bytes -= grown;
    end += grown;
    if (::lseek(file.fd(), offset, SEEK_SET) < 0) return file_error(errno, "write", name);
    if (auto done = write_all(file, {static_cast<const char*>(data), size}, name); !done) return done;
  }
  return {};
}

}  // namespace

Result<void> unpack_tar(const std::filesystem::path& file, script::TransferPlan::Compression compression,
                        const std::filesystem::path& target, UnpackLimits limits) {
  using Compression = script::TransferPlan::Compression;
  ArchivePtr from(archive_read_new());
  if (!from) return make_error(Errc::fatal, "no memory for an archive");
  // Only what the worker's command makes: libarchive knows many more formats.
  archive_read_support_format_tar(from.get());
  archive_read_support_format_empty(from.get());
  if (compression == Compression::gz) archive_read_support_filter_gzip(from.get());
  if (compression == Compression::bz2) archive_read_support_filter_bzip2(from.get());
  if (archive_read_open_filename(from.get(), file.c_str(), block_size) != ARCHIVE_OK) {
    return make_error(Errc::bad_input, fmt::format("the archive cannot be read: {}", archive_error_string(from.get())));
  }
  auto tree = Tree::open(target);
  if (!tree) return tree.error();
  return Unpacking(std::move(from), std::move(*tree), limits).run();
}

}  // namespace kiln::files
