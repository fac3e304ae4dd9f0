// SPDX-License-Identifier: MIT
// What the engine may rely on, whatever a worker speaks: each test runs once for each protocol.
#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "tests/core/session/fake_transfer.h"
#include "tests/core/session/scripted_worker.h"
#include "tests/core/session/session_support.h"

namespace kiln::session {
namespace {

using namespace std::chrono_literals;
using Texts = std::vector<std::string>;

class ContractFixture : public PortFixture {
 public:
  // Both protocols are served; the worker under test speaks one of them.
  void open_both(WorkerPort::Options options = {}) {
    protocol = GENERATE(WorkerProtocol::pb, WorkerProtocol::msgpack);
    CAPTURE(protocol);
    open(options, 0, WorkerProtocol::pb);
    numbers[WorkerProtocol::pb] = port_number;
    const net::Endpoint endpoint = net::parse_endpoint("tcp:0:interface=127.0.0.1").value();
    numbers[WorkerProtocol::msgpack] = port->start(endpoint, WorkerProtocol::msgpack).value().port;
  }

  std::unique_ptr<ScriptedWorker> connect(ScriptedWorker::Habits habits = {}) {
    return connect_worker(protocol, io, numbers.at(protocol), std::move(habits));
  }

  std::unique_ptr<ScriptedWorker> attach(ScriptedWorker::Habits habits = {}) {
    const std::string name = habits.name;
    auto worker = connect(std::move(habits));
    run_until([&] { return link(name) != nullptr; });
    return worker;
  }

  ~ContractFixture() {
    if (file) file->replies.clear();
  }

  // With `transfer`: an upload.
  std::shared_ptr<RecordingSink> start(ScriptedWorker& worker, const std::string& command = "shell",
                                       JsonObject args = {{"workdir", "build"}}, script::TransferPtr transfer = {}) {
    auto sink = std::make_shared<RecordingSink>();
    const auto before = worker.command_count();
    last_command = link()->start_command("main", command, args, sink, std::move(transfer));
    run_until([&] { return worker.command_count() > before; });
    return sink;
  }

  std::shared_ptr<RecordingSink> start_transfer(ScriptedWorker& worker, bool is_download = false) {
    file = std::make_shared<FakeTransfer::State>();
    const std::string command = is_download ? "downloadFile" : "uploadFile";
    return start(worker, command, {{"workdir", "build"}, {is_download ? "workerdest" : "workersrc", "f"}},
                 std::make_shared<FakeTransfer>(io.get_executor(), file));
  }

  WorkerProtocol protocol = WorkerProtocol::pb;
  std::map<WorkerProtocol, std::uint16_t> numbers;
  engine::CommandId last_command = -1;
  std::shared_ptr<FakeTransfer::State> file;
};

TEST_CASE_METHOD(ContractFixture, "contract: a worker attaches, is greeted for each builder and its info is known") {
  gate.builder_list = {{"main", "bd-main"}, {"other", "other"}};
  open_both();

  const auto worker = attach();

  REQUIRE(worker->prints() == Texts{"attached", "attached", "attached"});
  REQUIRE(gate.events == Texts{"attach w"});
  REQUIRE(link()->info().version == "4.3.0");
  REQUIRE(link()->info().system == "posix");
  REQUIRE(link()->info().basedir == "/srv/w");
  REQUIRE(link()->info().all.at("environ").at("PATH") == "/bin");
}

TEST_CASE_METHOD(ContractFixture, "contract: every verb reaches the worker") {
  open_both();
  const auto worker = attach();

  REQUIRE(wait_for([&](Reply<> reply) { link()->ping(std::move(reply)); }));
  REQUIRE(wait_for([&](Reply<> reply) { link()->start_build("main", std::move(reply)); }));
  const auto sink = start(*worker);
  link()->interrupt_command(last_command, "enough");
  link()->interrupt_command(last_command + 1, "nobody");
  REQUIRE(wait_for([&](Reply<> reply) { link()->shutdown(std::move(reply)); }));

  REQUIRE(worker->prints().back() == "ping");
  REQUIRE(worker->command(0) == "main " + std::to_string(last_command) + " shell");
  REQUIRE(worker->interrupts() == 1);
  REQUIRE(worker->shutdowns() == 1);
}

TEST_CASE_METHOD(ContractFixture, "contract: what a command tells arrives in order") {
  open_both();
  const auto worker = attach();
  const auto sink = start(*worker);

  worker->output(0, "stdout", "one\n");
  worker->output(0, "stderr", "oops\n");
  worker->log_output(0, "my.log", "entry\n");
  worker->update(0, "rc", 2);
  worker->output(0, "header", "caf\xc3\xa9\n");
  worker->update(0, "elapsed", 0.5);
  worker->update(0, "failure_reason", "timeout");
  worker->update(0, "files", JsonArray{"a", "b"});
  worker->update(0, "own key", JsonArray{1, "x"});
  worker->complete(0);
  run_until([&] { return sink->is_over(); });

  const Texts expected{"o one\n",     "e oops\n", "log my.log entry\n", "rc 2", "h caf\xc3\xa9\n", "elapsed 0.5",
                       "failure_reason \"timeout\"", "files [\"a\",\"b\"]", "own key [1,\"x\"]", "complete"};
  REQUIRE(sink->events == expected);
  REQUIRE_FALSE(sink->failure);
  run_until([&] { return worker->answers().size() == 10; });
  REQUIRE(worker->failures().empty());
}

TEST_CASE_METHOD(ContractFixture, "contract: a command that cannot start completes with the reason") {
  open_both();
  const auto worker = attach({.start_failure = "no such command"});
  const auto refused = std::make_shared<RecordingSink>();
  link()->start_command("main", "fly", {}, refused);
  const auto unknown = std::make_shared<RecordingSink>();
  link()->start_command("no builder", "fly", {}, unknown);
  REQUIRE_FALSE(unknown->is_over());

  run_until([&] { return refused->is_over() && unknown->is_over(); });

  REQUIRE(refused->failure->find("no such command") != std::string::npos);
  REQUIRE(unknown->failure->find("no such builder") != std::string::npos);
  REQUIRE(wait_for([&](Reply<> reply) { link()->start_build("no builder", std::move(reply)); }).error().code ==
          Errc::not_found);
}

TEST_CASE_METHOD(ContractFixture, "contract: a changed list of builders takes effect") {
  open_both();
  const auto worker = attach();

  const std::vector<engine::BuilderDir> changed{{"new one", "n"}};
  REQUIRE(wait_for([&](Reply<> reply) { link()->set_builders(changed, std::move(reply)); }));

  REQUIRE(wait_for([&](Reply<> reply) { link()->start_build("new one", std::move(reply)); }));
  REQUIRE(wait_for([&](Reply<> reply) { link()->start_build("main", std::move(reply)); }).error().code ==
          Errc::not_found);
  run_until([&] { return worker->prints() == Texts{"attached", "attached", "attached"}; });
}

TEST_CASE_METHOD(ContractFixture, "contract: an upload is written, closed and dated, each answered") {
  open_both();
  const auto worker = attach();
  const auto sink = start_transfer(*worker);

  worker->write(0, "abc");
  worker->write(0, std::string("\0\xff", 2));
  worker->close_file(0, false);
  worker->set_times(0, 1, 2.5);
  run_until([&] { return worker->answers().size() == 4; });
  REQUIRE_FALSE(file->is_dropped);
  worker->complete(0);
  run_until([&] { return sink->is_over(); });

  REQUIRE(file->data == std::string("abc\0\xff", 5));
  REQUIRE(file->calls == Texts{"write 3", "write 2", "close", "times 1 2.500000"});
  REQUIRE(file->is_dropped);
  REQUIRE(worker->failures().empty());
}

TEST_CASE_METHOD(ContractFixture, "contract: a directory's archive is written and unpacked") {
  open_both();
  const auto worker = attach();
  start_transfer(*worker);
  worker->write(0, "tar");
  worker->unpack(0);
  run_until([&] { return worker->answers().size() == 2; });
  REQUIRE(file->calls == Texts{"write 3", "unpack"});
}

TEST_CASE_METHOD(ContractFixture, "contract: a download is answered with its data, at the end with nothing") {
  open_both();
  const auto worker = attach();
  start_transfer(*worker, true);
  file->data = std::string("hel\0o", 5);

  worker->read(0, 3);
  worker->read(0, 1'000'000'000);
  worker->read(0, 3);
  worker->close_file(0, true);
  run_until([&] { return worker->answers().size() == 4; });

  REQUIRE(worker->answers() == Texts{"hel", std::string("\0o", 2), "", "none"});
  REQUIRE(file->calls == Texts{"read 3", "read 655360", "read 3", "close"});
}

TEST_CASE_METHOD(ContractFixture, "contract: a write is answered only when the data is where it belongs") {
  open_both();
  const auto worker = attach();
  start_transfer(*worker);
  file->holds = true;

  worker->write(0, "abc");
  run_until([&] { return !file->replies.empty(); });
  REQUIRE(wait_for([&](Reply<> reply) { link()->ping(std::move(reply)); }));
  REQUIRE(worker->answers().empty());

  file->reply_next();
  run_until([&] { return worker->answers().size() == 1; });
}

TEST_CASE_METHOD(ContractFixture, "contract: a worker that does not wait for answers is refused") {
  open_both();
  const auto worker = attach();
  start_transfer(*worker);
  file->holds = true;

  for (int i = 0; i < 20; ++i) worker->write(0, "x");
  run_until([&] { return worker->failures().size() == 4; });

  REQUIRE(file->data.size() == 16);
  REQUIRE(worker->failures()[0].find("too many calls") != std::string::npos);
}

TEST_CASE_METHOD(ContractFixture, "contract: the worker is told why a file's data cannot be taken") {
  open_both();
  const auto worker = attach();
  start_transfer(*worker);
  file->failure = "the file is larger than 2 bytes";
  worker->write(0, "abc");
  run_until([&] { return worker->failures().size() == 1; });
  REQUIRE(worker->failures()[0] == "the file is larger than 2 bytes");
}

TEST_CASE_METHOD(ContractFixture, "contract: calls on a file that is not there are refused") {
  open_both();
  const auto worker = attach();
  const auto shell = start(*worker);
  worker->write(0, "abc");
  run_until([&] { return worker->failures().size() == 1; });
  const auto upload = start_transfer(*worker);
  worker->complete(1);
  worker->write(1, "too late");
  run_until([&] { return worker->failures().size() == 2; });

  REQUIRE(upload->is_complete);
  REQUIRE(file->calls.empty());
  REQUIRE(wait_for([&](Reply<> reply) { link()->ping(std::move(reply)); }));
}

TEST_CASE_METHOD(ContractFixture, "contract: a file's late reply after the end disturbs nobody") {
  open_both();
  const auto worker = attach();
  start_transfer(*worker);
  file->holds = true;
  worker->write(0, "abc");
  run_until([&] { return !file->replies.empty(); });
  worker->disconnect();
  run_until([&] { return gate.links.empty(); });
  REQUIRE_FALSE(file->is_dropped);  // its reply is still under way

  file->reply_next();

  REQUIRE(file->is_dropped);
}

TEST_CASE_METHOD(ContractFixture, "contract: a lost connection loses its commands first and is then detached") {
  open_both();
  const auto worker = attach();
  const auto sink = start_transfer(*worker);
  const auto old_link = link();
  worker->output(0, "stdout", "last words\n");
  run_until([&] { return !sink->events.empty(); });
  worker->disconnect();

  run_until([&] { return gate.events.size() == 2; });

  REQUIRE(sink->events == Texts{"o last words\n", "lost"});
  REQUIRE(file->is_dropped);
  REQUIRE(gate.events.back() == "detach w");
  REQUIRE(wait_for([&](Reply<> reply) { old_link->ping(std::move(reply)); }).error().code == Errc::peer_gone);
  const auto late = std::make_shared<RecordingSink>();
  old_link->start_command("main", "shell", {}, late);
  REQUIRE_FALSE(late->is_over());
  run_until([&] { return late->is_over(); });
  REQUIRE(late->is_lost);
}

TEST_CASE_METHOD(ContractFixture, "contract: closing a link tells the engine later, not from inside") {
  open_both();
  const auto worker = attach();
  const auto sink = start(*worker);
  link()->close("not wanted any more");
  REQUIRE_FALSE(sink->is_over());
  run_until([&] { return worker->is_closed(); });
  REQUIRE(sink->is_lost);
  REQUIRE(gate.links.empty());
}

TEST_CASE_METHOD(ContractFixture, "contract: a duplicate of a living worker is refused, whatever the two speak") {
  open_both();
  const auto first = attach();
  protocol = GENERATE(WorkerProtocol::pb, WorkerProtocol::msgpack);

  const auto second = connect();
  run_until([&] { return second->is_refused() || second->is_closed(); });

  REQUIRE(first->prints().back() == "master got a duplicate connection");
  REQUIRE_FALSE(first->is_closed());
  REQUIRE(gate.events == Texts{"attach w"});
  REQUIRE(wait_for([&](Reply<> reply) { link()->ping(std::move(reply)); }));
}

TEST_CASE_METHOD(ContractFixture, "contract: a worker without sign of life is replaced, whatever the two speak") {
  open_both({.duplicate_limit = 50ms});
  const auto stuck = connect({.answers_prints = false});
  run_until([&] { return !stuck->prints().empty(); });
  protocol = GENERATE(WorkerProtocol::pb, WorkerProtocol::msgpack);

  const auto second = attach();

  run_until([&] { return stuck->is_closed(); });
  REQUIRE(gate.events == Texts{"attach w"});
}

TEST_CASE_METHOD(ContractFixture, "contract: an unknown name and a wrong password are refused") {
  open_both();
  const auto unknown = connect({.name = "nobody"});
  const auto wrong = connect({.password = "wrong"});
  run_until([&] { return unknown->is_refused() && wrong->is_refused(); });
  REQUIRE(gate.events.empty());
}

TEST_CASE_METHOD(ContractFixture, "contract: bad bytes lose the worker that sent them and nobody else") {
  open_both();
  const auto good = attach({.name = "v"});
  const auto bad = attach();
  const auto sink = start(*bad);

  bad->send_garbage();
  run_until([&] { return sink->is_lost; });

  REQUIRE(gate.events.back() == "detach w");
  REQUIRE(wait_for([&](Reply<> reply) { link("v")->ping(std::move(reply)); }));
}

TEST_CASE_METHOD(ContractFixture, "contract: a paused worker is not read, and goes on where it was") {
  open_both();
  const auto worker = attach();
  const auto sink = start(*worker);
  link()->pause_reading(true);
  // Only one read may still be under way when the pause begins.
  worker->output(0, "stdout", "a\n");
  worker->output(0, "stdout", "b\n");
  boost::asio::steady_timer timer(io, 100ms);
  bool is_over = false;
  timer.async_wait([&](const auto&) { is_over = true; });
  run_until([&] { return is_over; });
  const std::string before = sink->texts["o"];
  for (int i = 0; i < 50; ++i) worker->output(0, "stdout", "c\n");
  is_over = false;
  timer.expires_after(100ms);
  timer.async_wait([&](const auto&) { is_over = true; });
  run_until([&] { return is_over; });
  REQUIRE(sink->texts["o"] == before);

  link()->pause_reading(false);

  run_until([&] { return sink->texts["o"].size() == 104; });
  REQUIRE(sink->texts["o"].starts_with("a\nb\nc\n"));
}

TEST_CASE_METHOD(ContractFixture, "contract: stopping the port detaches everybody and replies") {
  open_both();
  const auto worker = attach();
  bool is_stopped = false;
  port->stop(5s, [&] { is_stopped = true; });
  run_until([&] { return is_stopped && worker->is_closed(); });
  REQUIRE(gate.events.back() == "detach w");
  REQUIRE(port->connection_count() == 0);
}

}  // namespace
}  // namespace kiln::session
