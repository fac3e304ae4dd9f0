// SPDX-License-Identifier: MIT
#include <catch2/generators/catch_generators.hpp>

#include "core/wire/updates.h"
#include "core/wire/worker_messages.h"
#include "tests/core/wire/wire_support.h"

using namespace kiln;
using namespace kiln::wire;

namespace {

Jelly dict(std::vector<JellyPair> items) { return JellyDict{std::move(items)}; }

// The argument tuple of `update` with one pair.
Jelly update_args(Jelly items, std::int64_t number = 0) {
  return JellyTuple{{JellyList{{JellyList{{std::move(items), integer(number)}}}}}};
}

template <class T>
T only_update(const Jelly& args) {
  const std::string encoded = encode(args);
  auto updates = read_updates(encoded);
  REQUIRE(updates.has_value());
  REQUIRE(updates->items.size() == 1);
  REQUIRE(std::holds_alternative<T>(updates->items.front()));
  return std::get<T>(updates->items.front());
}

bool lies_within(std::string_view part, std::string_view whole) {
  return part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size();
}

// A server that has been greeted and whose output is empty.
Broker connected_broker() {
  Broker broker(Broker::Role::server);
  broker.feed("\x02\x82pb\x02\x80\x13\x87\x06\x81"sv);
  broker.take_output();
  return broker;
}

// The arguments of the one message that the broker sends.
std::vector<Jelly> sent_args(Broker& broker) {
  const std::string output = broker.take_output();
  const Value value = parse_value(output);
  return std::get<JellyTuple>(read_jelly(std::get<Value::List>(value.data).at(5)).value().data)
      .items;
}

}  // namespace

TEST_CASE("text of an update is a view into the received bytes", "[updates]") {
  const auto key = GENERATE("stdout", "stderr", "header");
  const std::string encoded = encode(update_args(dict({{text(key), text("line\n")}})));

  const auto updates = read_updates(encoded).value();

  REQUIRE(updates.items.size() == 1);
  const auto& stream = std::get<StreamUpdate>(updates.items[0]);
  CHECK(stream.text == "line\n");
  CHECK(lies_within(stream.text, encoded));
  CHECK(stream.stream == (key == "stdout"sv   ? UpdateStream::standard_output
                          : key == "stderr"sv ? UpdateStream::standard_error
                                              : UpdateStream::header));
}

TEST_CASE("each key of an update has its type", "[updates]") {
  const auto log = only_update<LogFileUpdate>(
      update_args(dict({{text("log"), JellyTuple{{text("my.log"), bytes("x\xff\n")}}}})));
  CHECK(log.name == "my.log");
  CHECK(only_update<ExitCodeUpdate>(update_args(dict({{text("rc"), integer(-1)}}))).code == -1);
  CHECK(only_update<ElapsedUpdate>(update_args(dict({{text("elapsed"), Jelly(0.25)}}))).seconds ==
        0.25);
  CHECK(only_update<ElapsedUpdate>(update_args(dict({{text("elapsed"), integer(2)}}))).seconds ==
        2);
  CHECK(only_update<FailureReasonUpdate>(
            update_args(dict({{text("failure_reason"), text("timeout")}})))
            .reason == "timeout");
  CHECK(only_update<FilesUpdate>(
            update_args(dict({{text("files"), JellyList{{text("a"), bytes("b\xff")}}}})))
            .names == std::vector<std::string>{"a", "b\xef\xbf\xbd"});
  std::vector<Jelly> fields;
  for (std::int64_t i = 0; i < 10; ++i) fields.push_back(i);
  CHECK(
      only_update<StatUpdate>(update_args(dict({{text("stat"), JellyTuple{fields}}}))).fields[9] ==
      9);
}

TEST_CASE("updates of unknown keys or unexpected types are kept as JSON", "[updates]") {
  struct Case {
    const char* key;
    Jelly value;
    std::string json;
  };
  const auto c =
      GENERATE(Case{"frob", JellyList{{integer(1)}}, "[1]"}, Case{"rc", Jelly(), "null"},
               Case{"stdout", integer(1), "1"}, Case{"stat", JellyTuple{{integer(1)}}, "[1]"},
               Case{"log", text("x"), "\"x\""}, Case{"files", text("x"), "\"x\""},
               Case{"elapsed", text("x"), "\"x\""}, Case{"failure_reason", integer(1), "1"});

  const auto other = only_update<OtherUpdate>(update_args(dict({{text(c.key), c.value}})));

  CHECK(other.key == c.key);
  CHECK(dump_json(other.value) == c.json);
}

TEST_CASE("several pairs with byte strings of an old worker are read in order", "[updates]") {
  const Jelly args = JellyTuple{{JellyList{
      {JellyList{
           {dict({{bytes("stdout"), bytes("a\xff")}, {bytes("stderr"), bytes("b")}}), integer(3)}},
       JellyList{{dict({{bytes("rc"), integer(0)}}), integer(5)}}}}}};
  const std::string encoded = encode(args);

  const auto updates = read_updates(encoded).value();

  CHECK(updates.number == 5);
  REQUIRE(updates.items.size() == 3);
  CHECK(std::get<StreamUpdate>(updates.items[0]).text == "a\xff");
  CHECK(std::get<StreamUpdate>(updates.items[1]).text == "b");
  CHECK(std::get<ExitCodeUpdate>(updates.items[2]).code == 0);
}

TEST_CASE("updates in a less usual form are read too", "[updates]") {
  const Value key = list({string("unicode"), string("stdout")});
  const Value content = list({string("unicode"), string("text")});
  const Value pair =
      list({string("tuple"), list({string("dictionary"), list({key, content})}), number(4)});
  const Value shared = list({string("list"), list({string("reference"), number(1), pair}),
                             list({string("dereference"), number(1)})});
  const std::string encoded = encode(list({string("tuple"), shared}));

  auto updates = read_updates(encoded).value();
  const Updates moved = std::move(updates);

  REQUIRE(moved.items.size() == 2);
  CHECK(moved.number == 4);
  CHECK(std::get<StreamUpdate>(moved.items[1]).text == "text");
}

TEST_CASE("updates that are none are refused", "[updates]") {
  const auto args = GENERATE(Jelly(), Jelly(JellyTuple{}), Jelly(JellyTuple{{integer(1)}}),
                             Jelly(JellyTuple{{JellyList{{integer(1)}}}}),
                             Jelly(JellyTuple{{JellyList{{JellyList{{integer(1), integer(0)}}}}}}),
                             update_args(dict({{integer(1), text("x")}})),
                             update_args(dict({{text("x"), RemoteRef{ObjectId(1)}}})));
  const std::string encoded = encode(args);

  CHECK(read_updates(encoded).error().code == Errc::bad_input);
}

TEST_CASE("an update call reaches the host with its command", "[updates]") {
  Broker broker = connected_broker();
  const ObjectId id = broker.export_object(Command{42}).value();
  const Jelly args = update_args(dict({{text("stdout"), text("hello\n")}}), 2);
  const std::string bytes =
      encode(list({string("message"), number(8), number(id.value), string("update"), number(1)}));
  const std::string message = "\x07" + bytes.substr(1) + encode(args) + encode(dict({}));
  const std::size_t cut =
      GENERATE_COPY(std::size_t{0}, std::size_t{1}, message.size() / 2, message.size() - 1);

  CHECK(broker.feed(std::string_view(message).substr(0, cut)).empty());
  const Actions actions = broker.feed(std::string_view(message).substr(cut));

  REQUIRE(actions.size() == 1);
  const auto& updated = std::get<CommandUpdated>(actions[0]);
  CHECK(updated.command.key == 42);
  CHECK(updated.call.id == 8);
  CHECK(updated.updates.number == 2);
  CHECK(std::get<StreamUpdate>(updated.updates.items.at(0)).text == "hello\n");
  REQUIRE(answer_number(broker, updated.call, updated.updates.number).has_value());
  CHECK(broker.take_output() == encode(list({string("answer"), number(8), number(2)})));
}

TEST_CASE("worker info of an old worker is read from bytes", "[messages]") {
  const Jelly answer = dict({{bytes("admin"), bytes("caf\xe9")},
                             {bytes("slave_commands"), dict({{bytes("shell"), bytes("2.16")}})},
                             {bytes("environ"), dict({{bytes("PATH"), bytes("/bin")}})},
                             {bytes("system"), bytes("nt")},
                             {bytes("version"), bytes("0.8.14")},
                             {bytes("weird"), JellyList{{integer(1)}}}});

  const WorkerInfo info = read_worker_info(answer).value();

  CHECK(info.info.at("admin") == "caf\xef\xbf\xbd");
  CHECK(info.commands.at("shell") == "2.16");
  CHECK(info.environ.at("PATH") == "/bin");
  CHECK(info.system == "nt");
  CHECK(info.version == "0.8.14");
  CHECK(!info.cpus);
  CHECK(dump_json(info.others) == R"({"weird":[1]})");
}

TEST_CASE("answers of the wrong type are refused", "[messages]") {
  CHECK(read_worker_info(text("x")).has_error());
  CHECK(read_worker_info(dict({{text("x"), RemoteRef{ObjectId(1)}}})).has_error());
  CHECK(read_commands(JellyList{}).has_error());
  CHECK(read_version(Jelly()).has_error());
  CHECK(read_version(bytes("0.8.2")).value() == "0.8.2");
  CHECK(read_builder_objects(text("x")).has_error());
  CHECK(read_builder_objects(dict({{text("b"), text("x")}})).has_error());
}

TEST_CASE("a command ends by itself or with a failure", "[messages]") {
  CHECK(!read_completion({{}}).value());
  CHECK(read_completion({to_jelly(make_failure("builtins.ValueError", "bad"))}).value()->value ==
        "bad");
  CHECK(read_completion({text("x")}).has_error());
}

TEST_CASE("a failure survives the way to the peer", "[messages]") {
  PbFailure failure = make_failure(unauthorized_login_type, "who?");
  failure.frames = {{"run", "/x.py", 3}, {"go", "/y.py", 4}};
  failure.count = 12;

  const PbFailure back =
      read_failure(read_jelly(parse_value(encode(to_jelly(failure)))).value()).value();

  CHECK(back.type == failure.type);
  CHECK(back.value == "who?");
  CHECK(back.parents == failure.parents);
  CHECK(back.traceback == failure.traceback);
  CHECK(back.count == 12);
  REQUIRE(back.frames.size() == 2);
  CHECK(back.frames[1].file == "/y.py");
  CHECK(back.frames[1].line == 4);
}

TEST_CASE("requests to file objects have their types", "[messages]") {
  const auto read = [](std::string method, std::vector<Jelly> args) {
    return read_transfer_request(Called{.call = {},
                                        .object = {},
                                        .target = FileWriter{},
                                        .method = std::move(method),
                                        .args = std::move(args),
                                        .kwargs = {}});
  };

  CHECK(std::get<WriteRequest>(read("write", {bytes("x\xff")}).value()).block == "x\xff");
  CHECK(std::get<WriteRequest>(read("write", {text("x")}).value()).block == "x");
  CHECK(std::get<ReadRequest>(read("read", {integer(16384)}).value()).longest == 16384);
  CHECK(std::holds_alternative<CloseRequest>(read("close", {}).value()));
  CHECK(std::holds_alternative<UnpackRequest>(read("unpack", {}).value()));
  const auto times =
      std::get<UtimeRequest>(read("utime", {JellyTuple{{Jelly(1.5), integer(2)}}}).value());
  CHECK(times.accessed == 1.5);
  CHECK(times.modified == 2);
  CHECK(read("write", {}).error().code == Errc::bad_input);
  CHECK(read("read", {integer(-1)}).error().code == Errc::bad_input);
  CHECK(read("utime", {JellyTuple{{text("x"), integer(2)}}}).error().code == Errc::bad_input);
  CHECK(read("frob", {}).error().code == Errc::not_supported);
}

TEST_CASE("a command is sent with its object and arguments", "[messages]") {
  Broker broker = connected_broker();
  const ObjectId writer = broker.export_object(FileWriter{1}).value();
  const ArgDict args{
      {"workdir", Arg{Json("build")}},
      {"command", Arg{ArgList{Arg{Json("echo")}, Arg{Obfuscated{"pw", "XX"}}, Arg{Bytes{"b"}}}}},
      {"env", Arg{ArgDict{{"PATH", Arg{Json(nullptr)}}}}},
      {"writer", Arg{RemoteRef{writer}}},
      {"timeout", Arg{Json(1200)}}};

  REQUIRE(call_start_command(broker, ObjectId(4), {Command{5}, "17", "shell", args}).has_value());

  const Jelly expected =
      dict({{text("workdir"), text("build")},
            {text("command"),
             JellyList{{text("echo"), JellyTuple{{text("obfuscated"), text("pw"), text("XX")}},
                        bytes("b")}}},
            {text("env"), dict({{text("PATH"), {}}})},
            {text("writer"), RemoteRef{writer}},
            {text("timeout"), integer(1200)}});
  CHECK(sent_args(broker) ==
        std::vector<Jelly>{RemoteRef{ObjectId(2)}, text("17"), text("shell"), expected});
  CHECK(*broker.find_object(ObjectId(2)) == Exported(Command{5}));
}

TEST_CASE("a command that cannot be sent leaves no object behind", "[messages]") {
  Broker broker = connected_broker();
  const ArgDict args{{"initial_stdin", Arg{Bytes{std::string(banana_size_limit + 1, 'x')}}}};

  CHECK(call_start_command(broker, ObjectId(4), {Command{5}, "17", "shell", args}).has_error());

  CHECK(broker.find_object(ObjectId(1)) == nullptr);
  CHECK(broker.take_output().empty());
}

TEST_CASE("an interrupt names the command and the reason", "[messages]") {
  Broker broker = connected_broker();

  REQUIRE(call_interrupt_command(broker, ObjectId(4), "17", "stop it").has_value());

  CHECK(sent_args(broker) == std::vector<Jelly>{text("17"), text("stop it")});
}
