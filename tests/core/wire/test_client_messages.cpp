// SPDX-License-Identifier: MIT
#include "core/wire/client_messages.h"
#include "core/wire/worker_messages.h"
#include "tests/core/wire/recording.h"
#include "tests/core/wire/wire_support.h"

using namespace kiln;
using namespace kiln::wire;

namespace {

// A master's side of a recorded client connection, logged in; keeps the calls of the client.
struct RecordedClient {
  explicit RecordedClient(int number) {
    const std::string stream = recorded_stream(recorded_connection(number), false);
    broker.lift_limits();
    // What the client says depends on ids only, so it can be heard at once after these exports.
    broker.export_object(Challenger{"", ""}).value();
    broker.export_object(Perspective{1}).value();
    broker.export_object(TryBuildset{1}).value();
    broker.export_object(TryRequest{1}).value();
    broker.export_object(TryBuild{1}).value();
    for (Action& action : broker.feed(stream)) {
      if (auto* called = std::get_if<Called>(&action)) calls.push_back(std::move(*called));
    }
    broker.take_output();
  }

  Broker broker{Broker::Role::server};
  std::vector<Called> calls;
};

Called called(std::vector<Jelly> args) {
  return {.call = {},
          .object = {},
          .target = Perspective{},
          .method = "try",
          .args = std::move(args),
          .kwargs = {}};
}

std::string sent(int number, std::size_t expression) {
  return decode_all(recorded_stream(recorded_connection(number), true)).value().at(expression);
}

}  // namespace

TEST_CASE("a recorded sendchange is read", "[client]") {
  const RecordedClient client(2);

  REQUIRE(client.calls.size() == 1);
  CHECK(client.calls[0].method == "addChange");
  const JsonObject change = read_change(client.calls[0]).value();
  CHECK(change.at("project") == "proj-a");
  CHECK(change.at("who") == "Sender <s@x.org>");
  CHECK(dump_json(change.at("files")) == R"(["src/a.c","src/b.c"])");
  CHECK(change.at("comments") == "sent change \xc3\xa9");
}

TEST_CASE("a recorded try job is read", "[client]") {
  const RecordedClient client(4);

  CHECK(client.calls.at(0).method == "try");
  const TryJob job = read_try_job(client.calls[0]).value();
  CHECK(job.branch == "main");
  CHECK(job.revision == "base1");
  REQUIRE(job.patch);
  CHECK(job.patch->level == 0);
  CHECK(job.patch->diff == "--- a.txt\n+++ a.txt\n@@ -1 +1 @@\n-a\n+A\n");
  CHECK(job.repository == "file:///repo");
  CHECK(job.builders == std::vector<std::string>{"child"});
  CHECK(job.who == "Trier <t@x.org>");
  CHECK(job.comment == "a try");
  CHECK(dump_json(job.properties) == R"({"tp":"tv"})");
}

TEST_CASE("a recorded try client subscribes with its object", "[client]") {
  const RecordedClient client(4);
  std::vector<ObjectId> subscribers;
  for (const Called& call : client.calls) {
    if (call.method == "subscribe") subscribers.push_back(read_subscriber(call).value());
  }

  CHECK(subscribers == std::vector<ObjectId>{ObjectId(1), ObjectId(1)});
}

TEST_CASE("a try job may leave out nearly everything", "[client]") {
  const TryJob job = read_try_job(called({{}, {}, {}, {}, {}, {}})).value();

  CHECK(!job.branch);
  CHECK(!job.patch);
  CHECK(job.builders.empty());
  CHECK(job.properties.empty());
}

TEST_CASE("wrong client arguments are refused by name", "[client]") {
  CHECK(read_try_job(called({})).error().what.find("at least 6") != std::string::npos);
  CHECK(read_try_job(called({integer(1), {}, {}, {}, {}, {}})).error().what.find("\"branch\"") !=
        std::string::npos);
  CHECK(read_try_job(called({{}, {}, text("x"), {}, {}, {}})).error().what.find("\"patch\"") !=
        std::string::npos);
  CHECK(
      read_try_job(called({{}, {}, {}, {}, {}, text("b")})).error().what.find("\"builderNames\"") !=
      std::string::npos);
  CHECK(read_try_job(called({{}, {}, {}, {}, {}, {}, {}, {}, text("p")}))
            .error()
            .what.find("\"properties\"") != std::string::npos);
  CHECK(read_try_job(called(std::vector<Jelly>(10))).error().what.find("at most 9") !=
        std::string::npos);
  CHECK(read_change(called({})).has_error());
  CHECK(read_change(called({text("x")})).has_error());
  CHECK(read_subscriber(called({text("x")})).has_error());
}

TEST_CASE("answers to a try client have the recorded bytes", "[client]") {
  RecordedClient client(4);
  Broker& broker = client.broker;

  REQUIRE(answer_object(broker, {3}, TryBuildset{1}).has_value());
  CHECK(broker.take_output() == sent(4, 4));
  REQUIRE(answer_requests(broker, {4}, {{"child", TryRequest{1}}}).has_value());
  CHECK(broker.take_output() == sent(4, 5));
  REQUIRE(answer_none(broker, {5}).has_value());
  CHECK(broker.take_output() == sent(4, 6));
}

TEST_CASE("notes to a try client have the recorded bytes", "[client]") {
  Broker broker(Broker::Role::server);
  broker.take_output();
  for (std::uint64_t key = 0; key < 4; ++key) broker.export_object(Command{key}).value();
  const ObjectId subscriber(1);

  REQUIRE(call_new_build(broker, subscriber, TryBuild{1}, "child").has_value());
  CHECK(broker.take_output() == sent(4, 7));
  REQUIRE(call_step_finished(broker, subscriber, {"child", TryBuild{1}, "worker_preparation"}, 0)
              .has_value());
  CHECK(broker.take_output() == sent(4, 9));
  REQUIRE(call_step_started(broker, subscriber, {"child", TryBuild{1}, "child"}).has_value());
  CHECK(broker.take_output() == sent(4, 10));
  REQUIRE(answer_json(broker, {9}, Json(JsonArray{"build successful"})).has_value());
  CHECK(broker.take_output() == sent(4, 14));
}
