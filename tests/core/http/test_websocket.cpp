// SPDX-License-Identifier: MIT
#include <sys/socket.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "tests/core/http/http_client.h"
#include "tests/core/http/served_master.h"

using namespace kiln;
using namespace kiln::testing;

namespace {

Build a_build(std::int64_t id) {
  Build build;
  build.id = BuildId(id);
  build.number = 3;
  build.builderid = BuilderId(4);
  build.buildrequestid = RequestId(8);
  build.workerid = WorkerId(2);
  build.masterid = MasterId(1);
  build.started_at = 1000;
  build.state_string = "starting";
  return build;
}

}  // namespace

TEST_CASE("websocket commands have upstream's answers") {
  struct Case {
    std::string command;
    std::string answer;
  };
  // As recorded from Buildbot 4.3.0 (golden/events/ws-all.jsonl).
  const auto exchange = GENERATE(values<Case>({
      {R"({"cmd": "ping", "_id": 1})", R"({"msg":"pong","code":200,"_id":1})"},
      {R"({"cmd": "startConsuming", "path": "*/*/*", "_id": 2})", R"({"msg":"OK","code":200,"_id":2})"},
      {R"({"cmd": "nosuch", "_id": 20})", R"({"error":"no such command type 'nosuch'","code":404,"_id":20})"},
      {R"({"_id": 21})", R"({"error":"no 'cmd' in websocket frame","code":400,"_id":null})"},
      {R"({"cmd": "ping"})", R"({"error":"no '_id' or 'type' in websocket frame","code":400,"_id":null})"},
      {R"({"cmd": "startConsuming", "path": 5, "_id": 22})",
       R"({"error":"invalid path format '5'","code":400,"_id":22})"},
      {R"({"cmd": "startConsuming", "_id": 23})",
       R"({"error":"Invalid method argument 'WsProtocol.cmd_startConsuming() missing 1 required positional argument: 'path''","code":400,"_id":23})"},
      {R"({"cmd": "stopConsuming", "path": "never/started", "_id": 24})",
       R"({"error":"path was not consumed 'never/started'","code":400,"_id":24})"},
      {R"({"cmd": "ping", "type": "x"})",
       R"({"error":"Invalid method argument 'WsProtocol.cmd_ping() missing 1 required positional argument: '_id''","code":400,"_id":null})"},
  }));
  ServedMaster master(golden_config());
  HttpClient client(master.port());
  REQUIRE(client.upgrade("/ws"));

  client.send_text(exchange.command);

  CHECK(client.receive_text() == exchange.answer);
}

TEST_CASE("an event reaches those who asked for it, once for each pattern") {
  ServedMaster master(golden_config());
  HttpClient client(master.port());
  HttpClient other(master.port());
  REQUIRE(client.upgrade("/ws"));
  REQUIRE(other.upgrade("/ws"));
  for (const char* path : {"builds/*/*", "builds/7/*", "builders/*/*"}) {
    client.send_text(std::string(R"({"cmd":"startConsuming","_id":1,"path":")") + path + "\"}");
    client.receive_text();
  }
  other.send_text(R"({"cmd":"startConsuming","_id":1,"path":"steps/*/*"})");
  other.receive_text();

  master.publish({"new", a_build(7)});
  other.send_text(R"({"cmd":"ping","_id":2})");

  const std::string frame =
      R"({"k":"builds/7/new","m":{"builderid":4,"buildid":7,"buildrequestid":8,"complete":false,)"
      R"("complete_at":null,"locks_duration_s":0,"masterid":1,"number":3,"properties":{},"results":null,)"
      R"("started_at":1000,"state_string":"starting","workerid":2}})";
  CHECK(client.receive_text() == frame);
  CHECK(client.receive_text() == frame);
  CHECK(other.receive_text() == R"({"msg":"pong","code":200,"_id":2})");
}

TEST_CASE("a path is not sent any more after stopConsuming") {
  ServedMaster master(golden_config());
  HttpClient client(master.port());
  REQUIRE(client.upgrade("/ws"));
  client.send_text(R"({"cmd":"startConsuming","_id":1,"path":"builds/*/*"})");
  client.receive_text();
  client.send_text(R"({"cmd":"startConsuming","_id":1,"path":"builds/*/*"})");
  client.receive_text();
  client.send_text(R"({"cmd":"stopConsuming","_id":1,"path":"builds/*/*"})");
  client.receive_text();

  master.publish({"new", a_build(7)});
  client.send_text(R"({"cmd":"ping","_id":2})");

  CHECK(client.receive_text() == R"({"msg":"pong","code":200,"_id":2})");
  CHECK(master.subscriptions() == 0);
}

TEST_CASE("a client that does not read is cut off, the others get everything") {
  ServedMaster master(golden_config());
  HttpClient slow(master.port());
  HttpClient reading(master.port());
  for (HttpClient* client : {&slow, &reading}) {
    REQUIRE(client->upgrade("/ws"));
    client->send_text(R"({"cmd":"startConsuming","_id":1,"path":"builds/*/*"})");
    client->receive_text();
  }
  Build build = a_build(7);
  build.state_string = std::string(100'000, 'x');

  std::size_t received = 0;
  constexpr int events = 400;
  for (int i = 0; i < events; ++i) {
    master.publish({"update", build});
    if (reading.receive_text()) ++received;
  }

  CHECK(received == events);
  CHECK(slow.is_closed_by_server());
  CHECK(master.subscriptions() == 1);
}

TEST_CASE("broken websocket frames end their connection only") {
  struct Case {
    const char* name;
    unsigned char first_byte;
    std::string payload;
    bool masked;
  };
  const auto bad = GENERATE(values<Case>({
      {"not masked", 0x81, "{}", false},
      {"a reserved opcode", 0x83, "{}", true},
      {"reserved bits", 0xF1, "{}", true},
      {"not UTF-8", 0x81, "\xff\xfe", true},
      {"too long", 0x81, std::string(100'000, 'a'), true},
      {"a fragmented ping", 0x09, "x", true},
      {"a long ping", 0x89, std::string(200, 'a'), true},
      {"a continuation of nothing", 0x80, "x", true},
  }));
  ServedMaster master(golden_config());
  HttpClient client(master.port());
  HttpClient other(master.port());
  REQUIRE(client.upgrade("/ws"));
  REQUIRE(other.upgrade("/ws"));
  INFO(bad.name);

  client.send_frame(bad.first_byte, bad.payload, bad.masked);

  CHECK(client.is_closed_by_server());
  other.send_text(R"({"cmd":"ping","_id":1})");
  CHECK(other.receive_text() == R"({"msg":"pong","code":200,"_id":1})");
}

TEST_CASE("odd websocket messages are answered with an error") {
  const auto message = GENERATE(as<std::string>{}, "", "x", "[]", "null", "{\"cmd\":", "\"ping\"",
                                std::string(3000, '['));
  ServedMaster master(golden_config());
  HttpClient client(master.port());
  REQUIRE(client.upgrade("/ws"));

  client.send_text(message);

  const auto answer = client.receive_text();
  REQUIRE(answer);
  CHECK(answer->find("\"code\":400") != std::string::npos);
}

TEST_CASE("a connection that is gone leaves no subscription behind") {
  ServedMaster master(golden_config());
  {
    HttpClient client(master.port());
    REQUIRE(client.upgrade("/ws"));
    client.send_text(R"({"cmd":"startConsuming","_id":1,"path":"*/*/*"})");
    client.receive_text();
    CHECK(master.subscriptions() == 1);
  }

  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (master.subscriptions() > 0 && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  CHECK(master.subscriptions() == 0);
}

TEST_CASE("pages of other sites may not open a websocket") {
  ServedMaster master(golden_config());

  CHECK_FALSE(HttpClient(master.port()).upgrade("/ws", {{"Host", "127.0.0.1:1"}, {"Origin", "http://evil.com"}}));
  CHECK(HttpClient(master.port()).upgrade("/ws", {{"Origin", "http://127.0.0.1"}}));
  CHECK(HttpClient(master.port()).upgrade("/ws", {{"Origin", "http://a.example.org"}}));
}

TEST_CASE("a plain request of /ws is told to upgrade") {
  ServedMaster master(golden_config());
  HttpClient client(master.port());

  const auto answer = client.request("GET", "/ws");

  CHECK(answer.status == 426);
  CHECK(answer.reason == "HTTP Upgrade header missing");
}

TEST_CASE("a server that goes cuts websockets that do not answer its good-bye") {
  ServedMaster master(golden_config());
  HttpClient client(master.port());
  REQUIRE(client.upgrade("/ws"));
  client.send_text(R"({"cmd":"startConsuming","_id":1,"path":"*/*/*"})");
  client.receive_text();

  std::promise<void> stopped;
  master.on_loop([&] { master.server().stop(std::chrono::milliseconds(100), [&] { stopped.set_value(); }); });

  CHECK_FALSE(client.receive_text().has_value());
  CHECK(stopped.get_future().wait_for(std::chrono::seconds(10)) == std::future_status::ready);
  CHECK(master.subscriptions() == 0);
}
