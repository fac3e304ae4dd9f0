// SPDX-License-Identifier: MIT
#include "core/wire/msgpack_peer.h"

#include <catch2/catch_test_macros.hpp>

#include "core/wire/msgpack_messages.h"
#include "tests/core/wire/msgpack_recording.h"
#include "tests/support/result_text.h"

namespace kiln::wire {
namespace {

std::string message(const Json& json) {
  std::string out;
  append_msgpack(out, json);
  return out;
}

std::vector<Json> sent(MsgpackPeer& peer) {
  std::vector<Json> messages;
  for (const auto& bytes : peer.take_output()) messages.push_back(MsgpackCursor(bytes).json().value());
  return messages;
}

ArgDict to_dict(const Json& object) {
  ArgDict dict;
  for (const auto& [key, value] : object.get_object()) dict.push_back({std::string(key), {value}});
  return dict;
}

// Says with `peer` what `json`, a message of a master, says.
void say(MsgpackPeer& peer, const Json& json) {
  const std::string_view op = json.at("op").get_string();
  const auto text = [&](const char* key) { return std::string(json.at(key).get_string()); };
  if (op == "response" && json.as_object().contains("is_exception")) {
    peer.refuse(json.at("seq_number").get_int64(), json.at("result").get_string());
  } else if (op == "response") {
    peer.answer(json.at("seq_number").get_int64(), {json.at("result")});
  } else if (op == "print") {
    request_print(peer, text("message"));
  } else if (op == "keepalive") {
    request_keepalive(peer);
  } else if (op == "get_worker_info") {
    request_worker_info(peer);
  } else if (op == "set_worker_settings") {
    request_settings(peer);
  } else if (op == "shutdown") {
    request_shutdown(peer);
  } else if (op == "interrupt_command") {
    request_interrupt(peer, text("builder_name"), text("command_id"), text("why"));
  } else {
    MsgpackCommand command{{}, text("command_id"), text("command_name"), to_dict(json.at("args"))};
    if (json.as_object().contains("builder_name")) command.builder = text("builder_name");
    request_start(peer, std::move(command));
  }
}

TEST_CASE("a recorded master's messages are ours, byte for byte") {
  for (const int connection : {1, 6}) {
    MsgpackPeer peer;
    for (const auto& [from_master, bytes] : recorded_messages(connection)) {
      if (!from_master) continue;
      const Json json = MsgpackCursor(bytes).json().value();
      say(peer, json);
      const auto output = peer.take_output();
      INFO(dump_json(json));
      REQUIRE(output.size() == 1);
      CHECK(output[0] == bytes);
    }
  }
}

TEST_CASE("all that a recorded worker said is understood") {
  MsgpackPeer peer;
  std::map<std::string, int> counts;
  std::string text;
  for (const auto& [from_master, bytes] : recorded_messages(1)) {
    if (from_master) {
      const Json json = MsgpackCursor(bytes).json().value();
      if (json.at("op") != "response") say(peer, json);
      continue;
    }
    const MsgpackAction action = peer.feed(bytes);
    if (const auto* answered = std::get_if<MsgpackAnswered>(&action)) {
      CHECK(answered->result);
      ++counts["answer"];
      continue;
    }
    const auto& request = std::get<MsgpackRequested>(action);
    ++counts[std::string(request.op)];
    const auto report = read_report(request);
    REQUIRE(report);
    const auto* update = std::get_if<MsgpackUpdate>(&*report);
    if (update == nullptr || update->command != "59") continue;
    for (const auto& item : update->updates.items) {
      if (const auto* stream = std::get_if<StreamUpdate>(&item)) text += stream->text;
      if (const auto* log = std::get_if<LogFileUpdate>(&item)) text += log->name + "=" + std::string(log->text);
    }
  }
  REQUIRE(counts["update"] >= 44);
  REQUIRE(counts["complete"] == 46);
  REQUIRE(counts["update_upload_file_write"] == 3);
  REQUIRE(counts["update_upload_file_utime"] == 1);
  REQUIRE(counts["update_upload_directory_unpack"] == 2);
  REQUIRE(counts["update_read_file"] == 2);
  REQUIRE(counts["answer"] == 88);
  REQUIRE(text.find("out1\n") != std::string::npos);
  REQUIRE(text.find("mylog=logline\n") != std::string::npos);
}

TEST_CASE("requests are counted from 0 and their answers found") {
  MsgpackPeer peer;
  REQUIRE(request_print(peer, "a") == 0);
  REQUIRE(request_print(peer, "b") == 1);

  const auto second = peer.feed(message({{"op", "response"}, {"seq_number", 1}, {"result", "done"}}));
  const auto first = peer.feed(
      message({{"op", "response"}, {"seq_number", 0}, {"result", "it broke"}, {"is_exception", true}}));

  REQUIRE(std::get<MsgpackAnswered>(second).number == 1);
  REQUIRE(std::get<MsgpackAnswered>(second).result.value() == Json("done"));
  REQUIRE(std::get<MsgpackAnswered>(first).number == 0);
  REQUIRE(std::get<MsgpackAnswered>(first).result.error().what == "it broke");
}

TEST_CASE("answers that were not asked for and messages without number are ignored") {
  MsgpackPeer peer;
  request_print(peer, "a");
  const Json answer{{"op", "response"}, {"seq_number", 0}, {"result", nullptr}};
  REQUIRE(std::holds_alternative<MsgpackAnswered>(peer.feed(message(answer))));
  for (const Json& json : {answer, Json{{"op", "response"}, {"seq_number", 7}, {"result", nullptr}},
                           Json{{"op", "update"}}, Json{{"seq_number", 3}}, Json(JsonObject{}),
                           Json{{"op", 3}, {"seq_number", 3}}, Json{{"op", "x"}, {"seq_number", "3"}}}) {
    INFO(dump_json(json));
    CHECK(std::holds_alternative<MsgpackIgnored>(peer.feed(message(json))));
  }
}

TEST_CASE("an answer without result fails the request") {
  MsgpackPeer peer;
  request_print(peer, "a");
  const auto action = peer.feed(message({{"op", "response"}, {"seq_number", 0}}));
  REQUIRE(std::get<MsgpackAnswered>(action).result.error().code == Errc::bad_input);
}

TEST_CASE("what is no map of texts ends the connection") {
  JsonObject many;
  for (std::size_t i = 0; i <= MsgpackPeer::field_limit; ++i) many[std::to_string(i)] = i;
  const std::string good = message({{"op", "print"}, {"seq_number", 0}});
  for (const std::string& bytes : {std::string(), std::string("\xc1"), message(Json(JsonArray{1})), message("text"),
                                   good + "\xc0", good.substr(0, good.size() - 1), std::string("\x81\x01\x02"),
                                   message(Json(many))}) {
    MsgpackPeer peer;
    CHECK(std::holds_alternative<MsgpackClosed>(peer.feed(bytes)));
  }
}

TEST_CASE("requests that cannot be carried out have upstream's texts") {
  const auto refusal = [](const Json& json) {
    MsgpackPeer peer;
    const std::string bytes = message(json);
    return read_report(std::get<MsgpackRequested>(peer.feed(bytes))).error();
  };
  CHECK(refusal({{"op", "fly"}, {"seq_number", 0}}).what == "Command fly does not exist.");
  CHECK(refusal({{"op", "fly"}, {"seq_number", 0}}).code == Errc::not_supported);
  CHECK(refusal({{"op", "complete"}, {"seq_number", 0}, {"args", nullptr}}).what ==
        "'message did not contain obligatory \"command_id\" key'");
  CHECK(refusal({{"op", "update"}, {"seq_number", 0}, {"command_id", "1"}}).what ==
        "'message did not contain obligatory \"args\" key'");
  CHECK(refusal({{"op", "update"}, {"seq_number", 0}, {"command_id", 1}, {"args", nullptr}}).what ==
        "\"command_id\" must be text");
}

TEST_CASE("updates of another shape are refused") {
  const JsonArray lines{"a\n", JsonArray{1}, JsonArray{0.5}};
  const auto reading = [](const Json& args) {
    MsgpackPeer peer;
    const std::string bytes =
        message({{"op", "update"}, {"seq_number", 0}, {"command_id", "1"}, {"args", args}});
    return read_report(std::get<MsgpackRequested>(peer.feed(bytes)));
  };
  REQUIRE(reading(JsonArray{}));
  REQUIRE(reading(JsonArray{JsonArray{"stdout", lines}, JsonArray{"log", JsonArray{"name", lines}}}));
  for (const Json& args : {Json(nullptr), Json("text"), Json(JsonArray{1}), Json(JsonArray{JsonArray{"rc"}}),
                           Json(JsonArray{JsonArray{1, 2}}), Json(JsonArray{JsonArray{"stdout", "text"}}),
                           Json(JsonArray{JsonArray{"stdout", JsonArray{"a\n", JsonArray{}}}}),
                           Json(JsonArray{JsonArray{"log", lines}}),
                           Json(JsonArray{JsonArray{"log", JsonArray{1, lines}}})}) {
    INFO(dump_json(args));
    CHECK(reading(args).error().code == Errc::bad_input);
  }
}

TEST_CASE("the requests of a transfer are read") {
  MsgpackPeer worker;
  worker.request("update_upload_file_write", {{"args", {Bytes{std::string("a\0\xff", 3)}}}, {"command_id", {Json("4")}}});
  worker.request("update_upload_file_utime",
                 {{"access_time", {Json(1)}}, {"modified_time", {Json(2.5)}}, {"command_id", {Json("4")}}});
  worker.request("update_read_file", {{"length", {Json(10)}}, {"command_id", {Json("4")}}});
  worker.request("update_read_file", {{"length", {Json(-1)}}, {"command_id", {Json("4")}}});
  const auto output = worker.take_output();
  MsgpackPeer master;
  const auto read = [&](std::size_t i) { return read_report(std::get<MsgpackRequested>(master.feed(output[i]))); };

  REQUIRE(std::get<WriteRequest>(std::get<MsgpackTransfer>(read(0).value()).request).block == std::string("a\0\xff", 3));
  const auto utime = std::get<UtimeRequest>(std::get<MsgpackTransfer>(read(1).value()).request);
  REQUIRE((utime.accessed == 1 && utime.modified == 2.5));
  REQUIRE(std::get<ReadRequest>(std::get<MsgpackTransfer>(read(2).value()).request).longest == 10);
  REQUIRE(read(3).error().code == Errc::bad_input);
}

TEST_CASE("answers carry bytes and failures") {
  MsgpackPeer peer;
  peer.answer(3, {Bytes{"\xff"}});
  peer.refuse(4, "no \xff");
  const auto output = peer.take_output();
  REQUIRE(output[0] == from_hex("83") + "\xa2op\xa8response\xaaseq_number\x03\xa6result\xc4\x01\xff");
  REQUIRE(MsgpackCursor(output[1]).json().value() ==
          Json{{"op", "response"}, {"seq_number", 4}, {"result", "no \xef\xbf\xbd"}, {"is_exception", true}});
  REQUIRE(sent(peer).empty());
}

}  // namespace
}  // namespace kiln::wire
