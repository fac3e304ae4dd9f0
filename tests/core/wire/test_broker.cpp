// SPDX-License-Identifier: MIT
#include <catch2/generators/catch_generators.hpp>

#include "core/wire/broker.h"
#include "core/wire/pb_password.h"
#include "tests/core/wire/wire_support.h"

using namespace kiln;
using namespace kiln::wire;

namespace {

const std::string sixteen_bytes = "0123456789abcdef";

// Two brokers back to back, as a master and its peer.
struct Pair {
  Broker server{Broker::Role::server};
  Broker client{Broker::Role::client};
  Actions at_server;
  Actions at_client;

  Pair() { exchange(); }

  // Carries bytes both ways until both sides are silent.
  void exchange() {
    at_server.clear();
    at_client.clear();
    while (true) {
      const std::string down = server.take_output();
      const std::string up = client.take_output();
      if (down.empty() && up.empty()) return;
      for (Action& action : client.feed(down)) at_client.push_back(std::move(action));
      for (Action& action : server.feed(up)) at_server.push_back(std::move(action));
    }
  }

  // Logs the client in with a mind; returns the id of its perspective.
  ObjectId log_in() {
    client.call(root_object, "login", {bytes("worker")}).value();
    exchange();
    server.challenge(std::get<LoginRequested>(at_server.at(0)), sixteen_bytes).value();
    exchange();
    const Jelly challenge = std::get<Jelly>(std::get<Answered>(at_client.at(0)).outcome);
    const auto challenger =
        std::get<RemoteRef>(std::get<JellyTuple>(challenge.data).items[1].data).id;
    const ObjectId mind = client.export_object(Bot{}).value();
    client
        .call(challenger, "respond",
              {bytes(pb_login_response("secret", sixteen_bytes)), RemoteRef{mind}})
        .value();
    client.decref(challenger);
    exchange();
    const auto login = std::get<LoginAnswered>(at_server.at(0));
    REQUIRE(server.verify_login(login, "secret"));
    const ObjectId perspective = server.export_object(Perspective{7}).value();
    server.answer(login.call, RemoteRef{perspective}).value();
    exchange();
    return perspective;
  }
};

template <class T>
T only(const Actions& actions) {
  REQUIRE(actions.size() == 1);
  REQUIRE(std::holds_alternative<T>(actions.front()));
  return std::get<T>(actions.front());
}

PbFailure failure_of(const Actions& actions) {
  return std::get<PbFailure>(only<Answered>(actions).outcome);
}

std::string greeting() { return "\x02\x82pb"s + encode(list({string("version"), number(6)})); }

// What a server does with one expression of a connected peer.
Actions after_greeting(Broker& server, const Value& expression) {
  server.feed(greeting());
  server.take_output();
  const std::string bytes = encode(expression);
  return server.feed(bytes);
}

Value message(Value object, std::string_view method, Value args, Value kwargs) {
  return list({string("message"), number(1), std::move(object), string(method), number(1),
               std::move(args), std::move(kwargs)});
}

}  // namespace

TEST_CASE("the two sides greet each other", "[broker]") {
  Broker server(Broker::Role::server);
  Broker client(Broker::Role::client);
  const std::string offer = server.take_output();
  CHECK(offer == "\x02\x80\x02\x82pb\x04\x82none"s);

  CHECK(client.feed(offer).empty());
  const std::string choice = client.take_output();
  CHECK(choice == greeting());
  only<Connected>(server.feed(choice));
  CHECK(server.take_output() == encode(list({string("version"), number(6)})));
}

TEST_CASE("a peer that greets wrongly is cut off", "[broker]") {
  const std::string bytes =
      GENERATE("\x04\x82none"s, "\x01\x81"s, encode(list({string("version"), number(6)})),
               "\x02\x82pb"s + encode(list({string("version"), number(5)})),
               "\x02\x82pb"s + encode(list({string("decref"), number(1)})), "\xff"s,
               "GET / HTTP/1.1\r\nHost: x\r\n\r\n" + std::string(100, 'x'));
  Broker server(Broker::Role::server);

  const auto closed = only<Closed>(server.feed(bytes));

  CHECK(closed.why.code == Errc::bad_input);
  CHECK(server.feed(greeting()).empty());
}

TEST_CASE("a client refuses a server without the dialect", "[broker]") {
  Broker client(Broker::Role::client);
  const std::string offer = encode(list({string("none")}));

  only<Closed>(client.feed(offer));
}

TEST_CASE("a login leads to a perspective and a mind", "[broker]") {
  Pair pair;

  const ObjectId perspective = pair.log_in();

  CHECK(std::get<Jelly>(only<Answered>(pair.at_client).outcome) == Jelly(RemoteRef{perspective}));
  CHECK(pair.server.find_object(perspective) != nullptr);
  CHECK(pair.server.find_object(ObjectId(1)) ==
        nullptr);  // the challenger went with the client's decref
}

TEST_CASE("a challenge can be answered once only", "[broker]") {
  Pair pair;
  pair.client.call(root_object, "login", {bytes("worker")}).value();
  pair.exchange();
  pair.server.challenge(only<LoginRequested>(pair.at_server), sixteen_bytes).value();
  pair.client.call(ObjectId(1), "respond", {bytes("a"), {}}).value();
  pair.exchange();
  CHECK(only<LoginAnswered>(pair.at_server).response == "a");
  CHECK(!only<LoginAnswered>(pair.at_server).mind);

  pair.client.call(ObjectId(1), "respond", {bytes("b"), {}}).value();
  pair.exchange();

  CHECK(pair.at_server.empty());
  CHECK(failure_of(pair.at_client).type == unauthorized_login_type);
}

TEST_CASE("a password is proven by the digest of its digest", "[broker]") {
  // Recorded from a Buildbot sendchange client.
  const std::string challenge = "Q\x92\xc6X\x0c\x1c\xc3\xfa\xe1\xaf\xb1S59\xecR";
  const std::string response = "0ll_2W\xc3\x1c\x82\x03\xaf\x9c\x10h$I";

  CHECK(check_pb_password("changepw", challenge, response));
  CHECK(!check_pb_password("changepw", challenge, response.substr(1)));
  CHECK(!check_pb_password("changepW", challenge, response));
  CHECK(!check_pb_password("changepw", sixteen_bytes, response));
}

TEST_CASE("strangers get less room than peers that have logged in", "[broker]") {
  Pair pair;
  const std::string payload(20000, 'x');
  pair.client.call(root_object, "login", {bytes(payload)}).value();
  pair.exchange();
  CHECK(only<Closed>(pair.at_server).why.what.find("16384") != std::string::npos);

  Pair other;
  const ObjectId perspective = other.log_in();
  other.client.call(perspective, "x", {bytes(payload)}).value();
  other.exchange();
  CHECK(only<Called>(other.at_server).args == std::vector<Jelly>{bytes(payload)});
}

TEST_CASE("calls and answers cross in any order", "[broker]") {
  Pair pair;
  const ObjectId perspective = pair.log_in();
  const CallId first =
      pair.client.call(perspective, "one", {integer(1)}, {{"k", text("v")}}).value();
  const CallId second = pair.client.call(perspective, "two", {}).value();
  pair.exchange();
  REQUIRE(pair.at_server.size() == 2);
  const auto one = std::get<Called>(pair.at_server[0]);
  const auto two = std::get<Called>(pair.at_server[1]);
  CHECK(one.method == "one");
  CHECK(one.args == std::vector<Jelly>{integer(1)});
  CHECK(one.kwargs == Kwargs{{"k", text("v")}});
  CHECK(std::get<Perspective>(one.target).key == 7);

  pair.server.error(two.call, make_failure(runtime_error_type, "no"));
  pair.server.answer(one.call, text("yes")).value();
  pair.exchange();

  REQUIRE(pair.at_client.size() == 2);
  const auto failed = std::get<Answered>(pair.at_client[0]);
  CHECK(failed.call == second);
  CHECK(std::get<PbFailure>(failed.outcome).value == "no");
  CHECK(std::get<PbFailure>(failed.outcome).is("builtins.Exception"));
  const auto answered = std::get<Answered>(pair.at_client[1]);
  CHECK(answered.call == first);
  CHECK(std::get<Jelly>(answered.outcome) == text("yes"));
}

TEST_CASE("a call that wants no answer gets none", "[broker]") {
  Pair pair;
  const ObjectId perspective = pair.log_in();
  pair.client.call(perspective, "one", {}, {}, false).value();
  pair.exchange();
  const auto called = only<Called>(pair.at_server);

  pair.server.answer(called.call, text("yes")).value();
  pair.server.error(called.call, make_failure(runtime_error_type, "no"));

  CHECK(pair.server.take_output().empty());
}

TEST_CASE("an answer to nothing is ignored", "[broker]") {
  Broker server(Broker::Role::server);

  CHECK(after_greeting(server, list({string("answer"), number(5), number(1)})).empty());
  CHECK(server.take_output().empty());
}

TEST_CASE("an answer that cannot be decoded fails its call only", "[broker]") {
  Pair pair;
  pair.log_in();
  const CallId call = pair.server.call(ObjectId(1), "x", {}).value();
  pair.server.take_output();
  const std::string answer =
      encode(list({string("answer"), number(call.value), list({string("class")})}));

  const auto answered = only<Answered>(pair.server.feed(answer));

  CHECK(answered.call == call);
  CHECK(std::get<PbFailure>(answered.outcome).type == "twisted.spread.jelly.InsecureJelly");
}

TEST_CASE("an object lives as long as the peer counts references to it", "[broker]") {
  Pair pair;
  pair.log_in();
  Broker& server = pair.server;
  const ObjectId id = server.export_object(Command{1}).value();
  CHECK(server.export_object(Command{1}).value() == id);
  CHECK(server.export_object(Command{2}).value() != id);
  server.call(ObjectId(1), "x", {RemoteRef{id}, RemoteRef{id}}).value();
  const std::string decref = encode(list({string("decref"), number(id.value)}));

  CHECK(server.feed(decref).empty());
  CHECK(*server.find_object(id) == Exported(Command{1}));
  const auto released = only<Released>(server.feed(decref));

  CHECK(released.id == id);
  CHECK(released.object == Exported(Command{1}));
  CHECK(server.find_object(id) == nullptr);
  CHECK(server.feed(decref).empty());
  CHECK(server.export_object(Command{1}).value() != id);
}

TEST_CASE("an object that was never sent can be withdrawn", "[broker]") {
  Pair pair;
  pair.log_in();
  const ObjectId sent = pair.server.export_object(Command{1}).value();
  pair.server.call(ObjectId(1), "x", {RemoteRef{sent}}).value();
  const ObjectId unsent = pair.server.export_object(Command{2}).value();

  pair.server.withdraw(sent);
  pair.server.withdraw(unsent);

  CHECK(pair.server.find_object(sent) != nullptr);
  CHECK(pair.server.find_object(unsent) == nullptr);
  CHECK(pair.server.call(ObjectId(1), "x", {RemoteRef{unsent}}).has_error());
}

TEST_CASE("at most 1024 objects are exported", "[broker]") {
  Broker server(Broker::Role::server);
  for (std::uint64_t key = 0; key < Broker::export_limit; ++key)
    REQUIRE(server.export_object(Command{key}).has_value());

  CHECK(server.export_object(Command{5000}).error().code == Errc::busy);
  CHECK(server.export_object(Command{5}).has_value());
}

TEST_CASE("what cannot be sent leaves no trace in the output", "[broker]") {
  Pair pair;
  pair.log_in();
  const Jelly too_long = text(std::string(banana_size_limit + 1, 'x'));

  CHECK(pair.server.call(ObjectId(1), "x", {too_long}).has_error());
  CHECK(pair.server.take_output().empty());
  CHECK(pair.server.answer({9, true}, too_long).has_error());
  const std::string output = pair.server.take_output();
  CHECK(output.starts_with("\x03\x80\x1c\x87\x09\x81"s));
  CHECK(output.find("655360") != std::string::npos);
  CHECK(pair.server.call(ObjectId(1), "x", {}).value() == CallId(1));
}

TEST_CASE("calls to the wrong place are answered with a failure", "[broker]") {
  Pair pair;
  const ObjectId perspective = pair.log_in();
  struct Case {
    ObjectId object;
    std::string method;
    std::vector<Jelly> args;
    std::string_view type;
  };
  const auto c = GENERATE_COPY(Case{ObjectId(99), "x", {}, runtime_error_type},
                               Case{root_object, "loginAnonymous", {{}}, no_such_method_type},
                               Case{root_object, "login", {}, unauthorized_login_type},
                               Case{perspective, "x", {LocalRef{ObjectId(1)}}, ""});

  pair.client.call(c.object, c.method, c.args).value();
  pair.exchange();

  if (c.type.empty()) {
    CHECK(only<Called>(pair.at_server).args.size() == 1);
  } else {
    CHECK(pair.at_server.empty());
    CHECK(failure_of(pair.at_client).type == c.type);
  }
}

TEST_CASE("arguments that cannot be decoded are answered with a failure", "[broker]") {
  Pair pair;
  const ObjectId perspective = pair.log_in();
  const Value tuple = list({string("tuple")});
  const Value dict = list({string("dictionary")});
  const Value bad = list({string("class"), string("os.system")});
  const Value keyed = list({string("dictionary"), list({number(1), number(2)})});
  const auto expression = GENERATE_COPY(message(number(perspective.value), "x", bad, dict),
                                        message(number(perspective.value), "x", tuple, bad),
                                        message(number(perspective.value), "x", dict, dict),
                                        message(number(perspective.value), "x", tuple, keyed),
                                        message(string("root"), "login", bad, dict));
  const std::string sent = encode(expression);

  CHECK(pair.server.feed(sent).empty());

  const std::string output = pair.server.take_output();
  CHECK(output.find("InsecureJelly") != std::string::npos);
}

TEST_CASE("expressions of no use are taken politely", "[broker]") {
  const auto expression = GENERATE(
      list({string("cachemessage"), number(1)}), list({string("decache"), number(1)}),
      list({string("uncache"), number(1)}), list({string("didNotUnderstand"), string("x")}),
      list({string("decref"), number(77)}), list({string("version"), number(6)}));
  Broker server(Broker::Role::server);

  CHECK(after_greeting(server, expression).empty());
  CHECK(server.take_output().empty());
}

TEST_CASE("an unknown word is named to the peer", "[broker]") {
  Broker server(Broker::Role::server);

  CHECK(after_greeting(server, list({string("frobnicate"), number(1)})).empty());

  CHECK(server.take_output() == encode(list({string("didNotUnderstand"), string("frobnicate")})));
}

TEST_CASE("malformed expressions end the connection", "[broker]") {
  const Value tuple = list({string("tuple")});
  const Value dict = list({string("dictionary")});
  const auto expression = GENERATE_COPY(
      number(1), string("message"), list({}), list({number(1)}),
      list({string("decref"), string("x")}), list({string("answer"), string("x"), number(1)}),
      message(list({}), "x", tuple, dict),
      list({string("message"), string("x"), number(1), string("m"), number(1), tuple, dict}),
      list({string("message"), number(1), number(1), number(1), number(1), tuple, dict}),
      list({string("message"), number(1), number(1), string("m"), string("1"), tuple, dict}),
      list({string("version"), number(7)}));
  Broker server(Broker::Role::server);

  only<Closed>(after_greeting(server, expression));
}

TEST_CASE("actions before a broken expression are kept", "[broker]") {
  Broker server(Broker::Role::server);
  const std::string bytes = greeting() + "\xff";

  const Actions actions = server.feed(bytes);

  REQUIRE(actions.size() == 2);
  CHECK(std::holds_alternative<Connected>(actions[0]));
  CHECK(std::holds_alternative<Closed>(actions[1]));
}
