// SPDX-License-Identifier: MIT
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "tests/core/http/http_client.h"
#include "tests/core/http/served_master.h"

using namespace kiln;
using namespace kiln::testing;

namespace {

using Headers = std::vector<std::pair<std::string, std::string>>;
const Headers json_type{{"Content-Type", "application/json"}};
const Headers form_type{{"Content-Type", "application/x-www-form-urlencoded"}};

}  // namespace

TEST_CASE("a control reaches the master with its path, method and parameters") {
  ServedMaster master(golden_config());
  HttpClient client(master.port());

  const auto answer = client.request(
      "POST", "/api/v2/forceschedulers/force%20me", {{"Content-Type", "application/json; charset=utf-8"}},
      R"({"jsonrpc":"2.0","id":"a","method":"force","params":{"builderid":4,"owner":"root"}})");

  CHECK(answer.status == 200);
  CHECK(answer.body == R"({"id":"a","jsonrpc":"2.0","result":null})");
  REQUIRE(master.controls().requests.size() == 1);
  const data::ControlRequest& request = master.controls().requests.front();
  CHECK(request.path == std::vector<std::string>{"forceschedulers", "force me"});
  CHECK(request.method == "force");
  CHECK(request.owner == "anonymous");
  CHECK(request.params == JsonObject{{"builderid", 4}});
}

TEST_CASE("wrong JSON-RPC envelopes have upstream's errors") {
  struct Case {
    std::string body;
    std::string message;
  };
  const auto wrong = GENERATE(values<Case>({
      {"[]", "JSONRPC batch requests are not supported"},
      {"\"x\"", "JSONRPC root object must be an object"},
      {R"({"jsonrpc":"2.0"})", "missing key 'method'"},
      {R"({"jsonrpc":"1.0","method":"x","id":1,"params":{}})", "only JSONRPC 2.0 is supported"},
      {R"({"jsonrpc":"2.0","method":"x","id":1,"params":[]})", "'params' must be an object"},
      {R"({"jsonrpc":"2.0","method":5,"id":1,"params":{}})", "'method' must be a string"},
      {R"({"jsonrpc":"2.0","method":"x","id":1.5,"params":{}})", "'id' must be a string, number, or null"},
  }));
  ServedMaster master(golden_config());
  HttpClient client(master.port());

  const auto answer = client.request("POST", "/api/v2/builders/1", json_type, wrong.body);

  CHECK(answer.status == 400);
  CHECK(answer.header("content-type") == "application/json");
  CHECK(answer.body ==
        R"({"jsonrpc": "2.0", "error": {"code": -32600, "message": ")" + wrong.message + "\"}}");
  CHECK(master.controls().requests.empty());
}

TEST_CASE("a body that is no JSON, or not called so, is refused") {
  ServedMaster master(golden_config());
  HttpClient client(master.port());

  const auto broken = client.request("POST", "/api/v2/builders/1", json_type, "{");
  const auto form = client.request("POST", "/api/v2/builders/1", form_type, "a=b");

  CHECK(broken.status == 400);
  CHECK(broken.body.find("\"code\": -32700, \"message\": \"JSON parse error: ") != std::string::npos);
  CHECK(form.status == 400);
  CHECK(form.body.find("Invalid content-type (use application/json)") != std::string::npos);
}

TEST_CASE("errors of controls have upstream's status and code") {
  struct Case {
    Errc code;
    std::string what;
    int status;
    std::string error;
  };
  const auto failure = GENERATE(values<Case>({
      {Errc::not_found, "Invalid path: nosuch", 404, R"({"code": -32600, "message": "Invalid path: nosuch"})"},
      {Errc::not_supported, "action: x is not supported", 501,
       R"({"code": -32601, "message": "action: x is not supported"})"},
      {Errc::forbidden, "you need to have role 'admins'", 403,
       R"({"code": -32600, "message": "you need to have role 'admins'"})"},
      {Errc::bad_input, R"({"reason": "'Why:' needs to be specified"})", 400,
       R"({"code": -32602, "message": {"reason": "'Why:' needs to be specified"}})"},
      {Errc::script, "KeyError('x')", 500, R"j({"code": -32603, "message": "KeyError('x')"})j"},
  }));
  ServedMaster master(golden_config());
  master.controls().answer = make_error(failure.code, failure.what);
  HttpClient client(master.port());

  const auto answer = client.request("POST", "/api/v2/builds/1", json_type,
                                     R"({"jsonrpc":"2.0","id":null,"method":"x","params":{}})");

  CHECK(answer.status == failure.status);
  CHECK(answer.body == R"({"jsonrpc": "2.0", "id": null, "error": )" + failure.error + "}");
}

TEST_CASE("only allowed origins may use the API from a browser") {
  struct Case {
    const char* method;
    Headers headers;
    int status;
    std::string body;
    std::string allowed;
  };
  const auto exchange = GENERATE(values<Case>({
      {"OPTIONS", {{"Origin", "http://a.example.org"}, {"Access-Control-Request-Method", "POST"}}, 200, "",
       "http://a.example.org"},
      {"OPTIONS", {{"Origin", "HTTP://127.0.0.1:21010"}, {"Access-Control-Request-Method", "POST"}}, 200, "",
       "http://127.0.0.1:21010"},
      {"OPTIONS", {{"Origin", "http://evil.com"}, {"Access-Control-Request-Method", "POST"}}, 400,
       R"({"error": "invalid origin"})", ""},
      {"OPTIONS", {{"Origin", "http://a.example.org"}, {"Access-Control-Request-Method", "PUT"}}, 400,
       R"({"error": "invalid method"})", ""},
      {"OPTIONS", {}, 400, R"({"error": "invalid HTTP method"})", ""},
      {"PUT", {}, 400, R"({"error": "invalid HTTP method"})", ""},
      {"DELETE", {}, 400, R"({"error": "invalid HTTP method"})", ""},
      {"GET", {{"Origin", "http://evil.com"}}, 400, R"({"error": "invalid origin"})", ""},
      {"POST", {{"Origin", "http://evil.com"}}, 400, R"({"error": {"message": "invalid origin"}})", ""},
  }));
  ServedMaster master(golden_config());
  HttpClient client(master.port());

  const auto answer = client.request(exchange.method, "/api/v2/masters", exchange.headers);

  CHECK(answer.status == exchange.status);
  CHECK(answer.body == exchange.body);
  CHECK(answer.header("access-control-allow-origin") == exchange.allowed);
  CHECK(master.controls().requests.empty());
}

TEST_CASE("a change hook makes a change of a form") {
  ServedMaster master(golden_config());
  HttpClient client(master.port());

  const auto answer = client.request(
      "POST", "/change_hook/base", form_type,
      "revision=r1&branch=main&author=Ann+%3Cann%40x.org%3E&comments=line+one%0Atwo+%C3%A9&files=%5B%22a%2Fb.c%22%5D"
      "&properties=%7B%22n%22%3A+3%7D&repository=file%3A%2F%2F%2Frepo&project=p&category=c&when_timestamp=1600000000.7");

  CHECK(answer.status == 200);
  CHECK(answer.body == "1 change found");
  REQUIRE(master.controls().changes.size() == 1);
  const Change& change = master.controls().changes.front().change;
  CHECK(change.author == "Ann <ann@x.org>");
  CHECK(change.comments == "line one\ntwo \xc3\xa9");
  CHECK(change.files == std::vector<std::string>{"a/b.c"});
  CHECK(change.when_timestamp == 1600000000);
  CHECK(change.branch == "main");
  CHECK(change.revision == "r1");
  REQUIRE(change.properties.find("n") != nullptr);
  CHECK(change.properties.find("n")->value == Json(3));
}

TEST_CASE("a change hook takes the query too, and almost nothing") {
  ServedMaster master(golden_config());
  HttpClient client(master.port());

  CHECK(client.request("GET", "/change_hook?who=bob&when=1600000100.5&codebase=").body == "1 change found");
  CHECK(client.request("POST", "/change_hook/base", form_type, "revision=r3").body == "1 change found");

  REQUIRE(master.controls().changes.size() == 2);
  CHECK(master.controls().changes[0].change.author == "bob");
  CHECK(master.controls().changes[0].change.when_timestamp == 1600000100);
  CHECK(master.controls().changes[1].change.author.empty());
  CHECK_FALSE(master.controls().changes[1].change.branch.has_value());
  CHECK_FALSE(master.controls().changes[1].change.revlink.has_value());
}

TEST_CASE("a wrong hook is refused with the reason as status text") {
  ServedMaster master(golden_config());
  const auto target = GENERATE(as<std::string>{}, "/change_hook/nosuch", "/change_hook/base?files=notjson",
                               "/change_hook/base?files=%7B%7D", "/change_hook/base?properties=[]",
                               "/change_hook/base?when=soon", "/change_hook/base?when=1e300",
                               "/change_hook/a%0d%0ab");
  HttpClient client(master.port());

  const auto answer = client.request("GET", target);

  CHECK(answer.status == 400);
  CHECK_FALSE(answer.body.empty());
  CHECK(answer.reason.size() > 3);
  CHECK(master.controls().changes.empty());
}

TEST_CASE("hooks are closed when the configuration has none") {
  auto config = golden_config();
  config->www.hook_base = false;
  ServedMaster master(config);
  HttpClient client(master.port());

  const auto answer = client.request("GET", "/change_hook/base?comments=x");

  CHECK(answer.status == 400);
  CHECK(answer.reason == "The dialect specified, 'base', wasn't whitelisted in change_hook");
}

TEST_CASE("the index page carries the configuration and a policy that lets nothing else in") {
  auto config = golden_config();
  config->title = "</script><script>alert(1)</script>";
  config->www.settings = JsonObject{{"cookie_expiration_time", 5}, {"ui_default_config", JsonObject{{"a", 1}}},
                                    {"auth", JsonObject{{"name", "NoAuth"}, {"client_secret", "s3cret"}}}};
  ServedMaster master(config);
  HttpClient client(master.port());

  const auto page = client.request("GET", "/");
  const auto json = client.request("GET", "/config");

  CHECK(page.status == 200);
  CHECK(page.header("content-security-policy").find("script-src 'self' 'nonce-") != std::string::npos);
  CHECK(page.body.find("<script>alert") == std::string::npos);
  CHECK(json.body.find("ui_default_config") != std::string::npos);
  CHECK(json.body.find("s3cret") == std::string::npos);
  CHECK(json.body.find("cookie_expiration_time") == std::string::npos);
  CHECK(json.header("cache-control") == "public,max-age=0");
}

TEST_CASE("HTML of a log is sandboxed") {
  ServedMaster master(golden_config());
  HttpClient client(master.port());

  const auto answer = client.request("GET", "/api/v2/builds/1/steps/rich/logs/page/raw_inline");

  CHECK(answer.header("content-type") == "text/html; charset=utf-8");
  CHECK(answer.header("content-security-policy") == "sandbox");
}

TEST_CASE("paths outside of the site are not found") {
  ServedMaster master(golden_config());
  const auto target = GENERATE(as<std::string>{}, "/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/assets/",
                               "/assets/%00", "//etc/passwd", "/api/", "/api/v1/masters", "/favicon.ico", "/auth/nosuch");
  HttpClient client(master.port());

  CHECK(client.request("GET", target).status == 404);
}
