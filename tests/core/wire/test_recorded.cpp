// SPDX-License-Identifier: MIT
// Recorded sessions of a Buildbot 4.3 master with its peers, decoded, encoded and replayed byte for
// byte.
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>
#include <map>

#include "core/wire/broker.h"
#include "core/wire/worker_messages.h"
#include "tests/core/wire/recording.h"
#include "tests/core/wire/wire_support.h"

using namespace kiln;
using namespace kiln::wire;

namespace {

// Plays the host of one side: makes the broker say what that side said in the recording.
class Replay {
 public:
  explicit Replay(Broker::Role role) : broker_(role), is_server_(role == Broker::Role::server) {}

  // Feeds what the other side sent in pieces of `step` bytes, and checks each piece this side sent.
  void run(const std::vector<RecordedPiece>& pieces, std::size_t step) {
    for (const RecordedPiece& piece : pieces) {
      if (piece.from_server == is_server_) {
        const std::string expected = say(piece.bytes);
        const std::string output = broker_.take_output();
        REQUIRE(output == expected);
        said += output;
        continue;
      }
      for (std::size_t start = 0; start < piece.bytes.size(); start += step) {
        const std::string part = piece.bytes.substr(start, step);
        for (Action& action : broker_.feed(part)) receive(action);
      }
    }
  }

  std::map<std::string, int> calls;  // of the peer, by method
  int updates = 0, answers = 0, failures = 0, releases = 0;
  std::string said;
  std::string output_text;
  std::optional<LoginAnswered> login;

 private:
  void receive(Action& action) {
    REQUIRE(!std::holds_alternative<Closed>(action));
    if (auto* requested = std::get_if<LoginRequested>(&action)) requested_ = *requested;
    if (auto* answered = std::get_if<LoginAnswered>(&action)) {
      login = *answered;
      broker_.lift_limits();
    }
    if (auto* called = std::get_if<Called>(&action)) ++calls[called->method];
    if (auto* updated = std::get_if<CommandUpdated>(&action)) read(*updated);
    if (auto* answered = std::get_if<Answered>(&action)) {
      ++(std::holds_alternative<PbFailure>(answered->outcome) ? failures : answers);
    }
    if (std::holds_alternative<Released>(action)) ++releases;
  }

  void read(const CommandUpdated& updated) {
    CHECK(updated.updates.storage == nullptr);
    updates += static_cast<int>(updated.updates.items.size());
    for (const Update& update : updated.updates.items) {
      const auto* stream = std::get_if<StreamUpdate>(&update);
      if (stream != nullptr && stream->stream == UpdateStream::standard_output)
        output_text += stream->text;
    }
  }

  // Does what makes the broker send the expressions that end in `bytes`, and returns these.
  std::string say(const std::string& bytes) {
    std::string expressions;
    own_side_.feed(bytes);
    while (const auto expression = own_side_.next().value()) {
      const Value value = parse_value(*expression);
      if (const auto* form = std::get_if<Value::List>(&value.data)) say_form(*form);
      expressions += *expression;
    }
    return expressions;
  }

  void say_form(const Value::List& form) {
    const auto word = std::get<std::string_view>(form[0].data);
    if (word == "pb" || word == "version") return;
    const bool is_for_root =
        std::holds_alternative<std::string_view>(form[word == "message" ? 2 : 1].data);
    const auto id = is_for_root ? 0 : std::get<std::int64_t>(form[word == "message" ? 2 : 1].data);
    if (word == "decref") return broker_.decref(ObjectId(id));
    if (word == "answer") return say_answer(id, exported(form[2]));
    if (word == "error")
      return broker_.error({id}, read_failure(read_jelly(form[2]).value()).value());
    REQUIRE(word == "message");
    auto args = std::get<JellyTuple>(exported(form[5]).data).items;
    Kwargs kwargs;
    const Jelly named = exported(form[6]);
    for (const auto& [key, item] : std::get<JellyDict>(named.data).items) {
      kwargs.emplace_back(std::get<Text>(key.data).value, item);
    }
    const auto call =
        broker_.call(ObjectId(id), std::get<std::string_view>(form[3].data), std::move(args),
                     std::move(kwargs), std::get<std::int64_t>(form[4].data) != 0);
    REQUIRE(call.has_value());
    CHECK(call->value == std::get<std::int64_t>(form[1].data));
  }

  void say_answer(std::int64_t id, Jelly value) {
    if (!requested_ || requested_->call.id != id) {
      REQUIRE(broker_.answer({id}, value).has_value());
      return;
    }
    const auto challenge = std::get<JellyTuple>(value.data).items[0].as_string().value();
    REQUIRE(broker_.challenge(*requested_, challenge).has_value());
    requested_.reset();
  }

  // The value, after exporting each object it mentions for the first time; ids must come out as
  // recorded.
  Jelly exported(const Value& value) {
    Jelly jelly = read_jelly(value).value();
    for_each_remote(jelly, [&](RemoteRef ref) {
      if (broker_.find_object(ref.id) != nullptr || is_challenge(ref)) return;
      CHECK(broker_.export_object(Command{next_key_++}).value() == ref.id);
    });
    return jelly;
  }

  bool is_challenge(RemoteRef ref) const { return is_server_ && ref.id == ObjectId(1); }

  Broker broker_;
  BananaDecoder own_side_;
  bool is_server_;
  std::uint64_t next_key_ = 100;
  std::optional<LoginRequested> requested_;
};

}  // namespace

TEST_CASE("recorded expressions are encoded as they were", "[recorded]") {
  const int number = GENERATE(range(1, recorded_connections + 1));
  const bool from_server = GENERATE(true, false);
  const std::string stream = recorded_stream(recorded_connection(number), from_server);
  REQUIRE(!stream.empty());

  std::string encoded;
  for (const std::string& expression : decode_all(stream).value())
    append_value(encoded, parse_value(expression));

  CHECK(encoded == stream);
}

TEST_CASE("recorded expressions do not depend on how they were cut", "[recorded]") {
  const std::string stream = recorded_stream(recorded_connection(1), false);
  const auto whole = decode_all(stream).value();
  REQUIRE(whole.size() == 455);

  CHECK(decode_all(stream, 1).value() == whole);
  CHECK(decode_all(stream, 4099).value() == whole);
}

TEST_CASE("each recorded session is replayed byte for byte by either side", "[recorded]") {
  const int number = GENERATE(range(1, recorded_connections + 1));
  const auto role = GENERATE(Broker::Role::server, Broker::Role::client);
  const std::size_t step = GENERATE(1000000, 1, 13);

  const auto pieces = recorded_connection(number);

  Replay replay(role);
  replay.run(pieces, step);

  CHECK(replay.said == recorded_stream(pieces, role == Broker::Role::server));
}

TEST_CASE("the recorded worker session means what it says", "[recorded]") {
  const std::size_t step = GENERATE(1000000, 1);
  Replay replay(Broker::Role::server);

  replay.run(recorded_connection(1), step);

  const std::map<std::string, int> calls{{"close", 8}, {"complete", 52}, {"keepalive", 13},
                                         {"read", 8},  {"unpack", 2},    {"utime", 1},
                                         {"write", 8}};
  CHECK(replay.calls == calls);
  CHECK(replay.updates == 210);
  CHECK(replay.releases == 59);
  CHECK(replay.failures == 0);
  CHECK(replay.output_text.starts_with("out1\na\nb\nc\nno newline at endcaf\xc3\xa9"));
  REQUIRE(replay.login);
  CHECK(replay.login->username == "w-pb");
  CHECK(replay.login->mind == ObjectId(1));
  CHECK(Broker(Broker::Role::server).verify_login(*replay.login, "pbpass"));
  CHECK(!Broker(Broker::Role::server).verify_login(*replay.login, "pbpasS"));
}

TEST_CASE("recorded refusals reach the client as failures", "[recorded]") {
  struct Case {
    int number;
    std::string_view type, value;
  };
  const auto c =
      GENERATE(Case{3, unauthorized_login_type, ""}, Case{8, unauthorized_login_type, ""},
               Case{7, runtime_error_type, "rejecting duplicate worker"});
  const auto pieces = recorded_connection(c.number);
  std::optional<PbFailure> failure;
  Broker client(Broker::Role::client);
  const std::string stream = recorded_stream(pieces, true);
  for (int i = 0; i < 2; ++i) REQUIRE(client.call(root_object, "login", {bytes("x")}).has_value());

  for (Action& action : client.feed(stream)) {
    auto* answered = std::get_if<Answered>(&action);
    if (answered != nullptr && std::holds_alternative<PbFailure>(answered->outcome)) {
      failure = std::get<PbFailure>(answered->outcome);
    }
  }

  REQUIRE(failure);
  CHECK(failure->type == c.type);
  CHECK(failure->value == c.value);
  CHECK(failure->is(c.type));
  CHECK(failure->is("builtins.Exception"));
  CHECK(!failure->is("builtins.ValueError"));
  CHECK(failure->traceback.starts_with("Traceback"));
}

TEST_CASE("the typed calls of an attaching worker give the recorded bytes", "[recorded]") {
  const auto pieces = recorded_connection(1);
  Broker broker(Broker::Role::server);
  LoginRequested requested;
  LoginAnswered login;
  std::vector<Jelly> answers;
  std::size_t next = 0;
  const auto listen = [&] {
    for (; next < pieces.size() && !pieces[next].from_server; ++next) {
      for (Action& action : broker.feed(pieces[next].bytes)) {
        if (auto* r = std::get_if<LoginRequested>(&action)) requested = *r;
        if (auto* l = std::get_if<LoginAnswered>(&action)) login = *l;
        if (auto* a = std::get_if<Answered>(&action))
          answers.push_back(std::get<Jelly>(a->outcome));
      }
    }
  };
  const auto said = [&] {
    CHECK(broker.take_output() == pieces.at(next).bytes);
    ++next;
    listen();
  };

  said();
  REQUIRE(requested.username == "w-pb");
  REQUIRE(broker.challenge(requested, "p\x13\xa2MD\xab\x16,\x7fL%\xf3u\x7f\x98\xdb").has_value());
  said();
  REQUIRE(broker.verify_login(login, "pbpass"));
  const ObjectId bot = login.mind.value();
  REQUIRE(call_print(broker, bot, "attached").has_value());
  said();
  REQUIRE(call_worker_info(broker, bot).has_value());
  said();
  const WorkerInfo info = read_worker_info(answers.back()).value();
  CHECK(info.version == "4.3.0");
  CHECK(info.system == "posix");
  CHECK(info.basedir == "/srv/golden/wk-pb");
  CHECK(info.cpus == 2);
  CHECK(info.commands.at("uploadFile") == "3.3");
  CHECK(info.commands.size() == 14);
  CHECK(info.environ.at("HOME") == "/srv/golden");
  CHECK(info.info.at("os_id") == "debian");
  CHECK(info.info.at("admin") == "Your Name Here <admin@youraddress.invalid>\n");
  CHECK(!info.deletes_leftover_dirs);
  CHECK(info.others.empty());
  REQUIRE(call_builder_list(
              broker, bot,
              {{"boom", "boom"}, {"slow", "slow"}, {"main", "bd-main"}, {"child", "child"}})
              .has_value());
  said();
  const auto builders = read_builder_objects(answers.back()).value();
  CHECK(builders.at("main") == ObjectId(4));
  CHECK(builders.size() == 4);
  for (int i = 0; i < 4; ++i) REQUIRE(call_print(broker, bot, "attached").has_value());
  std::string attached = broker.take_output();
  while (!attached.empty()) {
    REQUIRE(attached.starts_with(pieces.at(next).bytes));
    attached.erase(0, pieces.at(next).bytes.size());
    ++next;
    listen();
  }
  REQUIRE(answer_object(broker, login.call, Perspective{1}).has_value());
  said();
  REQUIRE(call_print(broker, bot, "ping").has_value());
  said();
  REQUIRE(call_start_build(broker, builders.at("main")).has_value());
  said();
  REQUIRE(call_start_command(broker, builders.at("main"),
                             {Command{1}, "0", "mkdir", {{"dir", Arg{Json("build/sub")}}}})
              .has_value());
  said();
}
