// SPDX-License-Identifier: MIT
// What is particular to workers that speak msgpack over a websocket.
#include <unistd.h>

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <cstdlib>
#include <filesystem>

#include "core/base/base64.h"
#include "core/session/websocket.h"
#include "tests/core/session/fake_msgpack_worker.h"
#include "tests/core/session/fake_transfer.h"
#include "tests/core/session/session_support.h"

namespace kiln::session {
namespace {

using namespace std::chrono_literals;
using Texts = std::vector<std::string>;

class MsgpackFixture : public PortFixture {
 public:
  void serve(WorkerPort::Options options = {}) { open(options, 0, WorkerProtocol::msgpack); }

  std::unique_ptr<FakeMsgpackWorker> attach(FakeMsgpackWorker::Habits habits = {}) {
    auto worker = std::make_unique<FakeMsgpackWorker>(io, port_number, std::move(habits));
    run_until([&] { return link() != nullptr; });
    return worker;
  }

  // The arguments that reach the worker.
  std::string sent(FakeMsgpackWorker& worker, const std::string& command, const JsonObject& args) {
    const auto before = worker.commands.size();
    link()->start_command("main", command, args, std::make_shared<RecordingSink>());
    run_until([&] { return worker.commands.size() > before; });
    return worker.commands.back().name + " " + dump_json(worker.commands.back().args);
  }

  // What the server says to a raw request, until it closes the connection.
  std::string answer_to(const std::string& request) {
    boost::asio::ip::tcp::socket socket(io);
    socket.connect({boost::asio::ip::make_address("127.0.0.1"), port_number});
    boost::asio::write(socket, boost::asio::buffer(request));
    std::string answer, buffer(1000, '\0');
    bool is_closed = false;
    const std::function<void()> read = [&] {
      socket.async_read_some(boost::asio::buffer(buffer), [&](const auto& error, std::size_t size) {
        answer.append(buffer, 0, size);
        if (error) {
          is_closed = true;
        } else {
          read();
        }
      });
    };
    read();
    run_until([&] { return is_closed; });
    return answer;
  }
};

std::string upgrade(const std::string& more) {
  return "GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
         "Sec-WebSocket-Key: eQ9A9BgqYrK1Z362e5/MJQ==\r\n" +
         more + "\r\n";
}

std::string basic(const std::string& text) { return "Authorization: Basic " + to_base64(text) + "\r\n"; }

TEST_CASE_METHOD(MsgpackFixture, "msgpack: a worker attaches in upstream's order") {
  gate.builder_list = {{"main", "bd-main"}, {"other", "other"}};
  serve();

  const auto worker = attach({.files = {{"buildbot.tac", 0100600}}});

  REQUIRE(worker->calls == Texts{"print attached", "get_worker_info", "set_worker_settings", "print attached",
                                 "print attached"});
  REQUIRE(worker->setup == Texts{R"(listdir {"path":"/srv/w"})",
                                 R"(mkdir {"paths":["/srv/w/bd-main","/srv/w/info","/srv/w/other"]})"});
  REQUIRE(worker->failures.empty());
}

TEST_CASE_METHOD(MsgpackFixture, "msgpack: directories that are there are not made") {
  serve();
  const auto worker = attach({.files = {{"bd-main", 040755}, {"info", 040755}}});
  REQUIRE(worker->setup == Texts{R"(listdir {"path":"/srv/w"})"});
}

TEST_CASE_METHOD(MsgpackFixture, "msgpack: leftover directories are removed when the worker wants it") {
  gate.builder_list = {{"main", "deep/down"}};
  serve();
  const auto worker = attach({.deletes_leftover_dirs = true,
                              .files = {{"old", 040755}, {"twistd.log", 0100644}, {"info", 040755}, {"deep", 040755}}});
  REQUIRE(worker->setup == Texts{R"(listdir {"path":"/srv/w"})", R"(stat {"path":"/srv/w/old"})",
                                 R"(stat {"path":"/srv/w/twistd.log"})", R"(rmdir {"paths":["/srv/w/old"]})",
                                 R"(mkdir {"paths":["/srv/w/deep/down"]})"});
}

TEST_CASE_METHOD(MsgpackFixture, "msgpack: a worker whose directories cannot be made is not attached") {
  serve();
  FakeMsgpackWorker worker(io, port_number, {.makes_directories = false});
  run_until([&] { return worker.is_closed; });
  REQUIRE(gate.events.empty());
  REQUIRE(worker.setup.back().starts_with("mkdir"));
}

TEST_CASE_METHOD(MsgpackFixture, "msgpack: commands have the protocol's names, arguments and absolute paths") {
  serve();
  const auto worker = attach();
  CHECK(sent(*worker, "shell", {{"workdir", "build"}, {"want_stdout", 1}, {"want_stderr", false}, {"command", "true"}}) ==
        R"(shell {"workdir":"/srv/w/bd-main/build","want_stdout":true,"want_stderr":false,"command":"true"})");
  CHECK(sent(*worker, "mkdir", {{"dir", "build/sub"}}) == R"(mkdir {"paths":["/srv/w/bd-main/build/sub"]})");
  CHECK(sent(*worker, "rmdir", {{"dir", JsonArray{"a", "/b"}}, {"timeout", 60}}) ==
        R"(rmdir {"timeout":60,"paths":["/srv/w/bd-main/a","/b"]})");
  CHECK(sent(*worker, "cpdir", {{"fromdir", "a"}, {"todir", "b"}, {"timeout", 60}, {"logEnviron", false}}) ==
        R"(cpdir {"timeout":60,"logEnviron":false,"from_path":"/srv/w/bd-main/a","to_path":"/srv/w/bd-main/b"})");
  CHECK(sent(*worker, "stat", {{"file", "a.txt"}, {"workdir", "build"}}) ==
        R"(stat {"workdir":"build","path":"/srv/w/bd-main/build/a.txt"})");
  CHECK(sent(*worker, "glob", {{"path", "build/*.txt"}}) == R"(glob {"path":"/srv/w/bd-main/build/*.txt"})");
  CHECK(sent(*worker, "listdir", {{"dir", "build"}}) == R"(listdir {"path":"/srv/w/bd-main/build"})");
  CHECK(sent(*worker, "rmfile", {{"path", "~/x"}, {"logEnviron", true}}) ==
        R"(rmfile {"path":"/home/b/x","logEnviron":true})");
  CHECK(sent(*worker, "uploadFile", {{"workdir", "build"}, {"blocksize", 10}, {"writer", nullptr}, {"workersrc", "a"}}) ==
        R"(upload_file {"workdir":"build","blocksize":10,"workersrc":"a","path":"/srv/w/bd-main/build/a"})");
  CHECK(sent(*worker, "uploadDirectory", {{"workdir", "build"}, {"workersrc", "~"}, {"compress", nullptr}}) ==
        R"(upload_directory {"workdir":"build","workersrc":"~","compress":null,"path":"/home/b"})");
  CHECK(sent(*worker, "downloadFile", {{"workdir", ""}, {"workerdest", "a"}, {"mode", 420}}) ==
        R"(download_file {"workdir":"","workerdest":"a","mode":420,"path":"/srv/w/bd-main/a"})");
  CHECK(sent(*worker, "fly", {{"dir", "build"}}) == R"(fly {"dir":"build"})");
}

TEST_CASE_METHOD(MsgpackFixture, "msgpack: a command without a needed argument completes with the reason") {
  serve();
  const auto worker = attach();
  for (const char* command : {"shell", "mkdir", "rmdir", "cpdir", "stat", "glob", "listdir", "rmfile", "uploadFile"}) {
    const auto sink = std::make_shared<RecordingSink>();
    link()->start_command("main", command, {{"dir", JsonArray{1}}, {"path", 1}}, sink);
    run_until([&] { return sink->is_over(); });
    INFO(command);
    CHECK(sink->failure.value_or("").find("is missing or no text") != std::string::npos);
  }
  REQUIRE(worker->commands.empty());
}

TEST_CASE_METHOD(MsgpackFixture, "msgpack: paths of a Windows worker have its rules") {
  serve();
  const auto worker = attach({.system = "nt", .basedir = "C:\\w"});
  REQUIRE(worker->setup == Texts{R"(listdir {"path":"C:\\w"})", R"(mkdir {"paths":["C:\\w\\bd-main"]})"});
  CHECK(sent(*worker, "mkdir", {{"dir", "build/sub"}}) == R"(mkdir {"paths":["C:\\w\\bd-main\\build/sub"]})");
  CHECK(sent(*worker, "mkdir", {{"dir", "D:\\x"}}) == R"(mkdir {"paths":["D:\\x"]})");
}

TEST_CASE_METHOD(MsgpackFixture, "msgpack: the end of a command may carry a failure's text") {
  serve();
  const auto worker = attach();
  const auto sink = std::make_shared<RecordingSink>();
  link()->start_command("main", "mkdir", {{"dir", "d"}}, sink);
  run_until([&] { return !worker->commands.empty(); });
  worker->request("complete", {{"args", {Json("Traceback: it broke")}}, {"command_id", {Json(worker->commands[0].id)}}});
  run_until([&] { return sink->is_over(); });
  REQUIRE(sink->failure == "Traceback: it broke");
}

TEST_CASE_METHOD(MsgpackFixture, "msgpack: requests that make no sense are answered with upstream's texts") {
  serve();
  const auto worker = attach();
  worker->request("fly", {});
  worker->request("update", {{"args", {Json(JsonArray())}}, {"command_id", {Json("77")}}});
  worker->request("update", {{"args", {Json(JsonArray())}}, {"command_id", {Json("x")}}});
  worker->request("complete", {{"args", {Json(nullptr)}}});
  run_until([&] { return worker->failures.size() == 4; });
  REQUIRE(worker->failures == Texts{"Command fly does not exist.", "'unknown \"command_id\"'", "'unknown \"command_id\"'",
                                    "'message did not contain obligatory \"command_id\" key'"});
}

TEST_CASE_METHOD(MsgpackFixture, "msgpack: pings are answered, text messages passed over") {
  serve();
  const auto worker = attach();
  worker->send_ping();
  run_until([&] { return worker->pongs == 1; });
  worker->send_message("hello", true);
  REQUIRE(wait_for([&](Reply<> reply) { link()->ping(std::move(reply)); }));
}

TEST_CASE_METHOD(MsgpackFixture, "msgpack: the master says that it lives") {
  serve({.keepalive_interval = 5ms});
  const auto worker = attach();
  run_until([&] { return std::count(worker->calls.begin(), worker->calls.end(), "keepalive") >= 3; });
}

TEST_CASE_METHOD(MsgpackFixture, "msgpack: requests without the right to connect have upstream's statuses") {
  serve();
  CHECK(answer_to(upgrade("")).starts_with("HTTP/1.1 401 Unauthorized\r\n"));
  CHECK(answer_to(upgrade(basic("nobody:secret"))).starts_with("HTTP/1.1 401 Unauthorized\r\n"));
  CHECK(answer_to(upgrade(basic("w:wrong"))).starts_with("HTTP/1.1 401 Unauthorized\r\n"));
  CHECK(answer_to(upgrade(basic("no colon"))).starts_with("HTTP/1.1 400 Bad request\r\n"));
  CHECK(answer_to(upgrade("Authorization: Basic !!!\r\n")).starts_with("HTTP/1.1 400 Bad request\r\n"));
  CHECK(answer_to(upgrade("Authorization: Bearer abc\r\n")).starts_with("HTTP/1.1 400 Bad request\r\n"));
  CHECK(answer_to("GET / HTTP/1.1\r\nHost: h\r\n\r\n").starts_with("HTTP/1.1 426 "));
  CHECK(answer_to("\x16\x03\x01 nonsense\r\n\r\n").empty());
  CHECK(answer_to("GET / HTTP/1.1\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n").empty());
  REQUIRE(gate.events.empty());
  REQUIRE(port->connection_count() == 0);
}

TEST_CASE_METHOD(MsgpackFixture, "msgpack: a connection without login is ended in time") {
  serve({.login_limit = 50ms});
  REQUIRE(answer_to("GET / HTTP").empty());
  REQUIRE(port->connection_count() == 0);
}

TEST_CASE_METHOD(MsgpackFixture, "msgpack: of too many strangers the oldest has to go, workers stay") {
  serve({.stranger_limit = 3});
  const auto worker = attach();
  std::vector<boost::asio::ip::tcp::socket> idle;
  for (int i = 0; i < 10; ++i) {
    idle.emplace_back(io).connect({boost::asio::ip::make_address("127.0.0.1"), port_number});
    io.restart();
    io.poll();
  }
  run_until([&] { return port->connection_count() <= 4; });
  REQUIRE_FALSE(worker->is_closed);
}

TEST_CASE_METHOD(MsgpackFixture, "msgpack: a message beyond the limit ends the connection") {
  serve();
  const auto worker = attach();
  worker->send_message(std::string(websocket_message_limit + 1, 'x'));
  run_until([&] { return worker->is_closed; });
  REQUIRE(gate.events.back() == "detach w");
}

TEST_CASE_METHOD(MsgpackFixture, "msgpack: messages of many sizes arrive whole") {
  serve();
  const auto worker = attach();
  const auto sink = std::make_shared<RecordingSink>();
  const auto state = std::make_shared<FakeTransfer::State>();
  link()->start_command("main", "uploadFile", {{"workdir", "."}, {"workersrc", "f"}}, sink,
                        std::make_shared<FakeTransfer>(io.get_executor(), state));
  run_until([&] { return !worker->commands.empty(); });
  std::string all;
  for (const std::size_t size : {0u, 1u, 125u, 126u, 65'535u, 65'536u, 1'000'000u, 5'000'000u}) {
    const std::string block(size, static_cast<char>('a' + all.size() % 26));
    const auto before = state->calls.size();
    worker->request("update_upload_file_write",
                    {{"args", {wire::Bytes{block}}}, {"command_id", {Json(worker->commands[0].id)}}});
    run_until([&] { return state->calls.size() > before; });
    all += block;
  }
  REQUIRE(state->data == all);
}

TEST_CASE_METHOD(MsgpackFixture, "msgpack: an ssl endpoint is served with TLS") {
  const auto pem = std::filesystem::temp_directory_path() / ("kiln-session-" + std::to_string(::getpid()) + ".pem");
  const std::string make = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj "
                           "/CN=localhost -keyout " + pem.string() + " -out " + pem.string() + ".crt 2>/dev/null";
  REQUIRE(std::system(make.c_str()) == 0);
  port = std::make_unique<WorkerPort>(io.get_executor(), gate);
  const auto endpoint = net::parse_endpoint("ssl:0:interface=127.0.0.1:privateKey=" + pem.string() + ":certKey=" +
                                            pem.string() + ".crt");
  port_number = port->start(endpoint.value(), WorkerProtocol::msgpack).value().port;
  std::filesystem::remove(pem);
  std::filesystem::remove(pem.string() + ".crt");

  FakeMsgpackWorker plain(io, port_number, {.name = "v"});
  const auto worker = attach({.uses_tls = true});
  REQUIRE(sent(*worker, "mkdir", {{"dir", std::string(100'000, 'd')}}).size() > 100'000);
  worker->send_ping();
  run_until([&] { return worker->pongs == 1 && plain.is_closed; });
  link()->close("test");
  run_until([&] { return worker->is_closed; });
}

TEST_CASE_METHOD(MsgpackFixture, "msgpack: what is obfuscated reaches the worker, and its header shows something else") {
  serve();
  const auto worker = attach();
  const JsonObject args{{"workdir", "."},
                        {"command", JsonArray{"login", JsonObject{{"__obfuscated__", JsonArray{"pw", "XX"}}}}},
                        {"initial_stdin", JsonObject{{"__bytes__", "abc"}}}};
  const auto sink = std::make_shared<RecordingSink>();
  link()->start_command("main", "shell", args, sink);
  run_until([&] { return !worker->commands.empty(); });
  worker->update(worker->commands[0].id, {JsonArray{"header", JsonArray{"login pw\n argv: [b'pw']\n", JsonArray{}, JsonArray{}}},
                                          JsonArray{"stdout", JsonArray{"pw\n", JsonArray{}, JsonArray{}}}});
  run_until([&] { return sink->events.size() == 2; });

  REQUIRE(dump_json(worker->commands[0].args) ==
          R"({"workdir":"/srv/w/bd-main/.","command":["login","pw"],"initial_stdin":"abc"})");
  REQUIRE(sink->texts["h"] == "login XX\n argv: [b'XX']\n");
  REQUIRE(sink->texts["o"] == "pw\n");
}

}  // namespace
}  // namespace kiln::session
