// SPDX-License-Identifier: MIT
#include "core/wire/msgpack.h"

#include <catch2/catch_test_macros.hpp>
#include <fstream>
#include <fmt/format.h>
#include <iterator>
#include <limits>
#include <sstream>

#include "tests/core/wire/msgpack_recording.h"
#include "tests/support/result_text.h"

namespace kiln::wire {
namespace {

std::string hex(std::string_view bytes) {
  std::string text;
  for (const char byte : bytes) text += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  return text;
}

struct Describe {
  std::string operator()(MsgpackNil) const { return "nil"; }
  std::string operator()(bool value) const { return value ? "true" : "false"; }
  std::string operator()(std::int64_t value) const { return fmt::format("integer {}", value); }
  std::string operator()(std::uint64_t value) const { return fmt::format("integer {}", value); }
  std::string operator()(double value) const { return fmt::format("real {}", value); }
  std::string operator()(MsgpackText value) const { return "text " + hex(value.text); }
  std::string operator()(MsgpackBytes value) const { return "bytes " + hex(value.bytes); }
  std::string operator()(MsgpackExtension value) const {
    return fmt::format("extension {} {}", int{value.type}, hex(value.bytes));
  }
  std::string operator()(MsgpackArray value) const { return fmt::format("array {}", value.count); }
  std::string operator()(MsgpackMap value) const { return fmt::format("map {}", value.count); }
};

std::vector<std::string> items_of(std::string_view bytes) {
  std::vector<std::string> items;
  for (MsgpackCursor cursor(bytes); !cursor.at_end();) items.push_back(std::visit(Describe{}, cursor.next().value()));
  return items;
}

std::string transcode(std::string_view bytes) {
  std::string out;
  for (MsgpackCursor cursor(bytes); !cursor.at_end();) append_msgpack(out, cursor.next().value());
  return out;
}

template <class Value>
std::string packed(const Value& value) {
  std::string out;
  append_msgpack(out, value);
  return out;
}

const JsonObject& vectors() {
  static const Json data = [] {
    std::ifstream in(KILN_TEST_DATA "/msgpack/vectors.json");
    REQUIRE(in);
    return parse_json(std::string(std::istreambuf_iterator<char>(in), {})).value();
  }();
  return data.get_object();
}

TEST_CASE("plain values are packed and read as the package msgpack of PyPI does") {
  for (const Json& vector : vectors().at("values").get_array()) {
    const std::string bytes = from_hex(vector.at("hex").get_string());
    const Json value = parse_json(vector.at("json").get_string()).value();
    INFO(vector.at("json").get_string());
    CHECK(hex(packed(value)) == vector.at("hex").get_string());
    MsgpackCursor cursor(bytes);
    CHECK(dump_json(cursor.json().value()) == dump_json(value));
    CHECK(cursor.at_end());
    CHECK(MsgpackCursor(bytes).skip().value().size() == bytes.size());
    CHECK(transcode(bytes) == bytes);
  }
}

TEST_CASE("bytes, extensions and longer forms than needed are read") {
  for (const Json& vector : vectors().at("items").get_array()) {
    INFO(vector.at("hex").get_string());
    std::vector<std::string> expected;
    for (const Json& item : vector.at("items").get_array()) expected.emplace_back(item.get_string());
    CHECK(items_of(from_hex(vector.at("hex").get_string())) == expected);
  }
}

TEST_CASE("what PyPI's package refuses is refused") {
  for (const Json& wrong : vectors().at("wrong").get_array()) {
    INFO(wrong.get_string());
    const std::string bytes = from_hex(wrong.get_string());
    CHECK(MsgpackCursor(bytes).skip().error().code == Errc::bad_input);
    CHECK(MsgpackCursor(bytes).json().error().code == Errc::bad_input);
  }
}

TEST_CASE("sizes beyond 16 bits have a head of 32 bits") {
  const std::string long_text(65536, 'x');
  REQUIRE(packed(MsgpackItem(MsgpackText{long_text})) == from_hex("db00010000") + long_text);
  REQUIRE(packed(MsgpackItem(MsgpackText{long_text.substr(1)})) == from_hex("daffff") + long_text.substr(1));
  REQUIRE(packed(MsgpackItem(MsgpackBytes{long_text})) == from_hex("c600010000") + long_text);
  REQUIRE(packed(MsgpackItem(MsgpackExtension{3, long_text})) == from_hex("c90001000003") + long_text);
  REQUIRE(packed(MsgpackItem(MsgpackArray{65536})) == from_hex("dd00010000"));
  REQUIRE(packed(MsgpackItem(MsgpackMap{65535})) == from_hex("deffff"));
  REQUIRE(packed(MsgpackItem(MsgpackMap{65536})) == from_hex("df00010000"));
}

TEST_CASE("arguments that JSON cannot say are packed") {
  const ArgDict args{{"a", {ArgList{{Obfuscated{"real", "shown"}}, {Bytes{"\xff"}}}}}, {"b", {Json(true)}}};
  REQUIRE(items_of(packed(Arg{args})) ==
          std::vector<std::string>{"map 2", "text 61", "array 2", "text 7265616c", "bytes ff", "text 62", "true"});
}

TEST_CASE("every recorded message is packed as it was") {
  std::size_t count = 0;
  for (int connection = 1; connection <= recorded_msgpack_connections; ++connection) {
    for (const auto& [from_master, bytes] : recorded_messages(connection)) {
      CHECK(hex(transcode(bytes)) == hex(bytes));
      ++count;
    }
  }
  REQUIRE(count == 412);
}

TEST_CASE("depth and size of what is read are bounded") {
  const auto nested = [](std::size_t depth) { return std::string(depth, '\x91') + '\xc0'; };
  REQUIRE(MsgpackCursor(nested(msgpack_depth_limit)).skip());
  REQUIRE(MsgpackCursor(nested(msgpack_depth_limit)).json());
  REQUIRE(MsgpackCursor(nested(msgpack_depth_limit + 1)).skip().error().code == Errc::bad_input);
  REQUIRE(MsgpackCursor(nested(msgpack_depth_limit + 1)).json().error().code == Errc::bad_input);
  const std::string many = packed(MsgpackItem(MsgpackArray{msgpack_json_limit})) + std::string(msgpack_json_limit, '\0');
  REQUIRE(MsgpackCursor(many).skip());
  REQUIRE(MsgpackCursor(many).json().error().code == Errc::bad_input);
}

TEST_CASE("a key of a map is no array or map: as text within text it would double at each level") {
  REQUIRE(MsgpackCursor(std::string_view("\x81\x90\x01", 3)).json().error().code == Errc::bad_input);
  REQUIRE(MsgpackCursor(std::string_view("\x81\x80\x01", 3)).json().error().code == Errc::bad_input);
  REQUIRE(MsgpackCursor(std::string_view("\x81\x02\x01", 3)).json().value() == Json(JsonObject{{"2", 1}}));
}

TEST_CASE("text that is not UTF-8 becomes replacement characters in JSON, an extension is refused") {
  REQUIRE(MsgpackCursor("\xa3"
                        "a\xff"
                        "b")
              .json()
              .value() == Json("a\xef\xbf\xbd"
                               "b"));
  REQUIRE(MsgpackCursor("\xc4\x01\xff").json().value() == Json("\xef\xbf\xbd"));
  REQUIRE(MsgpackCursor(std::string_view("\xd4\x01\x00", 3)).json().error().code == Errc::bad_input);
  REQUIRE(MsgpackCursor("\x81\x01\xc3").json().value() == Json(JsonObject{{"1", true}}));
}

}  // namespace
}  // namespace kiln::wire
