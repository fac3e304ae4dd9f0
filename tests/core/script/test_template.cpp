// SPDX-License-Identifier: MIT
#include <catch2/catch_test_macros.hpp>

#include "core/script/python_text.h"
#include "core/script/runtime.h"
#include "core/script/template.h"
#include "tests/support/result_text.h"

using namespace kiln;
using namespace kiln::script;

namespace {

class PropertyScope : public RenderScope {
 public:
  explicit PropertyScope(JsonObject values) : values_(std::move(values)) {}
  const Json* property(std::string_view name) const override { return values_.if_contains(name); }
  std::optional<Json> source(std::string_view, std::string_view) const override { return std::nullopt; }
  std::optional<Json> worker(std::string_view) const override { return std::nullopt; }
  std::optional<std::string> secret(std::string_view) const override { return std::nullopt; }
  std::optional<Json> keyword(std::string_view) const override { return std::nullopt; }

 private:
  JsonObject values_;
};

Template interpolate(std::string_view format, std::vector<std::pair<std::string, Template>> keywords = {}) {
  Template out;
  out.value = InterpolateTemplate{Interpolation::parse(format).value(), std::move(keywords)};
  return out;
}

Template property(std::string name, Template fallback, bool when_false = true) {
  Template out;
  out.value = PropertyTemplate{std::move(name), std::make_shared<const Template>(std::move(fallback)), when_false};
  return out;
}

std::string rendered(const Template& value, const RenderScope& scope) { return dump_json(render(value, scope).value()); }

}  // namespace

TEST_CASE("lists and dicts render their members, keys too") {
  const PropertyScope scope({{"a", "x"}, {"n", 3}});
  Template dict;
  dict.value = Template::Dict{{interpolate("key-%(prop:a)s"), Template(Json(JsonArray{1, 2}))}};
  Template list;
  list.value = Template::List{interpolate("%(prop:a)s"), Template(Json(nullptr)), dict};

  CHECK(rendered(list, scope) == R"(["x",null,{"key-x":[1,2]}])");
}

TEST_CASE("keywords of an Interpolate are rendered where it stands") {
  const PropertyScope scope({{"a", "x"}});

  CHECK(rendered(interpolate("%(kw:k)s+%(kw:other:-none)s", {{"k", interpolate("<%(prop:a)s>")}}), scope) ==
        R"("<x>+none")");
}

TEST_CASE("the default of Property also replaces false values unless told otherwise") {
  const PropertyScope scope({{"zero", 0}, {"a", "x"}});

  CHECK(rendered(property("a", Json("d")), scope) == R"("x")");
  CHECK(rendered(property("missing", Json("d")), scope) == R"("d")");
  CHECK(rendered(property("zero", Json("d")), scope) == R"("d")");
  CHECK(rendered(property("zero", Json("d"), false), scope) == "0");
}

TEST_CASE("an error inside of a list is the error of the list") {
  const PropertyScope scope({});
  Template list;
  list.value = Template::List{interpolate("%(secret:nope)s")};

  CHECK(render(list, scope).has_error());
}

TEST_CASE("values are shown as Python shows them") {
  CHECK(python_str(Json(JsonArray{"it's", true, nullptr, 1.0, "tab\t"})) == R"(["it's", True, None, 1.0, 'tab\t'])");
  CHECK(python_repr(std::string_view("both ' and \"")) == R"('both \' and "')");
}

TEST_CASE("a problem of the configuration is shown with its place and object") {
  CHECK(to_text(ConfigProblem{"master.cfg", 12, "builder \"x\"", "no steps"}) ==
        "master.cfg:12: builder \"x\": no steps");
  CHECK(to_text(ConfigProblem{"", 0, "", "no file"}) == "no file");
}
