// SPDX-License-Identifier: MIT
// Files of the unmodified buildbot-worker 4.3.0, over both protocols; and what else it does over msgpack.
#include <algorithm>
#include <catch2/generators/catch_generators.hpp>
#include <fstream>
#include <iterator>

#include "tests/core/session/fake_transfer.h"
#include "tests/core/session/real_worker.h"
#include "tests/core/session/session_support.h"

namespace kiln::session {
namespace {

using namespace std::chrono_literals;
constexpr auto patience = 60s;

class RealFixture : public PortFixture {
 public:
  void begin(WorkerProtocol protocol) {
    is_msgpack = protocol == WorkerProtocol::msgpack;
    open({}, 0, protocol);
    worker = std::make_unique<RealWorker>(port_number, "w", "secret", is_msgpack ? "msgpack_experimental_v7" : "pb");
    run_until([&] { return link() != nullptr; }, patience);
    file = std::make_shared<FakeTransfer::State>();
  }

  std::shared_ptr<RecordingSink> run(const std::string& command, const JsonObject& args, bool is_transfer = false) {
    auto sink = std::make_shared<RecordingSink>();
    const auto transfer = is_transfer ? std::make_shared<FakeTransfer>(io.get_executor(), file) : nullptr;
    last_command = link()->start_command("main", command, args, sink, transfer);
    return sink;
  }

  std::shared_ptr<RecordingSink> finish(const std::string& command, const JsonObject& args, bool is_transfer = false) {
    auto sink = run(command, args, is_transfer);
    run_until([&] { return sink->is_over(); }, patience);
    INFO(sink->failure.value_or("") << worker->log());
    REQUIRE_FALSE(sink->failure);
    return sink;
  }

  std::filesystem::path builder_dir() const { return worker->basedir() / "bd-main"; }
  void write_file(const std::string& name, const std::string& text) {
    std::filesystem::create_directories((builder_dir() / name).parent_path());
    std::ofstream(builder_dir() / name, std::ios::binary) << text;
  }
  std::string read_file(const std::string& name) {
    std::ifstream in(builder_dir() / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  bool is_msgpack = false;
  std::unique_ptr<RealWorker> worker;
  std::shared_ptr<FakeTransfer::State> file;
  engine::CommandId last_command = -1;
};

JsonObject shell(const Json& command) {
  return {{"workdir", "build"}, {"command", command},   {"env", JsonObject{}},  {"want_stdout", true},
          {"want_stderr", true}, {"logfiles", JsonObject{{"extra", "extra.log"}}}, {"timeout", 60}, {"maxTime", nullptr},
          {"usePTY", false},     {"logEnviron", false}, {"initial_stdin", nullptr}};
}

TEST_CASE_METHOD(RealFixture, "the real worker's files are uploaded and downloaded over both protocols") {
  begin(GENERATE(WorkerProtocol::pb, WorkerProtocol::msgpack));
  std::string data;
  for (int i = 0; i < 300'000; ++i) data += static_cast<char>(i * 7 % 256);
  write_file("build/a.bin", data);
  const JsonObject source{{"workdir", "build"}, {"workersrc", "a.bin"}, {"maxsize", nullptr}, {"blocksize", 100'000}, {"keepstamp", true}};

  SECTION("an upload, with its times") {
    const auto sink = finish("uploadFile", source, true);
    REQUIRE(sink->updates.at("rc") == Json(0));
    REQUIRE(file->data == data);
    REQUIRE(std::count(file->calls.begin(), file->calls.end(), "write 100000") == 3);
    REQUIRE(std::count(file->calls.begin(), file->calls.end(), "close") == 1);
    REQUIRE(file->calls.back().starts_with("times 1"));
    REQUIRE(file->is_dropped);
  }

  SECTION("an upload that the master refuses") {
    file->failure = "no space left";
    const auto sink = run("uploadFile", source, true);
    run_until([&] { return sink->is_over(); }, patience);
    REQUIRE(sink->failure.value_or("").find("no space left") != std::string::npos);
    REQUIRE(file->is_dropped);
  }

  SECTION("a file that is not there") {
    JsonObject args = source;
    args["workersrc"] = "missing";
    args["keepstamp"] = false;  // else the worker wants times that are None
    const auto sink = finish("uploadFile", args, true);
    REQUIRE(sink->updates.at("rc") == Json(1));
    REQUIRE(sink->texts["e"].find("Cannot open file") != std::string::npos);
  }

  SECTION("a directory") {
    const auto sink = finish("uploadDirectory", {{"workdir", "."}, {"workersrc", "build"}, {"maxsize", nullptr}, {"blocksize", 16384}, {"compress", "gz"}}, true);
    REQUIRE(sink->updates.at("rc") == Json(0));
    REQUIRE(file->data.starts_with("\x1f\x8b"));
    REQUIRE(file->calls.back() == "unpack");
  }

  SECTION("a download") {
    file->data = data;
    const auto sink = finish("downloadFile", {{"workdir", "build"}, {"workerdest", "new/b.bin"}, {"maxsize", nullptr}, {"blocksize", 100'000}, {"mode", 0640}}, true);
    REQUIRE(sink->updates.at("rc") == Json(0));
    REQUIRE(read_file("build/new/b.bin") == data);
    REQUIRE(file->calls.back() == "close");
    REQUIRE((std::filesystem::status(builder_dir() / "build/new/b.bin").permissions() & std::filesystem::perms::mask) ==
            std::filesystem::perms(0640));
  }

  SECTION("a connection lost in the middle") {
    file->holds = true;
    const auto sink = run("uploadFile", source, true);
    run_until([&] { return !file->calls.empty(); }, patience);
    link()->close("test");
    run_until([&] { return sink->is_lost; }, patience);
    file->reply_next();
    REQUIRE(file->is_dropped);
  }
}

TEST_CASE_METHOD(RealFixture, "the real worker works over msgpack") {
  begin(WorkerProtocol::msgpack);
  REQUIRE(link()->info().version == "4.3.0");
  REQUIRE(std::filesystem::is_directory(builder_dir()));
  REQUIRE(wait_for([&](Reply<> reply) { link()->start_build("main", std::move(reply)); }));

  SECTION("output arrives on stdout, stderr and the log file, and the exit code") {
    const auto sink = finish("shell", shell("echo out; echo err >&2; echo from file > extra.log; seq 5000; exit 3"));
    REQUIRE(sink->texts["o"].starts_with("out\n1\n2\n"));
    REQUIRE(sink->texts["o"].ends_with("\n4999\n5000\n"));
    REQUIRE(sink->texts["e"] == "err\n");
    REQUIRE(sink->texts["log extra"] == "from file\n");
    REQUIRE(sink->texts["h"].find("bd-main/build") != std::string::npos);
    REQUIRE(sink->updates.at("rc") == Json(3));
    REQUIRE(sink->updates.at("elapsed").is_double());
  }

  SECTION("what is obfuscated is run and not shown") {
    const auto sink = finish("shell", shell(JsonArray{"echo", JsonObject{{"__obfuscated__", JsonArray{"pa55", "XX"}}}}));
    REQUIRE(sink->texts["o"] == "pa55\n");
    REQUIRE(sink->texts["h"].find("pa55") == std::string::npos);
    REQUIRE(sink->texts["h"].find("XX") != std::string::npos);
  }

  SECTION("an interrupted command ends with -1") {
    const auto sink = run("shell", shell("echo started > started; while true; do sleep 0.05; done"));
    run_until([&] { return std::filesystem::exists(builder_dir() / "build/started"); }, patience);
    link()->interrupt_command(last_command, "enough");
    run_until([&] { return sink->is_over(); }, patience);
    REQUIRE(sink->updates.at("rc") == Json(-1));
  }

  SECTION("file system commands give their results") {
    REQUIRE(finish("mkdir", {{"dir", "sub/one"}})->updates.at("rc") == Json(0));
    REQUIRE(finish("listdir", {{"dir", "sub"}})->updates.at("files") == Json(JsonArray{"one"}));
    REQUIRE(finish("stat", {{"file", "one"}, {"workdir", "sub"}})->updates.at("stat").as_array().size() == 10);
    REQUIRE(finish("cpdir", {{"fromdir", "sub"}, {"todir", "copy"}, {"timeout", 60}})->updates.at("rc") == Json(0));
    write_file("copy/f.txt", "f");
    REQUIRE(finish("glob", {{"path", "copy/*.txt"}})->updates.at("files") ==
            Json(JsonArray{(builder_dir() / "copy/f.txt").string()}));
    REQUIRE(finish("rmfile", {{"path", "copy/f.txt"}})->updates.at("rc") == Json(0));
    REQUIRE(finish("rmdir", {{"dir", JsonArray{"sub", "copy"}}, {"timeout", 60}})->updates.at("rc") == Json(0));
    REQUIRE_FALSE(std::filesystem::exists(builder_dir() / "copy"));
  }

  SECTION("an unknown command completes with the reason") {
    const auto sink = run("fly", {});
    run_until([&] { return sink->is_over(); }, patience);
    REQUIRE(sink->failure->find("fly") != std::string::npos);
  }

  SECTION("asked to shut down, the process ends") {
    REQUIRE(wait_for([&](Reply<> reply) { link()->shutdown(std::move(reply)); }));
    run_until([&] { return worker->has_exited() && gate.links.empty(); }, patience);
  }

  SECTION("it comes back after the port was closed and opened again") {
    const auto sink = run("shell", shell("while true; do sleep 0.05; done"));
    close();
    REQUIRE(sink->is_lost);
    open({}, port_number, WorkerProtocol::msgpack);
    run_until([&] { return link() != nullptr; }, patience);
    REQUIRE(finish("shell", shell("echo back"))->texts["o"] == "back\n");
  }
}

}  // namespace
}  // namespace kiln::session
