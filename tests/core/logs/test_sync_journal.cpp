// SPDX-License-Identifier: MIT
#include "core/logs/sync_journal.h"

#include "tests/core/logs/log_fixture.h"

namespace kiln::logs {
namespace {

namespace fs = std::filesystem;

struct JournalFixture {
  TemporaryDirectory folder;
  std::unique_ptr<SyncJournal> journal;

  void open(std::uint64_t full_size = SyncJournal::usual_size) {
    journal.reset();
    journal = std::move(SyncJournal::open(folder.path(), full_size).value());
  }
  fs::path file(const std::string& name) const { return folder.path() / name; }
  std::vector<fs::path> journals() const {
    std::vector<fs::path> found;
    for (const auto& entry : fs::directory_iterator(folder.path())) {
      if (entry.path().filename().string().starts_with("journal-")) found.push_back(entry.path());
    }
    return found;
  }
  // What is on the disk after a power failure: the journal, and none of what was only written.
  void lose_power(const std::vector<std::string>& unsynced) {
    std::map<fs::path, std::string> kept;
    for (const auto& path : journals()) kept[path] = read_file(path);
    journal.reset();
    for (const auto& [path, text] : kept) write_file(path, text);
    for (const auto& name : unsynced) fs::remove(file(name));
  }
};

}  // namespace

TEST_CASE_METHOD(JournalFixture, "committed writes come back after a power failure, in their order") {
  open();
  journal->note(file("0/1.klog"), 0, "magic");
  journal->note(file("0/1.klog"), 5, "first");
  journal->note(file("3/3000.klog"), 0, "other");
  REQUIRE(journal->commit());
  journal->note(file("0/1.klog"), 5, "again");
  REQUIRE(journal->commit());

  lose_power({"0/1.klog", "3/3000.klog"});
  open();

  CHECK(read_file(file("0/1.klog")) == "magicagain");
  CHECK(read_file(file("3/3000.klog")) == "other");
}

TEST_CASE_METHOD(JournalFixture, "what was not committed is not expected to come back") {
  open();
  journal->note(file("0/1.klog"), 0, "one");
  REQUIRE(journal->commit());
  journal->note(file("0/1.klog"), 3, "two");
  CHECK(journal->uncommitted() > 3);

  lose_power({"0/1.klog"});
  open();

  CHECK(read_file(file("0/1.klog")) == "one");
}

TEST_CASE_METHOD(JournalFixture, "a forgotten file is left alone") {
  open();
  journal->note(file("0/1.klog"), 0, "old and long");
  REQUIRE(journal->commit());
  journal->forget(file("0/1.klog"));
  journal->forget(file("0/never noted.klog"));
  REQUIRE(journal->commit());

  lose_power({});
  write_file(file("0/1.klog"), "new");
  open();

  CHECK(read_file(file("0/1.klog")) == "new");
  CHECK_FALSE(fs::exists(file("0/never noted.klog")));
}

TEST_CASE_METHOD(JournalFixture, "an entry cut or changed anywhere ends the journal there") {
  const std::string good = SyncJournal::make_entry("0/1.klog", 0, "good");
  const std::string bad = SyncJournal::make_entry("0/1.klog", 4, "bad");
  for (std::size_t place = 0; place < bad.size(); ++place) {
    std::string changed = bad;
    changed[place] = static_cast<char>(changed[place] ^ 0x01);
    for (const std::string& text : {good + bad.substr(0, place), good + changed}) {
      journal.reset();
      fs::remove(file("0/1.klog"));
      write_file(file("journal-7"), text);
      open();
      REQUIRE(read_file(file("0/1.klog")) == "good");
    }
  }
}

TEST_CASE_METHOD(JournalFixture, "a journal cannot lead out of its directory") {
  const TemporaryDirectory outside;
  const std::string there = (outside.path() / "0" / "x.klog").string();
  write_file(file("journal-1"), SyncJournal::make_entry("../x.klog", 0, "bad") + SyncJournal::make_entry(there, 0, "bad") +
                                    SyncJournal::make_entry("0/1.klog", 0, "good"));
  open();
  CHECK(read_file(file("0/1.klog")) == "good");
  CHECK_FALSE(fs::exists(there));
  CHECK_FALSE(fs::exists(folder.path().parent_path() / "x.klog"));
}

TEST_CASE_METHOD(JournalFixture, "a regular end leaves no journal behind") {
  open();
  write_file(file("0/1.klog"), "one");
  journal->note(file("0/1.klog"), 0, "one");
  CHECK(journals().size() == 1);
  journal.reset();
  CHECK(journals().empty());
}

TEST_CASE_METHOD(JournalFixture, "full journals follow each other and go when their files are synced") {
  open(1000);
  std::vector<std::string> names;
  for (int i = 0; i < 100; ++i) {
    names.push_back("0/" + std::to_string(i) + ".klog");
    const std::string text = "text of " + names.back() + std::string(200, '.');
    write_file(file(names.back()), text);
    journal->note(file(names.back()), 0, text);
    REQUIRE(journal->commit());
    REQUIRE(journal->tend());
    CHECK(journals().size() <= 3);
  }
  lose_power({names.back()});
  open();
  for (const auto& name : names) CHECK(read_file(file(name)) == "text of " + name + std::string(200, '.'));
}

TEST_CASE_METHOD(StoreFixture, "flushed lines survive a power failure, also those of a file that was rewritten") {
  const auto folder = directory.path() / "kiln-logs";
  for (std::int64_t line = 0; line < 200; ++line) {
    append(stdio, line, "oline " + std::to_string(line) + "\n");
    REQUIRE(flush());
  }
  REQUIRE(finish());
  const std::string expected = text(stdio);
  const BuildId rewritten = std::exchange(build, BuildId(1235));
  append(stdio, 0, "oshort\n");
  REQUIRE(flush());
  const std::string journal = read_file(folder / "journal-1");

  store.reset();
  write_file(folder / "journal-1", journal);
  std::filesystem::remove(file());
  reopen();

  CHECK(text(stdio) == "oshort\n");
  build = rewritten;
  CHECK(text(stdio) == expected);
}

}  // namespace kiln::logs
