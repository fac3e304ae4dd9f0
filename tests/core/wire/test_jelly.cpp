// SPDX-License-Identifier: MIT
#include <catch2/generators/catch_generators.hpp>

#include "tests/core/wire/wire_support.h"

using namespace kiln;
using namespace kiln::wire;

namespace {

Value word(std::string_view head, Value::List rest = {}) {
  rest.insert(rest.begin(), string(head));
  return list(std::move(rest));
}

Value reference(std::int64_t id, Value value) {
  return word("reference", {number(id), std::move(value)});
}
Value dereference(std::int64_t id) { return word("dereference", {number(id)}); }

std::string error_of(const Value& value) {
  const auto jelly = read_jelly(value);
  REQUIRE(jelly.has_error());
  CHECK(jelly.error().code == Errc::bad_input);
  return jelly.error().what;
}

}  // namespace

TEST_CASE("each Python type has its form", "[jelly]") {
  struct Case {
    Jelly jelly;
    Value value;
  };
  const auto c =
      GENERATE(Case{Jelly(), word("None")}, Case{Jelly(true), word("boolean", {string("true")})},
               Case{Jelly(false), word("boolean", {string("false")})}, Case{integer(7), number(7)},
               Case{Jelly(0.5), Value{0.5}}, Case{bytes("ab"), string("ab")},
               Case{text("é"), word("unicode", {string("é")})},
               Case{Jelly(BigInteger{true, std::string(11, 'x')}),
                    Value{BigInteger{true, std::string(11, 'x')}}},
               Case{Jelly(JellyList{{integer(1)}}), word("list", {number(1)})},
               Case{Jelly(JellyTuple{}), word("tuple")},
               Case{Jelly(JellySet{{text("a")}}), word("set", {word("unicode", {string("a")})})},
               Case{Jelly(JellyFrozenSet{{integer(1)}}), word("frozenset", {number(1)})},
               Case{Jelly(JellyDict{{{text("k"), JellyList{}}}}),
                    word("dictionary", {list({word("unicode", {string("k")}), word("list")})})},
               Case{Jelly(RemoteRef{ObjectId(3)}), word("remote", {number(3)})},
               Case{Jelly(LocalRef{ObjectId(4)}), word("local", {number(4)})},
               Case{Jelly(JellyInstance{"a.B", JellyDict{}}), word("a.B", {word("dictionary")})});

  CHECK(encode(c.jelly) == encode(c.value));
  CHECK(read_jelly(c.value).value() == c.jelly);
}

TEST_CASE("words of the vocabulary inside text survive", "[jelly]") {
  const std::string encoded = encode(text("message"));

  CHECK(encoded == "\x02\x80\x07\x82unicode\x1a\x87"s);
  CHECK(read_jelly(parse_value(encoded)).value() == text("message"));
}

TEST_CASE("two empty tuples are sent as one shared tuple", "[jelly]") {
  const Jelly pair = JellyList{{JellyTuple{}, JellyTuple{}, JellyTuple{{JellyTuple{}}}}};
  const Value shared =
      word("list", {reference(1, word("tuple")), dereference(1), word("tuple", {dereference(1)})});

  CHECK(encode(pair) == encode(shared));
  CHECK(read_jelly(shared).value() == pair);
  CHECK(encode(JellyList{{JellyTuple{}}}) == encode(word("list", {word("tuple")})));
}

TEST_CASE("a shared container appears at each of its places", "[jelly]") {
  const Value shared = reference(1, word("list", {number(5)}));
  const Jelly five = JellyList{{integer(5)}};

  CHECK(read_jelly(word("tuple", {shared, dereference(1)})).value() ==
        Jelly(JellyTuple{{five, five}}));
  CHECK(read_jelly(word("tuple", {dereference(1), shared})).value() ==
        Jelly(JellyTuple{{five, five}}));
  CHECK(read_jelly(shared).value() == five);
}

TEST_CASE("broken references are refused", "[jelly]") {
  CHECK(error_of(dereference(1)).find("unknown reference") != std::string::npos);
  CHECK(error_of(reference(1, word("list", {dereference(1)}))).find("cyclic") != std::string::npos);
  CHECK(error_of(word("list", {reference(1, word("list", {dereference(2)})),
                               reference(2, word("list", {dereference(1)}))}))
            .find("cyclic") != std::string::npos);
  CHECK(error_of(word("list", {reference(1, word("list")), reference(1, word("tuple"))}))
            .find("twice") != std::string::npos);
  CHECK(error_of(word("reference", {string("x"), number(1)})).find("number") != std::string::npos);
}

TEST_CASE("shared parts cannot blow a small message up", "[jelly]") {
  Value::List levels{string("list"),
                     reference(0, word("list", {string(std::string_view("0123456789"))}))};
  for (std::int64_t i = 1; i < 40; ++i) {
    levels.push_back(
        reference(i, word("list", {dereference(i - 1), dereference(i - 1), dereference(i - 1)})));
  }

  CHECK(error_of(list(levels)).find("too large") != std::string::npos);
}

TEST_CASE("shared parts cannot nest without bound", "[jelly]") {
  Value::List backward{string("list"), reference(0, word("list"))};
  Value::List forward{string("list")};
  for (std::int64_t i = 1; i < 1000; ++i) {
    backward.push_back(reference(i, word("list", {dereference(i - 1)})));
    forward.push_back(reference(i, word("list", {dereference(i + 1)})));
  }

  CHECK(error_of(list(backward)).find("too deep") != std::string::npos);
  CHECK(error_of(list(forward)).find("too deep") != std::string::npos);
}

TEST_CASE("forms that no peer of ours sends are refused", "[jelly]") {
  const auto value = GENERATE(
      list({}), list({number(1)}), list({list({})}), word("unicode"), word("unicode", {number(1)}),
      word("boolean", {string("maybe")}), word("None", {number(1)}), word("remote", {string("x")}),
      word("dictionary", {number(1)}), word("dictionary", {list({number(1)})}),
      word("class", {string("os.system")}), word("a.B", {number(1)}),
      word("module", {string("os")}));

  CHECK(!error_of(value).empty());
}

TEST_CASE("a part longer than the protocol allows cannot be sent", "[jelly]") {
  std::string out;

  CHECK(append_jelly(out, text(std::string(banana_size_limit + 1, 'x'))).has_error());
  CHECK(append_jelly(out, JellyList{std::vector<Jelly>(banana_size_limit)}).has_error());
  CHECK(append_jelly(out, bytes(std::string(banana_size_limit, 'x'))).has_value());
}

TEST_CASE("plain values become JSON and back", "[jelly]") {
  const Jelly jelly = JellyDict{
      {{bytes("b\xff"), JellyTuple{{integer(1), Jelly(), Jelly(true)}}}, {integer(2), Jelly(0.5)}}};

  CHECK(dump_json(to_json(jelly).value()) == R"({"b\ufffd":[1,null,true],"2":0.5})");
  CHECK(to_json(JellyList{{RemoteRef{ObjectId(1)}}}).has_error());
  const Json json = parse_json(R"({"a":[1,-2.5,"x",null,false,{}]})").value();
  CHECK(to_json(jelly_from_json(json)).value() == json);
}

TEST_CASE("integers beyond 64 bits are Banana's long ones", "[jelly]") {
  const Jelly sent = jelly_from_json(parse_json("[-18446744073709551616,18446744073709551745]").value());
  const auto* const list = sent.as<JellyList>();

  REQUIRE(list != nullptr);
  const auto* const minus = list->items[0].as<BigInteger>();
  const auto* const plus = list->items[1].as<BigInteger>();
  REQUIRE((minus != nullptr && plus != nullptr));
  CHECK(*minus == BigInteger{true, std::string(9, '\0') + '\2'});
  CHECK(*plus == BigInteger{false, std::string("\1\1", 2) + std::string(7, '\0') + '\2'});
}
