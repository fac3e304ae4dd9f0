// SPDX-License-Identifier: MIT
#include <catch2/catch_test_macros.hpp>

#include "core/http/jwt.h"
#include "tests/core/http/http_client.h"
#include "tests/core/http/served_master.h"

using namespace kiln;
using namespace kiln::testing;
using Rule = script::AuthzRule::Kind;
using Role = script::RoleMatcher::Kind;

namespace {

const std::string secret = "0123456789abcdef0123456789abcdef";

std::shared_ptr<script::Config> with_rules(std::vector<script::AuthzRule> rules,
                                           std::vector<script::RoleMatcher> role_matchers = {}) {
  auto config = golden_config();
  config->www.authz.emplace();
  config->www.authz->rules = std::move(rules);
  config->www.authz->role_matchers = std::move(role_matchers);
  return config;
}

script::RoleMatcher admin_is(const std::string& name) {
  return {.kind = Role::username, .text = {}, .roles = {{name, {"admins"}}}};
}

http::Server::Options signing_with_secret() {
  http::Server::Options options;
  options.session_secret = secret;
  return options;
}

// A master and somebody who talks to it.
struct Talk {
  explicit Talk(script::ConfigPtr config) : master(std::move(config), signing_with_secret()) {}

  HttpAnswer ask(std::string_view method, std::string_view target, const JsonObject& user, std::string_view body = {}) {
    HttpClient client(master.port());
    const std::string token = http::sign_jwt({{"user_info", user}, {"exp", 4102444800}}, secret);
    return client.request(method, target,
                          {{"Cookie", "TWISTED_SESSION=" + token}, {"Content-Type", "application/json"}}, body);
  }
  int control(std::string_view target, const std::string& method, const JsonObject& user = {{"anonymous", true}},
              const JsonObject& params = {}) {
    const JsonObject call{{"jsonrpc", "2.0"}, {"id", 1}, {"method", method}, {"params", params}};
    return ask("POST", "/api/v2/" + std::string(target), user, dump_json(Json(call))).status;
  }

  ServedMaster master;
};

// A rule in Python that answers when it is told to.
class SlowHooks : public script::AuthzHooks {
 public:
  void check(std::vector<std::string> path, std::string action, JsonObject, JsonObject,
             Reply<std::optional<std::string>> reply) override {
    asked = path.front() + ' ' + action;
    waiting.set_value(std::move(reply));
  }
  std::string asked;
  std::promise<Reply<std::optional<std::string>>> waiting;
};

}  // namespace

TEST_CASE("a forbidden control is answered and not carried out") {
  Talk talk(with_rules({{.kind = Rule::any_control, .builder = {}, .role = "admins"}}, {admin_is("ann")}));

  CHECK(talk.control("builds/1", "stop") == 403);
  CHECK(talk.control("builds/1", "stop", {{"username", "bob"}}) == 403);
  CHECK(talk.master.controls().requests.empty());
  CHECK(talk.control("builds/1", "stop", {{"username", "ann"}}) == 200);
  REQUIRE(talk.master.controls().requests.size() == 1);
  CHECK(talk.master.controls().requests[0].owner == "ann");
}

TEST_CASE("what was read by one user is not given from memory to another") {
  Talk talk(with_rules({{.kind = Rule::any, .builder = {}, .role = "admins"}}, {admin_is("ann")}));

  CHECK(talk.ask("GET", "/api/v2/builders", {{"username", "ann"}}).status == 200);
  CHECK(talk.ask("GET", "/api/v2/builders", {{"username", "ann"}}).status == 200);
  const HttpAnswer refused = talk.ask("GET", "/api/v2/builders", {{"username", "bob"}});
  CHECK(refused.status == 403);
  CHECK(refused.body == R"({"error": "you need to have role 'admins'"})");
}

TEST_CASE("strange sessions give no roles and break nothing") {
  Talk talk(with_rules({{.kind = Rule::any_control, .builder = {}, .role = "*"}},
                       {admin_is(""),
                        {.kind = Role::groups, .text = "x", .roles = {}},
                        {.kind = Role::emails, .text = {}, .roles = {{"", {"r"}}}},
                        {.kind = Role::domain, .text = {}, .roles = {{"", {"r"}}}},
                        {.kind = Role::owner, .text = "owner", .roles = {}}}));

  for (const char* user : {R"({"username": 5, "email": [1], "groups": "x"})", R"({"groups": [1, null, {}]})",
                           R"({"email": "", "username": ""})", "{}"}) {
    INFO(user);
    CHECK(talk.control("builds/1", "stop", parse_json(user)->get_object()) == 403);
  }
  CHECK(talk.control("builds/1", "stop", {{"groups", JsonArray{1, "xy"}}}) == 200);
}

TEST_CASE("a rule in Python is waited for while others are answered") {
  auto config = with_rules({{.kind = Rule::python, .builder = {}, .role = "admins"}});
  const auto hooks = std::make_shared<SlowHooks>();
  config->www.authz->hooks = hooks;
  Talk talk(config);
  HttpClient waiting(talk.master.port());
  REQUIRE(waiting.send("GET /api/v2/builders HTTP/1.1\r\nHost: x\r\n\r\n"));
  auto asked = hooks->waiting.get_future();
  REQUIRE(asked.wait_for(std::chrono::seconds(20)) == std::future_status::ready);

  HttpClient other(talk.master.port());
  CHECK(other.request("GET", "/config").status == 200);
  auto reply = asked.get();
  talk.master.on_loop([&] { reply(std::optional<std::string>("no")); });

  const auto answer = waiting.receive();
  REQUIRE(answer);
  CHECK(answer->status == 403);
  CHECK(hooks->asked == "builders GET");
}

TEST_CASE("a rule in Python that fails forbids") {
  auto config = with_rules({{.kind = Rule::python, .builder = {}, .role = "admins"}});
  const auto hooks = std::make_shared<SlowHooks>();
  config->www.authz->hooks = hooks;
  Talk talk(config);
  HttpClient client(talk.master.port());
  REQUIRE(client.send("GET /api/v2/builders HTTP/1.1\r\nHost: x\r\n\r\n"));
  auto reply = hooks->waiting.get_future().get();
  talk.master.on_loop([&] { reply(make_error(Errc::script, "it raised")); });

  const auto answer = client.receive();
  REQUIRE(answer);
  CHECK(answer->status == 500);
}
