// SPDX-License-Identifier: MIT
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "core/base/base64.h"
#include "core/http/failed_logins.h"
#include "core/http/jwt.h"
#include "core/http/login.h"
#include "core/http/sessions.h"

using namespace kiln;
using namespace kiln::http;
using namespace std::chrono_literals;

namespace {

const std::string secret = "5400b3c839bfbcdea09ac52b9454aa1d";
// Made by Buildbot 4.3.0 with that secret: alice, until 1795879454.
const std::string upstream_token =
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJ1c2VyX2luZm8iOnsidXNlcm5hbWUiOiJhbGljZSIsImVtYWlsIjoiYWxpY2UifSwiZXhwIjox"
    "Nzk1ODc5NDU0fQ.f7E8rkYsCSnQkkG43uV-RvibIENGnb5mdHPcYhhez_Y";

Request with_cookie(std::string text) {
  Request request;
  request.headers.emplace_back("cookie", std::move(text));
  return request;
}

}  // namespace

TEST_CASE("a session that Buildbot gave is good until it ends") {
  const auto claims = verify_jwt(upstream_token, secret, 1795879453);
  REQUIRE(claims);
  CHECK(dump_json(claims->at("user_info")) == R"({"username":"alice","email":"alice"})");

  CHECK_FALSE(verify_jwt(upstream_token, secret, 1795879454));
  CHECK_FALSE(verify_jwt(upstream_token, "another secret", 0));
}

TEST_CASE("each changed character makes a token worthless") {
  for (std::size_t i = 0; i < upstream_token.size(); ++i) {
    std::string changed = upstream_token;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    INFO(i);
    CHECK_FALSE(verify_jwt(changed, secret, 0));
  }
}

TEST_CASE("a token has the bytes that Buildbot gives it") {
  const JsonObject claims{{"user_info", JsonObject{{"username", "alice"}, {"email", "alice"}}}, {"exp", 1795879454}};
  CHECK(sign_jwt(claims, secret) == upstream_token);
}

TEST_CASE("base64 is taken in one form only") {
  CHECK(to_base64url("\xfb\xff") == "-_8");
  CHECK(from_base64url("-_8") == "\xfb\xff");
  CHECK(from_base64url("") == "");
  for (const char* wrong : {"-_9", "-", "+/8", "-_8=", "ab d", "AB"}) {
    INFO(wrong);
    CHECK_FALSE(from_base64url(wrong));
  }
  CHECK(from_base64("YW5u") == "ann");
  CHECK(from_base64("YQ==") == "a");
  for (const char* wrong : {"YQ", "YQ=", "Y===", "====", "=", "YQ==YQ==", "YW 5u"}) {
    INFO(wrong);
    CHECK_FALSE(from_base64(wrong));
  }
}

TEST_CASE("the cookie is found among others") {
  CHECK(cookie_value(with_cookie("a=1; TWISTED_SESSION=x.y; b=2"), "TWISTED_SESSION") == "x.y");
  CHECK(cookie_value(with_cookie("XTWISTED_SESSION=1; TWISTED_SESSIONX=2;;=;TWISTED_SESSION"), "TWISTED_SESSION").empty());
  CHECK(cookie_value(with_cookie(""), "TWISTED_SESSION").empty());
}

TEST_CASE("a session that is given is known again") {
  const Sessions sessions(secret);
  Response response;
  script::Config config;
  config.buildbot_url = "https://ci.example.org/";
  sessions.set_user(response, {.info = {{"username", "ann"}, {"groups", JsonArray{"x"}}}}, &config);
  const std::string& cookie = response.headers.at(0).second;
  CHECK(cookie.ends_with("; Path=/; HttpOnly; SameSite=Lax; Secure"));

  Request request = with_cookie(cookie.substr(0, cookie.find(';')));
  sessions.identify(request);

  CHECK(request.session == Request::Session::good);
  CHECK(request.user.owner() == "ann");
  CHECK_FALSE(request.user.is_anonymous());
}

TEST_CASE("a session of another secret is refused and a missing one is none") {
  Request refused = with_cookie("TWISTED_SESSION=" + upstream_token);
  Request none;
  const Sessions sessions("");
  sessions.identify(refused);
  sessions.identify(none);

  CHECK(refused.session == Request::Session::refused);
  CHECK(refused.user.is_anonymous());
  CHECK(none.session == Request::Session::none);
}

TEST_CASE("basic credentials are split at the first colon") {
  const auto found = basic_credentials("bAsIc YW5uOnM6ZSBj");
  REQUIRE(found);
  CHECK(found->username == "ann");
  CHECK(found->password == "s:e c");
  for (const char* wrong : {"", "Basic", "Basic ", "Basic !", "Basic YW5u", "Digest YW5uOnM6ZSBj", "Basic /wA6"}) {
    INFO(wrong);
    CHECK_FALSE(basic_credentials(wrong));
  }
}

TEST_CASE("only the user's own password is right") {
  const std::map<std::string, std::string> passwords{{"ann", "secret"}, {"bob", "pw"}};
  CHECK(is_right_password(passwords, {"ann", "secret"}));
  CHECK_FALSE(is_right_password(passwords, {"ann", "pw"}));
  CHECK_FALSE(is_right_password(passwords, {"ann", "secret2"}));
  CHECK_FALSE(is_right_password(passwords, {"ann", ""}));
  CHECK_FALSE(is_right_password(passwords, {"eve", ""}));
}

TEST_CASE("failed logins make their sender wait, not others") {
  FailedLogins failed({.for_name = 3, .for_address = 5, .window = 60s, .entries = 100});
  const FailedLogins::Time now{};
  for (int i = 0; i < 3; ++i) failed.begin("10.0.0.1", "ann", now);

  CHECK(failed.wait("10.0.0.1", "ann", now + 10s) == 50s);
  CHECK(failed.wait("10.0.0.1", "bob", now) == 0s);
  CHECK(failed.wait("10.0.0.2", "ann", now) == 0s);
  CHECK(failed.wait("10.0.0.1", "ann", now + 60s) == 0s);
  for (int i = 0; i < 2; ++i) failed.begin("10.0.0.1", "x" + std::to_string(i), now);
  CHECK(failed.wait("10.0.0.1", "bob", now) == 60s);
}

TEST_CASE("a login that succeeds is no failure") {
  FailedLogins failed({.for_name = 3, .for_address = 5, .window = 60s, .entries = 100});
  for (int i = 0; i < 50; ++i) {
    failed.begin("10.0.0.1", "ann", {});
    failed.succeeded("10.0.0.1", "ann");
  }
  CHECK(failed.wait("10.0.0.1", "ann", {}) == 0s);
  CHECK(failed.size() == 0);
}

TEST_CASE("made-up names do not fill the memory") {
  FailedLogins failed({.for_name = 3, .for_address = 1000000, .window = 60s, .entries = 100});
  for (int i = 0; i < 1000; ++i) {
    failed.begin("10.0.0.1", std::to_string(i), FailedLogins::Time(std::chrono::seconds(i)));
    REQUIRE(failed.size() <= 100);
  }
}
