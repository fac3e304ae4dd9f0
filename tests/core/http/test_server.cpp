// SPDX-License-Identifier: MIT
#include <zlib.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <fstream>
#include <sstream>

#include "tests/core/http/http_client.h"
#include "tests/core/http/served_master.h"
#include "tests/support/result_text.h"

using namespace kiln;
using namespace kiln::testing;

namespace {

std::string gunzip(const std::string& bytes) {
  std::string text(1 << 20, '\0');
  z_stream stream{};
  inflateInit2(&stream, 31);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(text.data());
  stream.avail_out = static_cast<uInt>(text.size());
  const int status = inflate(&stream, Z_FINISH);
  text.resize(stream.total_out);
  inflateEnd(&stream);
  return status == Z_STREAM_END ? text : std::string();
}

std::string read_file(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

}  // namespace

TEST_CASE("a connection serves one request after the other, also when they come at once") {
  ServedMaster master(golden_config());
  HttpClient client(master.port());

  client.send(
      "GET /api/v2/masters HTTP/1.1\r\nHost: x\r\n\r\n"
      "HEAD /api/v2/masters HTTP/1.1\r\nHost: x\r\n\r\n"
      "GET /api/v2/nosuch HTTP/1.1\r\nHost: x\r\n\r\n"
      "GET /api HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");

  const auto masters = client.receive();
  REQUIRE(masters);
  CHECK(masters->status == 200);
  const auto head = client.receive(false);
  REQUIRE(head);
  CHECK(head->header("content-length") == std::to_string(masters->body.size()));
  CHECK(client.receive()->status == 404);
  CHECK(client.receive()->header("connection") == "close");
  CHECK(client.is_closed_by_server());
}

TEST_CASE("a request may come byte by byte") {
  ServedMaster master(golden_config());
  HttpClient client(master.port());
  const std::string request =
      "POST /api/v2/builds/1 HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: "
      "chunked\r\n\r\n40\r\n{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"stop\",\"params\":{\"reason\":\"a\"}}\r\n0\r\n\r\n";

  for (const char byte : request) client.send(std::string_view(&byte, 1));

  const auto answer = client.receive();
  REQUIRE(answer);
  CHECK(answer->status == 200);
  CHECK(answer->body == "{\"id\":1,\"jsonrpc\":\"2.0\",\"result\":null}");
}

TEST_CASE("HTTP/1.0 gets the connection closed unless it asks to keep it") {
  ServedMaster master(golden_config());
  HttpClient closing(master.port());
  HttpClient keeping(master.port());

  closing.send("GET /api HTTP/1.0\r\n\r\n");
  keeping.send("GET /api HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");

  CHECK(closing.receive()->status == 200);
  CHECK(closing.is_closed_by_server());
  CHECK(keeping.receive()->header("connection") == "keep-alive");
  keeping.send("GET /api HTTP/1.0\r\n\r\n");
  CHECK(keeping.receive()->status == 200);
}

TEST_CASE("bytes that are no request end their connection only") {
  struct Case {
    const char* name;
    std::string bytes;
    int status;  // 0: closed without an answer
  };
  const auto bad = GENERATE(values<Case>({
      {"garbage", std::string("\x00\xff\x16\x03\x01 garbage\r\n\r\n", 17), 400},
      {"a TLS hello", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400},
      {"no version", "GET /\r\n\r\n", 400},
      {"a wrong version", "GET / HTTP/7.5\r\n\r\n", 400},
      {"a header without colon", "GET / HTTP/1.1\r\nHost\r\n\r\n", 400},
      {"a long header", "GET / HTTP/1.1\r\nX: " + std::string(100'000, 'a') + "\r\n\r\n", 431},
      {"a long target", "GET /" + std::string(100'000, 'a') + " HTTP/1.1\r\n\r\n", 431},
      {"endless headers", "GET / HTTP/1.1\r\n" + [] {
         std::string lines;
         for (int i = 0; i < 10'000; ++i) lines += "A: b\r\n";
         return lines;
       }(), 431},
      {"a body that is too long", "POST /api/v2/builds/1 HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n", 413},
      {"a wrong length", "POST /api/v2/builds/1 HTTP/1.1\r\nContent-Length: -5\r\n\r\n", 400},
      {"a wrong chunk size", "POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400},
      {"two lengths", "POST /x HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc", 400},
  }));
  ServedMaster master(golden_config());
  HttpClient other(master.port());
  HttpClient client(master.port());
  INFO(bad.name);

  client.send(bad.bytes);

  const auto answer = client.receive();
  CHECK((answer ? answer->status : 0) == bad.status);
  CHECK(client.is_closed_by_server());
  CHECK(other.request("GET", "/api").status == 200);
}

TEST_CASE("a truncated request is forgotten with its connection") {
  ServedMaster master(golden_config());
  const auto bytes = GENERATE(as<std::string>{}, "", "G", "GET /api HTTP/1.1\r\nHost:",
                              "POST /api/v2/builds/1 HTTP/1.1\r\nContent-Length: 10\r\n\r\nabc");

  { HttpClient(master.port()).send(bytes); }

  HttpClient other(master.port());
  CHECK(other.request("GET", "/api").status == 200);
}

TEST_CASE("when all places are taken by idle connections a new one takes the place of an idle one") {
  http::Server::Options options;
  options.max_connections = 2;
  ServedMaster master(golden_config(), options);
  HttpClient first(master.port());
  HttpClient second(master.port());
  CHECK(first.request("GET", "/api").status == 200);
  CHECK(second.request("GET", "/api").status == 200);

  HttpClient third(master.port());

  CHECK(third.request("GET", "/api").status == 200);
  CHECK(master.on_loop([&] { return master.server().connections(); }) == 2);
}

TEST_CASE("long answers are compressed when the client takes that") {
  ServedMaster master(golden_config());
  HttpClient client(master.port());
  const std::string plain = client.request("GET", "/api/v2/builds", {{"Accept", "application/json"}}).body;

  const auto zipped =
      client.request("GET", "/api/v2/builds", {{"Accept", "application/json"}, {"Accept-Encoding", "gzip"}});
  const auto again =
      client.request("GET", "/api/v2/builds", {{"Accept", "application/json"}, {"Accept-Encoding", "gzip"}});
  const auto refused = client.request("GET", "/api/v2/builds",
                                      {{"Accept", "application/json"}, {"Accept-Encoding", "gzip;q=0"}});

  CHECK(zipped.header("content-encoding") == "gzip");
  CHECK(gunzip(zipped.body) == plain);
  CHECK(again.body == zipped.body);
  CHECK(refused.header("content-encoding").empty());
  CHECK(refused.body == plain);
}

TEST_CASE("an answer is read anew after a commit") {
  ServedMaster master(golden_config());
  HttpClient client(master.port());
  const std::string before = client.request("GET", "/api/v2/schedulers/1").body;

  std::promise<void> committed;
  master.on_loop([&] {
    Unit unit;
    unit.add(writes::SetSchedulerEnabled{SchedulerId(1), false});
    unit.then([&](const Committed&) { committed.set_value(); });
    master.db().journal().commit(std::move(unit));
  });
  REQUIRE(committed.get_future().wait_for(std::chrono::seconds(20)) == std::future_status::ready);

  CHECK(before.find("\"enabled\": true") != std::string::npos);
  CHECK(client.request("GET", "/api/v2/schedulers/1").body.find("\"enabled\": false") != std::string::npos);
}

TEST_CASE("a long log comes in pieces and whole") {
  ServedMaster master(golden_config());
  HttpClient client(master.port());
  std::string lines;
  for (int i = 0; i < 200'000; ++i) lines += "oline " + std::to_string(i) + " \"quoted\"\n";
  master.on_loop([&] {
    auto chunk = std::make_shared<LogChunk>();
    chunk->build = BuildId(1);
    chunk->log = LogId(1);
    chunk->line_count = 200'000;
    chunk->text = lines;
    master.logs().append(std::move(chunk));
  });
  master.set_log_lines(LogId(1), 200'000);

  const auto contents = client.request("GET", "/api/v2/logs/1/contents", {{"Accept", "application/json"}});
  const auto raw = client.request("GET", "/api/v2/logs/1/raw_inline");
  HttpClient old_client(master.port());
  old_client.send("GET /api/v2/logs/1/raw_inline HTTP/1.0\r\n\r\n");

  CHECK(contents.header("transfer-encoding") == "chunked");
  const Json document = parse_json(contents.body).value();
  CHECK(document.at("logchunks").at(0).at("content").get_string() == lines);
  const std::string heading = "Builder: main\nBuild number: 1\nWorker name: w-pb\n";
  CHECK(raw.body.size() == heading.size() + lines.size() - 200'000);
  CHECK(raw.body.ends_with("line 199999 \"quoted\"\n"));
  CHECK(old_client.receive()->body == raw.body);
}

TEST_CASE("what is asked for in http.log is written there") {
  http::Server::Options options;
  const auto file = std::filesystem::temp_directory_path() / ("kiln-http-log-" + std::to_string(::getpid()));
  options.access_log = file;
  {
    ServedMaster master(golden_config(), options);
    HttpClient client(master.port());
    client.request("GET", "/api/v2/builds/999?x=\"y\"", {{"User-Agent", "a \"tester\\"}});
  }

  const std::string text = read_file(file);
  std::filesystem::remove(file);
  CHECK(text.starts_with("127.0.0.1 - - ["));
  CHECK(text.find("\"GET /api/v2/builds/999?x=\\x22y\\x22 HTTP/1.1\" 400 ") != std::string::npos);
  CHECK(text.ends_with("\"-\" \"a \\x22tester\\x5c\"\n"));
}

TEST_CASE("the port of another server is refused with one clear sentence") {
  ServedMaster master(golden_config());

  const auto second = master.on_loop([&] {
    http::Server server({master.executor(), master.api(), master.controls(), master.authz(), master.events()}, {});
    return server.start("tcp:" + std::to_string(master.port()) + ":interface=127.0.0.1");
  });

  REQUIRE(second.has_error());
  CHECK(second.error().code == Errc::conflict);
  CHECK(second.error().what.find(std::to_string(master.port())) != std::string::npos);
}

TEST_CASE("a stopping server lets idle connections go and ends") {
  ServedMaster master(golden_config());
  HttpClient client(master.port());
  CHECK(client.request("GET", "/api").status == 200);

  std::promise<void> stopped;
  master.on_loop([&] { master.server().stop(std::chrono::seconds(20), [&] { stopped.set_value(); }); });

  CHECK(stopped.get_future().wait_for(std::chrono::seconds(10)) == std::future_status::ready);
  CHECK(client.is_closed_by_server());
}
