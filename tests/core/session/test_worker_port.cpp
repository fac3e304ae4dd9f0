// SPDX-License-Identifier: MIT
#include "core/session/worker_port.h"

#include <random>

#include "tests/core/session/fake_worker.h"
#include "tests/core/session/session_support.h"

namespace kiln::session {
namespace {

using namespace std::chrono_literals;

class SessionFixture : public PortFixture {
 public:
  std::unique_ptr<FakeWorker> attach(FakeWorker::Habits habits = {}) {
    auto worker = std::make_unique<FakeWorker>(io, port_number, habits);
    run_until([&] { return worker->is_logged_in; });
    return worker;
  }

  std::shared_ptr<RecordingSink> start(FakeWorker& worker, const JsonObject& args = {}) {
    auto sink = std::make_shared<RecordingSink>();
    const auto before = worker.commands.size();
    last_command = link()->start_command("main", "shell", args, sink);
    run_until([&] { return worker.commands.size() > before; });
    return sink;
  }

  engine::CommandId last_command = -1;
};

TEST_CASE_METHOD(SessionFixture, "a worker attaches in upstream's order and its info is known") {
  gate.builder_list = {{"main", "bd-main"}, {"other", "other"}};
  open();

  const auto worker = attach();

  const std::vector<std::string> expected{"print attached", "getWorkerInfo", "setBuilderList", "print attached",
                                          "print attached"};
  REQUIRE(worker->calls == expected);
  REQUIRE(gate.events == std::vector<std::string>{"attach w"});
  REQUIRE(link()->info().version == "4.3.0");
  REQUIRE(link()->info().system == "posix");
  REQUIRE(link()->info().basedir == "/srv/w");
  REQUIRE(link()->info().all.at("environ").at("PATH") == "/bin");
}

TEST_CASE_METHOD(SessionFixture, "a worker of version 0.8 is asked by the old names") {
  open();
  attach({.is_of_08 = true});
  REQUIRE(link()->info().version == "0.8.4");
  REQUIRE(link()->info().all.at("worker_commands").at("shell") == "2.16");
}

TEST_CASE_METHOD(SessionFixture, "an unknown name and a wrong password are refused alike, after a challenge") {
  open();
  FakeWorker unknown(io, port_number, {.name = "nobody"});
  FakeWorker wrong(io, port_number, {.password = "wrong"});

  run_until([&] { return !unknown.refused.empty() && !wrong.refused.empty(); });

  REQUIRE(unknown.refused == "twisted.cred.error.UnauthorizedLogin: ");
  REQUIRE(wrong.refused == unknown.refused);
  REQUIRE(wrong.decrefs == 1);
  REQUIRE(gate.events.empty());
}

TEST_CASE_METHOD(SessionFixture, "a worker's name without a bot is refused") {
  open();
  FakeWorker worker(io, port_number, {.brings_bot = false});
  run_until([&] { return !worker.refused.empty(); });
  REQUIRE(gate.events.empty());
}

TEST_CASE_METHOD(SessionFixture, "a duplicate of a living worker is refused") {
  open();
  const auto first = attach();
  FakeWorker second(io, port_number);

  run_until([&] { return !second.refused.empty(); });

  REQUIRE(second.refused == "builtins.RuntimeError: rejecting duplicate worker");
  REQUIRE(first->calls.back() == "print master got a duplicate connection");
  REQUIRE_FALSE(first->is_closed);
  REQUIRE(gate.events == std::vector<std::string>{"attach w"});
}

TEST_CASE_METHOD(SessionFixture, "a worker that shows no sign of life is replaced by its duplicate") {
  open({.duplicate_limit = 50ms});
  FakeWorker stuck(io, port_number, {.answers_prints = false});
  run_until([&] { return !stuck.calls.empty(); });

  const auto second = attach();

  run_until([&] { return stuck.is_closed; });
  REQUIRE(gate.events == std::vector<std::string>{"attach w"});
}

TEST_CASE_METHOD(SessionFixture, "commands have numbers from 0, their output comes joined and in order") {
  open();
  const auto worker = attach();
  const auto sink = start(*worker, {{"command", "make"}});
  REQUIRE(last_command == 0);
  REQUIRE(worker->commands[0].id == "0");
  REQUIRE(worker->commands[0].name == "shell");
  const auto object = worker->commands[0].object;

  worker->update(object, "stdout", wire::Text{"one\n"});
  worker->update(object, "stdout", wire::Text{"two\n"});
  worker->update(object, "stdout", wire::Text{"three\n"});
  worker->update(object, "stderr", wire::Text{"oops\n"});
  worker->update(object, "log", wire::JellyTuple{{wire::Text{"my.log"}, wire::Text{"entry\n"}}});
  worker->update(object, "rc", std::int64_t{2});
  worker->update(object, "header", wire::Bytes{"caf\xe9\n"});
  worker->update(object, "elapsed", 0.5);
  worker->complete(object);
  worker->send();
  run_until([&] { return sink->is_over(); });

  const std::vector<std::string> expected{"o one\ntwo\nthree\n",  "e oops\n", "log my.log entry\n", "rc 2",
                                          "h caf\xef\xbf\xbd\n", "elapsed 0.5", "complete"};
  REQUIRE(sink->events == expected);
  REQUIRE_FALSE(sink->failure);
  run_until([&] { return worker->answers.size() == 9; });
  REQUIRE(worker->answers[0] == wire::Jelly(std::int64_t{0}));
  REQUIRE(worker->answers[8].is_none());
}

TEST_CASE_METHOD(SessionFixture, "arguments that JSON cannot say reach the worker as what they mean") {
  open();
  const auto worker = attach();
  const JsonObject args{
      {"command", JsonArray{"login", JsonObject{{"__obfuscated__", JsonArray{"pw", "XX"}}}}},
      {"initial_stdin", JsonObject{{"__bytes__", "\xc3\xa9\x01"}}},
      {"env", JsonObject{{"A", "b"}}},
      {"timeout", nullptr},
  };
  start(*worker, args);

  const auto& sent = worker->commands[0].args.items;
  REQUIRE(sent[0].value == wire::Jelly(wire::JellyList{
                                {wire::Text{"login"}, wire::JellyTuple{{wire::Text{"obfuscated"}, wire::Text{"pw"},
                                                                        wire::Text{"XX"}}}}}));
  REQUIRE(sent[1].value == wire::Jelly(wire::Bytes{"\xe9\x01"}));
  REQUIRE(sent[2].value == wire::Jelly(wire::JellyDict{{{wire::Text{"A"}, wire::Text{"b"}}}}));
  REQUIRE(sent[3].value.is_none());
}

TEST_CASE_METHOD(SessionFixture, "a command that cannot start completes with the reason") {
  open();
  const auto worker = attach();
  worker->start_failure = "no such command";
  const auto refused = std::make_shared<RecordingSink>();
  link()->start_command("main", "fly", {}, refused);
  const auto nowhere = std::make_shared<RecordingSink>();
  link()->start_command("unknown builder", "shell", {}, nowhere);
  REQUIRE_FALSE(nowhere->is_over());

  run_until([&] { return refused->is_over() && nowhere->is_over(); });

  REQUIRE(refused->failure->starts_with("builtins.ValueError: no such command"));
  REQUIRE(nowhere->failure == "the worker has no such builder");
}

TEST_CASE_METHOD(SessionFixture, "verbs of the link reach the worker") {
  open();
  const auto worker = attach();
  worker->calls.clear();

  REQUIRE(wait_for([&](Reply<> reply) { link()->ping(std::move(reply)); }));
  REQUIRE(wait_for([&](Reply<> reply) { link()->start_build("main", std::move(reply)); }));
  start(*worker);
  link()->interrupt_command(last_command, "enough");
  link()->interrupt_command(last_command + 1, "nobody");
  REQUIRE(wait_for([&](Reply<> reply) { link()->shutdown(std::move(reply)); }));

  const std::vector<std::string> expected{"print ping", "startBuild main", "startCommand main 0 shell",
                                          "interruptCommand main 0 enough", "shutdown"};
  REQUIRE(worker->calls == expected);
}

TEST_CASE_METHOD(SessionFixture, "a changed builder list is sent and the old objects are given back") {
  open();
  const auto worker = attach();
  worker->calls.clear();

  const std::vector<engine::BuilderDir> changed{{"new one", "n"}};
  REQUIRE(wait_for([&](Reply<> reply) { link()->set_builders(changed, std::move(reply)); }));
  REQUIRE(wait_for([&](Reply<> reply) { link()->start_build("new one", std::move(reply)); }));

  REQUIRE(worker->calls == std::vector<std::string>{"setBuilderList", "print attached", "startBuild new one"});
  REQUIRE(worker->decrefs == 1);
  REQUIRE(wait_for([&](Reply<> reply) { link()->start_build("main", std::move(reply)); }).error().code ==
          Errc::not_found);
}

TEST_CASE_METHOD(SessionFixture, "builders that change while a worker attaches are sent before it is attached") {
  open();
  FakeWorker worker(io, port_number);
  run_until([&] { return worker.calls.size() == 3; });
  gate.builder_list.push_back({"late", "late"});

  run_until([&] { return worker.is_logged_in; });

  REQUIRE(wait_for([&](Reply<> reply) { link()->start_build("late", std::move(reply)); }));
}

TEST_CASE_METHOD(SessionFixture, "a lost connection loses its commands first and is then detached") {
  open();
  auto worker = attach();
  const auto sink = start(*worker);
  const auto old_link = link();
  worker->update(worker->commands[0].object, "stdout", wire::Text{"last words\n"});
  worker->send();
  worker->disconnect();

  run_until([&] { return gate.events.size() == 2; });

  REQUIRE(sink->events == std::vector<std::string>{"o last words\n", "lost"});
  REQUIRE(gate.events.back() == "detach w");
  REQUIRE(wait_for([&](Reply<> reply) { old_link->ping(std::move(reply)); }).error().code == Errc::peer_gone);
  const auto late = std::make_shared<RecordingSink>();
  old_link->start_command("main", "shell", {}, late);
  run_until([&] { return late->is_over(); });
  REQUIRE(late->is_lost);
  REQUIRE(port->connection_count() == 0);
}

TEST_CASE_METHOD(SessionFixture, "closing a link tells the engine later, not from inside") {
  open();
  auto worker = attach();
  const auto sink = start(*worker);
  link()->close("not wanted any more");
  REQUIRE_FALSE(sink->is_over());

  run_until([&] { return worker->is_closed; });

  REQUIRE(sink->is_lost);
  REQUIRE(gate.links.empty());
}

TEST_CASE_METHOD(SessionFixture, "the worker's keepalives, wishes to end and unknown calls are answered") {
  open();
  const auto worker = attach();
  worker->call_perspective("keepalive");
  worker->call_perspective("shutdown");
  worker->call_perspective("makeCoffee");
  worker->call_perspective("keepalive");

  run_until([&] { return worker->answers.size() == 3; });

  REQUIRE(gate.events == std::vector<std::string>{"attach w", "shutdown w"});
}

TEST_CASE_METHOD(SessionFixture, "the master prints keepalives") {
  open({.keepalive_interval = 5ms});
  const auto worker = attach();
  run_until([&] { return std::count(worker->calls.begin(), worker->calls.end(), "print keepalive") >= 3; });
}

TEST_CASE_METHOD(SessionFixture, "a paused worker is not read, and goes on where it was") {
  open();
  const auto worker = attach();
  const auto sink = start(*worker);
  const auto object = worker->commands[0].object;
  link()->pause_reading(true);
  REQUIRE_FALSE(wait_for([&](Reply<> reply) {
    // Only one read may still be under way when the pause begins.
    worker->update(object, "stdout", wire::Text{"a\n"});
    worker->send();
    link()->ping([reply](Result<>) { reply(make_error(Errc::busy, "read")); });
    const auto timer = std::make_shared<boost::asio::steady_timer>(io, 100ms);
    timer->async_wait([timer, reply](const auto&) { reply(make_error(Errc::timeout, "not read")); });
  }));
  worker->update(object, "stdout", wire::Text{"b\n"});
  worker->send();
  const auto before = sink->texts["o"];
  io.poll();
  REQUIRE(sink->texts["o"] == before);

  link()->pause_reading(false);
  run_until([&] { return sink->texts["o"] == "a\nb\n"; });
}

TEST_CASE_METHOD(SessionFixture, "who does not log in in time is disconnected") {
  open({.login_limit = 20ms});
  boost::asio::ip::tcp::socket idle(io);
  idle.connect({boost::asio::ip::make_address("127.0.0.1"), port_number});
  run_until([&] { return port->connection_count() == 1; });
  run_until([&] { return port->connection_count() == 0; });
}

TEST_CASE_METHOD(SessionFixture, "of too many connections without login the oldest has to go, workers stay") {
  open({.stranger_limit = 3});
  const auto worker = attach();
  std::vector<boost::asio::ip::tcp::socket> idle;
  for (int i = 0; i < 10; ++i) {
    idle.emplace_back(io).connect({boost::asio::ip::make_address("127.0.0.1"), port_number});
    io.restart();
    io.poll();
  }
  const auto other = attach({.name = "v"});
  REQUIRE(port->connection_count() <= 5);
  REQUIRE_FALSE(worker->is_closed);
}

TEST_CASE_METHOD(SessionFixture, "garbage ends the connection that sent it and nothing else") {
  open();
  const auto worker = attach();
  std::mt19937 random(7);
  for (int i = 0; i < 200; ++i) {
    std::string bytes(1 + random() % 300, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    if (i % 2 == 0) bytes = std::string("\x02\x82pb\x02\x80\x13\x87\x06\x81", 10) + bytes;
    FakeWorker intruder(io, port_number, {.name = "nobody"});
    intruder.send_raw(bytes);
    intruder.disconnect();
    io.restart();
    io.poll();
  }
  FakeWorker oversized(io, port_number);
  oversized.send_raw(std::string("\x02\x82pb\x02\x80\x13\x87\x06\x81", 10) + "\x7f\x7f\x7f\x7f\x7f\x82");
  run_until([&] { return oversized.is_closed; });

  run_until([&] { return port->connection_count() == 1; });
  REQUIRE(wait_for([&](Reply<> reply) { link()->ping(std::move(reply)); }));
}

TEST_CASE_METHOD(SessionFixture, "a stranger that does not read its answers is cut off") {
  open({.login_limit = 1h});
  boost::asio::ip::tcp::socket socket(io);
  socket.connect({boost::asio::ip::make_address("127.0.0.1"), port_number});
  socket.set_option(boost::asio::socket_base::receive_buffer_size(4096));
  socket.non_blocking(true);
  wire::Broker broker(wire::Broker::Role::client);
  broker.feed(std::string_view("\x02\x80\x02\x82pb\x04\x82none", 12));
  for (int i = 0; i < 200; ++i) broker.call(wire::root_object, "noSuchMethod", {}).value();
  const std::string calls = broker.take_output();
  const std::string more = calls.substr(calls.find("\x07\x80"));  // without the greeting
  boost::system::error_code error;
  REQUIRE(socket.write_some(boost::asio::buffer(calls), error) == calls.size());
  run_until([&] { return port->connection_count() == 1; });

  std::size_t place = 0;  // whole calls only: it must not be cut off for garbage
  run_until([&] {
    place = (place + socket.write_some(boost::asio::buffer(more.substr(place)), error)) % more.size();
    return port->connection_count() == 0;
  });
}

TEST_CASE_METHOD(SessionFixture, "a worker that breaks the protocol in a command loses it") {
  open();
  const auto worker = attach();
  const auto sink = start(*worker);
  worker->send_raw(std::string(100, '\x01'));
  run_until([&] { return sink->is_lost; });
  REQUIRE(gate.events.back() == "detach w");
}

TEST_CASE_METHOD(SessionFixture, "stopping the port detaches everybody and replies") {
  open();
  const auto worker = attach();
  bool is_stopped = false;
  port->stop(5s, [&] { is_stopped = true; });
  run_until([&] { return is_stopped && worker->is_closed; });
  REQUIRE(gate.events.back() == "detach w");
  REQUIRE(port->connection_count() == 0);
}

}  // namespace
}  // namespace kiln::session
