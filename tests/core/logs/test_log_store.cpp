// SPDX-License-Identifier: MIT
#include "core/logs/log_store.h"

#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <random>
#include <thread>

#include "tests/core/logs/log_fixture.h"

namespace kiln::logs {
namespace {

std::string numbered_lines(std::int64_t first, std::int64_t count) {
  std::string text;
  for (std::int64_t line = first; line < first + count; ++line) text += "oline " + std::to_string(line) + "\n";
  return text;
}

// Bytes that zstd cannot make smaller, so that file sizes follow text sizes.
std::string random_line(std::mt19937& random, std::size_t size) {
  std::string line(size, 'o');
  for (std::size_t i = 1; i < size; ++i) line[i] = static_cast<char>('0' + random() % 64);
  return line + "\n";
}

TEST_CASE_METHOD(StoreFixture, "appended lines are read back before and after they are written") {
  append(stdio, 0, "oone\netwo\n");
  append(other, 0, "hheader\n");
  append(stdio, 2, "othree\n");

  REQUIRE(text(stdio) == "oone\netwo\nothree\n");
  REQUIRE(flush());
  REQUIRE(text(stdio) == "oone\netwo\nothree\n");
  REQUIRE(text(other) == "hheader\n");
  REQUIRE(store->unwritten_bytes(build) == 0);

  reopen();
  REQUIRE(text(stdio) == "oone\netwo\nothree\n");
  REQUIRE(store->line_count(build, stdio).value() == 3);
}

TEST_CASE_METHOD(StoreFixture, "a range of lines is cut out exactly wherever the lines are") {
  append(stdio, 0, numbered_lines(0, 10));
  REQUIRE(flush());
  append(stdio, 10, numbered_lines(10, 10));

  for (std::int64_t first = 0; first <= 21; ++first) {
    for (std::int64_t count = 0; count <= 21; ++count) {
      const auto lines = store->read(build, stdio, first, count).value();
      const std::int64_t expected = std::max<std::int64_t>(0, std::min<std::int64_t>(20, first + count) - first);
      REQUIRE(lines.line_count == expected);
      REQUIRE(lines.first_line == first);
      REQUIRE(lines.text == numbered_lines(first, expected));
    }
  }
}

TEST_CASE_METHOD(StoreFixture, "a build or log that does not exist has no lines") {
  REQUIRE(text(stdio).empty());
  REQUIRE(store->line_count(build, stdio).value() == 0);
  REQUIRE(flush());
  REQUIRE(finish());
  REQUIRE_FALSE(std::filesystem::exists(file()));
}

TEST_CASE_METHOD(StoreFixture, "lines are written within a bounded time without a flush") {
  append(stdio, 0, "oline\n");

  wait_until([&] { return store->unwritten_bytes(build) == 0; });

  REQUIRE(read_file(file()).size() > 40);
}

TEST_CASE_METHOD(StoreFixture, "what was appended is written when the store closes") {
  append(stdio, 0, "oline\n");
  reopen();
  REQUIRE(text(stdio) == "oline\n");
}

TEST_CASE_METHOD(StoreFixture, "a finished file is smaller and holds the same lines") {
  for (std::int64_t line = 0; line < 200; ++line) {
    append(stdio, line, numbered_lines(line, 1));
    append(other, line, "eother\n");
    REQUIRE(flush());
  }
  const auto size = std::filesystem::file_size(file());

  REQUIRE(finish());

  REQUIRE(std::filesystem::file_size(file()) < size / 4);
  REQUIRE_FALSE(std::filesystem::exists(file().string() + ".tmp"));
  REQUIRE(text(stdio) == numbered_lines(0, 200));
  reopen();
  REQUIRE(text(stdio) == numbered_lines(0, 200));
  REQUIRE(text(other, 3, 2) == "eother\neother\n");
  REQUIRE(finish());
}

TEST_CASE_METHOD(StoreFixture, "a finished build may be appended to again") {
  append(stdio, 0, "oone\n");
  REQUIRE(finish());
  append(stdio, 1, "otwo\n");
  REQUIRE(finish());
  reopen();
  REQUIRE(text(stdio) == "oone\notwo\n");
}

TEST_CASE_METHOD(StoreFixture, "a file cut at any byte of its last record keeps all earlier records") {
  append(stdio, 0, "ofirst\n");
  append(other, 0, "esecond\n");
  REQUIRE(flush());
  const auto good_size = std::filesystem::file_size(file());
  append(stdio, 1, "olast of all\n");
  REQUIRE(flush());
  const std::string whole = read_file(file());
  REQUIRE(whole.size() > good_size);

  for (std::size_t size = good_size; size < whole.size(); ++size) {
    store.reset();
    write_file(file(), std::string_view(whole).substr(0, size));
    reopen();
    REQUIRE(text(stdio) == "ofirst\n");
    REQUIRE(text(other) == "esecond\n");
    append(stdio, 1, "onew\n");
    REQUIRE(flush());
    reopen();
    REQUIRE(text(stdio) == "ofirst\nonew\n");
  }
}

TEST_CASE_METHOD(StoreFixture, "a byte changed anywhere in the last record loses only that record") {
  append(stdio, 0, "ofirst\n");
  REQUIRE(flush());
  const auto good_size = std::filesystem::file_size(file());
  append(stdio, 1, "olast\n");
  REQUIRE(flush());
  const std::string whole = read_file(file());

  for (std::size_t place = good_size; place < whole.size(); ++place) {
    store.reset();
    std::string damaged = whole;
    damaged[place] = static_cast<char>(damaged[place] ^ 0x10);
    write_file(file(), damaged);
    reopen();
    REQUIRE(text(stdio) == "ofirst\n");
  }
}

TEST_CASE_METHOD(StoreFixture, "a byte changed anywhere in a finished file never gives wrong lines") {
  append(stdio, 0, "ofirst\n");
  append(other, 0, "esecond\n");
  REQUIRE(finish());
  const std::string whole = read_file(file());

  for (std::size_t place = 8; place < whole.size(); ++place) {
    store.reset();
    std::string damaged = whole;
    damaged[place] = static_cast<char>(damaged[place] ^ 0x01);
    write_file(file(), damaged);
    reopen();
    const auto lines = store->read(build, stdio, 0, -1);
    REQUIRE((!lines || lines->text == "ofirst\n" || lines->text.empty()));
    if (place >= 8 + 40 + 16) REQUIRE((lines && lines->text == "ofirst\n"));
  }
}

TEST_CASE_METHOD(StoreFixture, "a file that is no log file is kept aside when its build writes") {
  store.reset();
  write_file(file(), "something else entirely");
  reopen();
  REQUIRE(store->read(build, stdio, 0, -1).error().code == Errc::bad_input);

  append(stdio, 0, "oline\n");
  REQUIRE(flush());

  REQUIRE(text(stdio) == "oline\n");
  REQUIRE(read_file(file().string() + ".damaged") == "something else entirely");
}

// No file can grow beyond 2,000 bytes while it lives.
class FullDisk {
 public:
  FullDisk() {
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &limit_) == 0);
    struct rlimit small = limit_;
    small.rlim_cur = 2000;
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
  }
  ~FullDisk() {
    ::setrlimit(RLIMIT_FSIZE, &limit_);
    std::signal(SIGXFSZ, old_handler_);
  }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;

 private:
  void (*old_handler_)(int) = std::signal(SIGXFSZ, SIG_IGN);
  struct rlimit limit_ {};
};

TEST_CASE_METHOD(StoreFixture, "on a full disk lines are kept in memory and a flush waits until writing works again") {
  std::mt19937 random(1);
  const std::string line = random_line(random, 4000);
  std::optional<Result<>> answer;
  {
    const FullDisk full;
    append(stdio, 0, line);
    store->flush(build, [&](Result<> result) { answer = result; });
    wait_until([&] { return read_file(file()).size() == 2000; });
    REQUIRE(store->unwritten_bytes(build) == line.size());
    REQUIRE(text(stdio) == line);
  }
  loop.run_until([&] { return answer.has_value(); });

  REQUIRE(*answer);
  REQUIRE(store->unwritten_bytes(build) == 0);
  reopen();
  REQUIRE(text(stdio) == line);
}

TEST_CASE_METHOD(StoreFixture, "a flush that waits for space is answered when the store closes") {
  std::mt19937 random(1);
  std::optional<Result<>> answer;
  const FullDisk full;
  append(stdio, 0, random_line(random, 4000));
  store->flush(build, [&](Result<> result) { answer = result; });
  wait_until([&] { return read_file(file()).size() == 2000; });

  store.reset();

  loop.run_until([&] { return answer.has_value(); });
  REQUIRE(answer->error().code == Errc::storage_full);
}

TEST_CASE_METHOD(StoreFixture, "lines longer than a frame and chunks of many frames survive") {
  std::mt19937 random(2);
  const std::string long_line = random_line(random, 700'000);
  std::string many;
  for (int i = 0; i < 3000; ++i) many += random_line(random, 300);
  append(stdio, 0, many);
  append(stdio, 3000, long_line);
  append(stdio, 3001, many);

  REQUIRE(finish());

  REQUIRE(text(stdio) == many + long_line + many);
  REQUIRE(text(stdio, 3000, 1) == long_line);
}

TEST_CASE_METHOD(StoreFixture, "read_all gives bounded pieces in order and can be stopped") {
  const std::string all = numbered_lines(0, 100'000);
  append(stdio, 0, all);
  REQUIRE(finish());

  std::string got;
  std::size_t largest = 0;
  REQUIRE(store->read_all(build, stdio, [&](std::string_view piece) {
    got += piece;
    largest = std::max(largest, piece.size());
    return true;
  }));
  REQUIRE(got == all);
  REQUIRE(largest <= 1024 * 1024);

  int pieces = 0;
  REQUIRE(store->read_all(build, stdio, [&](std::string_view) { return ++pieces < 2; }));
  REQUIRE(pieces == 2);
}

TEST_CASE_METHOD(StoreFixture, "a million lines are accessible at random") {
  constexpr std::int64_t total = 1'000'000;
  for (std::int64_t line = 0; line < total; line += 5000) append(stdio, line, numbered_lines(line, 5000));
  REQUIRE(flush());
  const auto check = [&] {
    std::mt19937 random(3);
    for (int i = 0; i < 200; ++i) {
      const std::int64_t first = static_cast<std::int64_t>(random() % total);
      const std::int64_t count = std::min<std::int64_t>(1 + static_cast<std::int64_t>(random() % 50), total - first);
      REQUIRE(text(stdio, first, count) == numbered_lines(first, count));
    }
  };

  check();
  REQUIRE(finish());
  check();
  reopen();
  check();
  REQUIRE(store->line_count(build, stdio).value() == total);
}

TEST_CASE_METHOD(StoreFixture, "readers on other threads always see a true prefix while a log grows and is finished") {
  std::atomic<std::int64_t> appended{0};
  std::atomic<bool> is_over{false};
  std::atomic<int> wrong{0};
  std::atomic<int> reads{0};
  const auto read_repeatedly = [&](unsigned seed) {
    std::mt19937 random(seed);
    while (!is_over) {
      const std::int64_t visible = appended;
      const std::int64_t first = static_cast<std::int64_t>(random() % 3000);
      const auto lines = store->read(build, stdio, first, 40);
      const auto must_have = std::clamp<std::int64_t>(visible - first, 0, 40);
      if (!lines || lines->line_count < must_have || lines->text != numbered_lines(first, lines->line_count)) ++wrong;
      ++reads;
    }
  };
  std::thread one(read_repeatedly, 1U);
  std::thread two(read_repeatedly, 2U);

  for (std::int64_t line = 0; line < 3000; ++line) {
    append(stdio, line, numbered_lines(line, 1));
    appended = line + 1;
    if (line % 500 == 499) CHECK(flush());
    if (line % 1000 == 999) CHECK(finish());
  }
  wait_until([&] { return reads > 100; });
  is_over = true;
  one.join();
  two.join();

  REQUIRE(wrong == 0);
}

std::ptrdiff_t count_open_files() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {});
}

TEST_CASE_METHOD(StoreFixture, "more builds than are kept in memory can be read") {
  const auto open_before = count_open_files();
  for (std::int64_t id = 1; id <= 200; ++id) {
    build = BuildId(id);
    append(stdio, 0, numbered_lines(id, 3));
    REQUIRE(finish());
  }
  for (std::int64_t id = 1; id <= 200; ++id) {
    build = BuildId(id);
    REQUIRE(text(stdio) == numbered_lines(id, 3));
  }
  REQUIRE(count_open_files() - open_before < 100);
}

}  // namespace
}  // namespace kiln::logs
