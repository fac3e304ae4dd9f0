// SPDX-License-Identifier: MIT
#include <catch2/catch_test_macros.hpp>
#include <fstream>
#include <sstream>

#include "core/script/template.h"
#include "tests/support/result_text.h"

using namespace kiln;
using namespace kiln::script;

namespace {

Json load_table() {
  std::ifstream in(KILN_TEST_DATA "/script/interpolate.json");
  std::stringstream text;
  text << in.rdbuf();
  return parse_json(text.str()).value();
}

// The values that interpolate.json was recorded with.
class TableScope : public RenderScope {
 public:
  explicit TableScope(const Json& table) : table_(table) {}

  const Json* property(std::string_view name) const override {
    return table_.at("props").as_object().if_contains(name);
  }
  std::optional<Json> source(std::string_view codebase, std::string_view attribute) const override {
    const Json* source = table_.at("sources").as_object().if_contains(codebase);
    return source == nullptr ? std::nullopt : find(*source, attribute);
  }
  std::optional<Json> worker(std::string_view name) const override { return find(table_.at("worker"), name); }
  std::optional<std::string> secret(std::string_view name) const override {
    const auto found = find(table_.at("secrets"), name);
    return found ? std::optional(std::string(found->as_string())) : std::nullopt;
  }
  std::optional<Json> keyword(std::string_view name) const override { return find(table_.at("kw"), name); }

 private:
  static std::optional<Json> find(const Json& object, std::string_view name) {
    const Json* value = object.as_object().if_contains(name);
    return value == nullptr ? std::nullopt : std::optional<Json>(*value);
  }
  const Json& table_;
};

}  // namespace

TEST_CASE("every recorded Interpolate format gives what Buildbot gives") {
  const Json table = load_table();
  const TableScope scope(table);
  REQUIRE(table.at("rows").as_array().size() > 150);

  for (const Json& row : table.at("rows").as_array()) {
    const std::string format(row.at("format").as_string());
    INFO(format);
    const auto parsed = Interpolation::parse(format);
    CHECK(parsed.has_error() == row.as_object().contains("parse_error"));
    if (parsed.has_error()) continue;
    const auto text = (*parsed)->evaluate(scope);
    CHECK(text.has_error() == row.as_object().contains("render_error"));
    if (text.has_value()) CHECK(*text == row.at("text").as_string());
  }
}

TEST_CASE("an Interpolation names the properties and keywords it refers to, nested ones too") {
  const auto parsed = Interpolation::parse("%(prop:b)s%(prop:a:-%(prop:c)s%(kw:k)s)s%(prop:b)s%(src::branch)s").value();

  CHECK(parsed->property_names() == std::vector<std::string>{"b", "a", "c"});
  CHECK(parsed->keyword_names() == std::vector<std::string>{"k"});
}

TEST_CASE("the shortest length of an Interpolation counts what is always there") {
  CHECK(Interpolation::parse("abc%(prop:a)sd%%").value()->shortest_length() == 5);
  CHECK(Interpolation::parse("%(prop:a:?|long|no)s").value()->shortest_length() == 2);
}

TEST_CASE("a format that nests without end is refused") {
  std::string format = "x";
  for (int i = 0; i < 200; ++i) format = "%(prop:a:-" + format + ")s";

  CHECK(Interpolation::parse(format).has_error());
}
