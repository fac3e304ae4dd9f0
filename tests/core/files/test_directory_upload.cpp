// SPDX-License-Identifier: MIT
#include <archive.h>
#include <archive_entry.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

#include "core/files/unpack.h"
#include "tests/core/files/transfer_loop.h"

using namespace kiln;
using namespace kiln::testing;
using script::TransferPlan;
using Compression = script::TransferPlan::Compression;
using Names = std::vector<std::string>;

namespace {

struct Entry {
  std::string name;
  std::string content = {};
  mode_t type = AE_IFREG;
  mode_t mode = 0644;
  std::string symlink = {};
  std::string hardlink = {};
};

std::string archive_of(const std::vector<Entry>& entries, Compression compression = Compression::none) {
  archive* out = archive_write_new();
  archive_write_set_format_pax_restricted(out);
  if (compression == Compression::gz) archive_write_add_filter_gzip(out);
  if (compression == Compression::bz2) archive_write_add_filter_bzip2(out);
  std::string bytes(std::size_t{1} << 20, '\0');
  std::size_t used = 0;
  REQUIRE(archive_write_open_memory(out, bytes.data(), bytes.size(), &used) == ARCHIVE_OK);
  for (const Entry& given : entries) {
    archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, given.name.c_str());
    archive_entry_set_filetype(entry, given.type);
    archive_entry_set_perm(entry, given.mode);
    archive_entry_set_size(entry, static_cast<la_int64_t>(given.content.size()));
    archive_entry_set_mtime(entry, 1'000'000, 0);
    if (!given.symlink.empty()) archive_entry_set_symlink(entry, given.symlink.c_str());
    if (!given.hardlink.empty()) archive_entry_set_hardlink(entry, given.hardlink.c_str());
    REQUIRE(archive_write_header(out, entry) == ARCHIVE_OK);
    archive_write_data(out, given.content.data(), given.content.size());
    archive_entry_free(entry);
  }
  archive_write_close(out);
  archive_write_free(out);
  bytes.resize(used);
  return bytes;
}

struct Upload : TransferLoop {
  Result<void> unpack_bytes(const std::string& bytes, Compression compression = Compression::none) {
    TransferPlan plan;
    plan.kind = TransferPlan::Kind::upload_directory;
    plan.path = directory / "in" / "target";
    plan.compression = compression;
    const auto transfer = transfers->open(plan);
    for (std::size_t at = 0; at < bytes.size(); at += 1000) REQUIRE(write(*transfer, bytes.substr(at, 1000)));
    return unpack(*transfer);
  }
  Result<void> unpack_entries(const std::vector<Entry>& entries) { return unpack_bytes(archive_of(entries)); }
  // The archive's temporary file is removed when the last verb's transfer is.
  Names settled_names() {
    stop();
    return names();
  }
};

Entry file(const std::string& name, const std::string& content = "x") { return {name, content}; }
Entry symlink_to(const std::string& name, const std::string& to) { return {name, {}, AE_IFLNK, 0777, to}; }
Entry folder(const std::string& name, mode_t mode = 0755) { return {name, {}, AE_IFDIR, mode}; }

}  // namespace

TEST_CASE("a directory is unpacked, whatever the compression") {
  for (const auto compression : {Compression::none, Compression::gz, Compression::bz2}) {
    Upload upload;
    const auto bytes = archive_of({folder(".", 0750), folder("sub", 0555), file("sub/b", "bee"), file("./a", "ay"),
                                   symlink_to("sub/link", "../a"), {"exec", "x", AE_IFREG, 04755}},
                                  compression);
    REQUIRE(upload.unpack_bytes(bytes, compression));
    CHECK(upload.settled_names() ==
          Names{"in", "in/target", "in/target/a", "in/target/exec", "in/target/sub", "in/target/sub/b",
                "in/target/sub/link"});
    CHECK(upload.content("in/target/sub/b") == "bee");
    CHECK(upload.content("in/target/sub/link") == "ay");
    struct stat info {};
    REQUIRE(::stat((upload.directory / "in/target/exec").c_str(), &info) == 0);
    CHECK((info.st_mode & 07777) == 0755);
    CHECK(info.st_mtim.tv_sec == 1'000'000);
    REQUIRE(::stat((upload.directory / "in/target/sub").c_str(), &info) == 0);
    CHECK((info.st_mode & 07777) == 0555);
    REQUIRE(::stat((upload.directory / "in/target").c_str(), &info) == 0);
    CHECK((info.st_mode & 07777) == 0750);
  }
}

TEST_CASE("the directory itself may be called as Python's tarfile does") {
  Upload upload;
  REQUIRE(upload.unpack_entries({folder("/", 0711), file("a", "ay")}));
  CHECK(upload.content("in/target/a") == "ay");
  struct stat info {};
  REQUIRE(::stat((upload.directory / "in/target").c_str(), &info) == 0);
  CHECK((info.st_mode & 07777) == 0711);
}

TEST_CASE("an upload over an earlier one replaces its files") {
  Upload upload;
  REQUIRE(upload.unpack_entries({file("a", "old"), file("b", "stays"), symlink_to("l", "a")}));
  REQUIRE(upload.unpack_entries({file("a", "new"), file("l", "no link now")}));
  CHECK(upload.content("in/target/a") == "new");
  CHECK(upload.content("in/target/b") == "stays");
  CHECK(upload.content("in/target/l") == "no link now");
}

TEST_CASE("archives that would write elsewhere are refused") {
  const std::vector<std::vector<Entry>> hostile{
      {file("/absolute")},
      {file("../outside")},
      {file("a/../../outside")},
      {symlink_to("l", "/etc")},
      {symlink_to("l", "..")},
      {symlink_to("a/l", "../..")},
      {symlink_to("l", "a/../../x")},
      {symlink_to("l", ".."), file("l/outside")},
      {folder("d"), symlink_to("l", "d"), file("l/through-a-link")},
      {file("f"), file("f/below-a-file")},
      {symlink_to("up", "d/x"), symlink_to("d/x", ".."), symlink_to("l", "d/x/../outside")},
      {{"h", {}, AE_IFREG, 0644, {}, "../secret"}},
      {{"h", {}, AE_IFREG, 0644, {}, "/etc/passwd"}},
      {symlink_to("l", "d"), {"h", {}, AE_IFREG, 0644, {}, "l"}},
      {{"fifo", {}, AE_IFIFO}},
      {{"device", {}, AE_IFCHR}},
  };
  for (std::size_t i = 0; i < hostile.size(); ++i) {
    CAPTURE(i, hostile[i].back().name, hostile[i].back().symlink);
    Upload upload;
    std::ofstream(upload.directory / "secret") << "s";
    const auto refused = upload.unpack_entries(hostile[i]);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Errc::bad_input);
    for (const auto& name : upload.settled_names()) {
      CHECK((name == "secret" || name == "in" || name.starts_with("in/target")));
      CHECK(name.find("outside") == std::string::npos);
    }
  }
}

TEST_CASE("hard links to files of the archive are kept") {
  Upload upload;
  REQUIRE(upload.unpack_entries({file("a", "ay"), {"b", {}, AE_IFREG, 0644, {}, "a"}}));
  CHECK(upload.content("in/target/b") == "ay");
}

TEST_CASE("what is no archive, or half of one, is an error") {
  Upload garbage;
  CHECK_FALSE(garbage.unpack_bytes(std::string(5000, 'x')));
  Upload cut;
  const auto whole = archive_of({file("a", std::string(3000, 'a')), file("b", std::string(3000, 'b'))});
  CHECK_FALSE(cut.unpack_bytes(whole.substr(0, 2000)));
  Upload wrong;
  CHECK_FALSE(wrong.unpack_bytes(archive_of({file("a")}, Compression::gz), Compression::bz2));
}

TEST_CASE("what an archive may grow to and how many entries it may have is bounded") {
  Upload upload;
  const auto path = upload.directory / "archive";
  std::ofstream(path, std::ios::binary) << archive_of({file("a", std::string(6000, 'a')), file("b", "b"), file("c", "c")});
  files::UnpackLimits few_bytes;
  few_bytes.bytes = 5999;
  CHECK_FALSE(files::unpack_tar(path, Compression::none, upload.directory / "x", few_bytes));
  files::UnpackLimits few_entries;
  few_entries.bytes = 100'000;
  few_entries.entries = 2;
  CHECK_FALSE(files::unpack_tar(path, Compression::none, upload.directory / "y", few_entries));
  few_entries.entries = 3;
  CHECK(files::unpack_tar(path, Compression::none, upload.directory / "z", few_entries));
}
