// SPDX-License-Identifier: MIT
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "tests/core/files/transfer_loop.h"

using namespace kiln;
using namespace kiln::testing;
using script::TransferPlan;
using Names = std::vector<std::string>;

namespace {

TransferPlan upload_to(const std::filesystem::path& path) {
  TransferPlan plan;
  plan.kind = TransferPlan::Kind::upload_file;
  plan.path = path;
  return plan;
}

struct stat info_of(const std::filesystem::path& path) {
  struct stat info {};
  REQUIRE(::stat(path.c_str(), &info) == 0);
  return info;
}

}  // namespace

TEST_CASE("an upload becomes its target when it is closed") {
  TransferLoop loop;
  const auto transfer = loop.transfers->open(upload_to(loop.directory / "a/b/target"));
  REQUIRE(loop.write(*transfer, "one "));
  REQUIRE(loop.write(*transfer, "two"));
  CHECK_FALSE(std::filesystem::exists(loop.directory / "a/b/target"));
  REQUIRE(loop.close(*transfer));
  CHECK(loop.names() == Names{"a", "a/b", "a/b/target"});
  CHECK(loop.content("a/b/target") == "one two");
}

TEST_CASE("an upload's mode and times are those that were asked for") {
  TransferLoop loop;
  auto plan = upload_to(loop.directory / "target");
  plan.mode = 0751;
  const auto transfer = loop.transfers->open(plan);
  REQUIRE(loop.write(*transfer, "x"));
  REQUIRE(loop.close(*transfer));
  REQUIRE(loop.ask<void>([&](Reply<> reply) { transfer->set_times(1000.5, 2000.25, std::move(reply)); }));
  const auto info = info_of(loop.directory / "target");
  CHECK((info.st_mode & 07777) == 0751);
  CHECK(info.st_atim.tv_sec == 1000);
  CHECK(info.st_mtim.tv_sec == 2000);
  CHECK(info.st_mtim.tv_nsec == 250'000'000);
  CHECK_FALSE(loop.ask<void>([&](Reply<> reply) { transfer->set_times(1e300, 0, std::move(reply)); }));
}

TEST_CASE("an upload replaces what is there") {
  TransferLoop loop;
  for (const char* text : {"old", "new"}) {
    const auto transfer = loop.transfers->open(upload_to(loop.directory / "target"));
    REQUIRE(loop.write(*transfer, text));
    REQUIRE(loop.close(*transfer));
  }
  CHECK(loop.content("target") == "new");
}

TEST_CASE("an upload that is dropped before it is closed leaves nothing, and the old file") {
  TransferLoop loop;
  std::ofstream(loop.directory / "target") << "old";
  auto transfer = loop.transfers->open(upload_to(loop.directory / "target"));
  REQUIRE(loop.write(*transfer, "half of it"));
  CHECK(loop.names().size() == 2);
  transfer.reset();
  loop.stop();
  CHECK(loop.names() == Names{"target"});
  CHECK(loop.content("target") == "old");
}

TEST_CASE("a transfer dropped after the threads have ended is undone too") {
  TransferLoop loop;
  auto transfer = loop.transfers->open(upload_to(loop.directory / "target"));
  REQUIRE(loop.write(*transfer, "half of it"));
  loop.stop();
  CHECK(loop.names().size() == 1);
  transfer.reset();
  CHECK(loop.names().empty());
}

TEST_CASE("more than max_size is refused, and everything after it") {
  TransferLoop loop;
  auto plan = upload_to(loop.directory / "target");
  plan.max_size = 10;
  auto transfer = loop.transfers->open(plan);
  REQUIRE(loop.write(*transfer, "0123456789"));
  const auto refused = loop.write(*transfer, "x");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Errc::bad_input);
  CHECK_FALSE(loop.close(*transfer));
  transfer.reset();
  loop.stop();
  CHECK(loop.names().empty());
}

TEST_CASE("a file that cannot be made is told with the first verb") {
  TransferLoop loop;
  std::ofstream(loop.directory / "file") << "x";
  const auto transfer = loop.transfers->open(upload_to(loop.directory / "file/target"));
  const auto refused = loop.write(*transfer, "x");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().what.find("file") != std::string::npos);
}

TEST_CASE("a worker that does not wait for its replies is refused before memory is filled") {
  TransferLoop loop;
  auto transfer = loop.transfers->open(upload_to(loop.directory / "target"));
  std::size_t answered = 0;
  std::size_t refused = 0;
  std::vector<std::string> blocks(40, std::string(std::size_t{8} << 20, 'x'));  // made before: no time to write them
  for (std::string& block : blocks) {
    transfer->write(std::move(block), [&](const Result<void>& done) {
      ++answered;
      if (!done) ++refused;
    });
  }
  loop.run_until([&] { return answered == blocks.size(); });
  CHECK(refused > 0);
  CHECK_FALSE(loop.close(*transfer));
}

TEST_CASE("a reply that holds its transfer lets it go on the loop's thread") {
  TransferLoop loop;
  for (int i = 0; i < 200; ++i) {
    bool is_closed = false;
    std::thread::id released;
    auto transfer = loop.transfers->open(upload_to(loop.directory / "target"));
    // As a session's reply does: it is the last to hold the transfer.
    auto release = std::shared_ptr<int>(new int(0), [&](int* p) {
      delete p;
      released = std::this_thread::get_id();
    });
    transfer->write("x", [](const Result<void>&) {});
    auto* verbs = transfer.get();
    verbs->close([transfer = std::move(transfer), release, &is_closed](const Result<void>&) { is_closed = true; });
    const std::weak_ptr<int> last = release;
    loop.run_until([&] { return is_closed; });
    release.reset();
    CHECK(last.expired());
    CHECK(released == std::this_thread::get_id());
  }
}

TEST_CASE("replies come in the order of the verbs") {
  TransferLoop loop;
  const auto transfer = loop.transfers->open(upload_to(loop.directory / "target"));
  std::vector<int> order;
  for (int i = 0; i < 100; ++i) {
    transfer->write(std::to_string(i % 10), [&order, i](const Result<void>&) { order.push_back(i); });
  }
  loop.run_until([&] { return order.size() == 100; });
  CHECK(std::is_sorted(order.begin(), order.end()));
  REQUIRE(loop.close(*transfer));
  CHECK(loop.content("target").substr(0, 12) == "012345678901");
}

TEST_CASE("a download gives the file in blocks and nothing at its end") {
  TransferLoop loop;
  const std::string bytes("a\0b\xff" "cdef", 8);
  std::ofstream(loop.directory / "source", std::ios::binary) << bytes;
  TransferPlan plan;
  plan.kind = TransferPlan::Kind::download_file;
  plan.path = loop.directory / "source";
  const auto transfer = loop.transfers->open(plan);
  CHECK(loop.read(*transfer, 5).value() == bytes.substr(0, 5));
  CHECK(loop.read(*transfer, 5).value() == bytes.substr(5));
  CHECK(loop.read(*transfer, 5).value().empty());
  CHECK(loop.close(*transfer));
  CHECK_FALSE(loop.read(*transfer, 5));
}

TEST_CASE("a text is given as a file is") {
  TransferLoop loop;
  TransferPlan plan;
  plan.kind = TransferPlan::Kind::download_text;
  plan.text = "hello";
  const auto transfer = loop.transfers->open(plan);
  CHECK(loop.read(*transfer, 3).value() == "hel");
  CHECK(loop.read(*transfer, 300).value() == "lo");
  CHECK(loop.read(*transfer, 3).value().empty());
  CHECK(loop.close(*transfer));
}

TEST_CASE("what cannot be downloaded is told with the first read") {
  TransferLoop loop;
  for (const char* name : {"missing", "."}) {
    TransferPlan plan;
    plan.kind = TransferPlan::Kind::download_file;
    plan.path = loop.directory / name;
    const auto transfer = loop.transfers->open(plan);
    CHECK_FALSE(loop.read(*transfer, 10));
  }
}

TEST_CASE("verbs of another kind of transfer are refused") {
  TransferLoop loop;
  TransferPlan plan;
  plan.kind = TransferPlan::Kind::download_text;
  const auto reading = loop.transfers->open(plan);
  CHECK_FALSE(loop.write(*reading, "x"));
  const auto writing = loop.transfers->open(upload_to(loop.directory / "target"));
  CHECK_FALSE(loop.read(*writing, 1));
  CHECK_FALSE(loop.unpack(*writing));
}

TEST_CASE("several transfers do not disturb each other") {
  TransferLoop loop;
  std::vector<script::TransferPtr> transfers;
  std::size_t closed = 0;
  for (int i = 0; i < 20; ++i) {
    transfers.push_back(loop.transfers->open(upload_to(loop.directory / std::to_string(i))));
    for (int block = 0; block < 10; ++block) transfers.back()->write(std::to_string(i) + "\n", [](const auto&) {});
    transfers.back()->close([&](const Result<void>& done) { closed += done ? 1 : 0; });
  }
  loop.run_until([&] { return closed == 20; });
  for (int i = 0; i < 20; ++i) {
    std::string expected;
    for (int block = 0; block < 10; ++block) expected += std::to_string(i) + "\n";
    CHECK(loop.content(std::to_string(i)) == expected);
  }
}
