// SPDX-License-Identifier: MIT
// The unmodified buildbot-worker 4.3.0 as the peer.
#include "tests/core/session/real_worker.h"
#include "tests/core/session/session_support.h"

namespace kiln::session {
namespace {

using namespace std::chrono_literals;
constexpr auto patience = 60s;

JsonObject shell(std::string_view command) {
  return {{"workdir", "build"},   {"command", command},   {"env", JsonObject{{"GREETING", "hello"}}},
          {"want_stdout", true},  {"want_stderr", true},  {"logfiles", JsonObject{{"extra", "extra.log"}}},
          {"timeout", 60},        {"maxTime", nullptr},   {"usePTY", false},
          {"logEnviron", false},  {"initial_stdin", nullptr}};
}

class RealFixture : public PortFixture {
 public:
  RealFixture() { open(); }

  void wait_attached() {
    run_until([&] { return link() != nullptr; }, patience);
    REQUIRE(wait_for([&](Reply<> reply) { link()->ping(std::move(reply)); }));
  }

  std::shared_ptr<RecordingSink> run(std::string_view command) {
    auto sink = std::make_shared<RecordingSink>();
    last_command = link()->start_command("main", "shell", shell(command), sink);
    return sink;
  }

  engine::CommandId last_command = -1;
};

TEST_CASE_METHOD(RealFixture, "the real worker runs commands, is interrupted and ends when asked") {
  RealWorker worker(port_number, "w", "secret");
  wait_attached();
  REQUIRE(link()->info().version == "4.3.0");
  REQUIRE(link()->info().all.at("worker_commands").as_object().contains("shell"));
  REQUIRE(wait_for([&](Reply<> reply) { link()->start_build("main", std::move(reply)); }));

  SECTION("output arrives on stdout, stderr and the log file, and the exit code") {
    const auto sink = run("echo out $GREETING; echo err >&2; echo from file > extra.log; seq 5000; exit 3");
    run_until([&] { return sink->is_over(); }, patience);

    REQUIRE_FALSE(sink->failure);
    REQUIRE(sink->texts["o"].starts_with("out hello\n1\n2\n"));
    REQUIRE(sink->texts["o"].ends_with("\n4999\n5000\n"));
    REQUIRE(sink->texts["e"] == "err\n");
    REQUIRE(sink->texts["log extra"] == "from file\n");
    REQUIRE(sink->texts["h"].find("bd-main/build") != std::string::npos);
    REQUIRE(sink->updates.at("rc") == Json(3));
    REQUIRE(sink->updates.at("elapsed").is_double());
    REQUIRE(sink->events.back() == "complete");
  }

  SECTION("an interrupted command ends with -1") {
    const auto sink = run("echo started > started; while true; do sleep 0.05; done");
    run_until([&] { return std::filesystem::exists(worker.basedir() / "bd-main/build/started"); }, patience);
    link()->interrupt_command(last_command, "enough");
    run_until([&] { return sink->is_over(); }, patience);

    REQUIRE(sink->updates.at("rc") == Json(-1));
    REQUIRE(sink->texts["h"].find("command interrupted") != std::string::npos);
  }

  SECTION("file system commands give their results") {
    const auto made = std::make_shared<RecordingSink>();
    link()->start_command("main", "mkdir", {{"dir", "sub"}}, made);
    run_until([&] { return made->is_over(); }, patience);
    REQUIRE(made->updates.at("rc") == Json(0));
    const auto listed = std::make_shared<RecordingSink>();
    link()->start_command("main", "listdir", {{"dir", "."}}, listed);
    run_until([&] { return listed->is_over(); }, patience);
    REQUIRE(listed->updates.at("files") == Json(JsonArray{"sub"}));
    const auto stat = std::make_shared<RecordingSink>();
    link()->start_command("main", "stat", {{"file", "sub"}, {"workdir", "."}}, stat);
    run_until([&] { return stat->is_over(); }, patience);
    REQUIRE(stat->updates.at("stat").as_array().size() == 10);
  }

  SECTION("an unknown command completes with the reason") {
    const auto sink = std::make_shared<RecordingSink>();
    link()->start_command("main", "fly", {}, sink);
    run_until([&] { return sink->is_over(); }, patience);
    REQUIRE(sink->failure->find("fly") != std::string::npos);
  }

  SECTION("asked to shut down, the process ends") {
    REQUIRE(wait_for([&](Reply<> reply) { link()->shutdown(std::move(reply)); }));
    run_until([&] { return worker.has_exited() && gate.links.empty(); }, patience);
  }

  SECTION("its wish to shut down reaches the gate") {
    worker.touch_shutdown_file();
    run_until([&] { return gate.events.back() == "shutdown w"; }, patience);
  }

  SECTION("a duplicate of it is refused, and ends") {
    RealWorker duplicate(port_number, "w", "secret");
    run_until([&] { return duplicate.has_exited(); }, patience);
    REQUIRE(duplicate.log().find("rejecting duplicate worker") != std::string::npos);
    REQUIRE(wait_for([&](Reply<> reply) { link()->ping(std::move(reply)); }));
  }

  SECTION("it comes back after the port was closed and opened again") {
    const auto sink = run("while true; do sleep 0.05; done");
    close();
    REQUIRE(sink->is_lost);
    REQUIRE(gate.links.empty());

    open({}, port_number);
    wait_attached();
    const auto again = run("echo back");
    run_until([&] { return again->is_over(); }, patience);
    REQUIRE(again->texts["o"] == "back\n");
  }
}

TEST_CASE_METHOD(RealFixture, "the real worker with a wrong password is refused and keeps trying") {
  RealWorker worker(port_number, "w", "wrong");
  run_until([&] { return worker.log().find("unauthorized login") != std::string::npos; }, patience);
  REQUIRE_FALSE(worker.has_exited());
  REQUIRE(gate.events.empty());

  gate.passwords["w"] = "wrong";
  wait_attached();
}

}  // namespace
}  // namespace kiln::session
