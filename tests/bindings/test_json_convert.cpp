// SPDX-License-Identifier: MIT
#include <pybind11/eval.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "bindings/json_convert.h"
#include "core/base/big_integer.h"

using namespace kiln;
using namespace kiln::bindings;

namespace {

py::object python(const std::string& expression) { return py::eval(expression, py::dict()); }

}  // namespace

TEST_CASE("plain data goes over the border and back unchanged") {
  const py::gil_scoped_acquire gil;
  const auto expression = GENERATE(as<std::string>{}, "None", "True", "0", "-9223372036854775808",
                                   "18446744073709551615", "-(10 ** 40)", "1.5", "'h\\u00e9 \\U0001f600'", "''",
                                   "[1, [2, []], {'a': None}]", "{'b': 1, 'a': [True]}");

  const py::object before = python(expression);
  const py::object after = to_python(to_json(before));

  INFO(expression);
  CHECK(before.equal(after));
  CHECK(py::type::of(before).is(py::type::of(after)));
}

TEST_CASE("what JSON cannot say is refused with a reason") {
  const py::gil_scoped_acquire gil;
  const auto expression = GENERATE(as<std::string>{}, "b'x'", "object()", "{1.5: 1}", "[{'a': {1, 2}}]");

  INFO(expression);
  CHECK_THROWS_AS(to_json(python(expression)), py::error_already_set);
}

TEST_CASE("a list that contains itself ends as an error") {
  const py::gil_scoped_acquire gil;
  py::list endless;
  endless.append(endless);

  CHECK_THROWS_AS(to_json(endless), py::error_already_set);
}

TEST_CASE("a command keeps bytes and hidden secrets as markers, both ways") {
  const py::gil_scoped_acquire gil;
  const py::object before = python("['git', ('obfuscated', 'pw', '<pw>'), b'\\xff\\x00']");

  const Json json = to_json(before, Dialect::command);

  CHECK(dump_json(json) == R"(["git",{"__obfuscated__":["pw","<pw>"]},{"__bytes__":"\u00ff\u0000"}])");
  CHECK(to_python(json, Dialect::command).equal(before));
}

TEST_CASE("values without a JSON form become text for interpolation, empty ones stay empty") {
  const py::gil_scoped_acquire gil;

  CHECK(to_json_or_text(python("(1, 'a')")) == "(1, 'a')");
  CHECK(to_json_or_text(python("b'x'")) == "b'x'");
  CHECK(to_json_or_text(python("2 ** 70")) == big_integer("1180591620717411303424"));
  CHECK(to_json_or_text(python("()")) == JsonArray());
  CHECK(to_json_or_text(python("[]")) == JsonArray());
  CHECK(to_json_or_text(python("0")) == 0);
}

TEST_CASE("text with lone surrogates loses only those") {
  const py::gil_scoped_acquire gil;

  CHECK(to_text(python("'a\\udcffb'")) == "a?b");
  CHECK(to_str("a\xff"
               "b")
            .equal(python("'a\\ufffdb'")));
}

TEST_CASE("properties keep value and source") {
  const py::gil_scoped_acquire gil;
  const py::object before = python("{'a': ([1, 'x'], 'Force'), 'b': (None, 'Build')}");

  const Properties properties = to_properties(before);

  CHECK(properties.find("a")->source == "Force");
  CHECK(to_python(properties).equal(before));
}
