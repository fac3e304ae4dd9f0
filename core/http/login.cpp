// SPDX-License-Identifier: MIT
#include "core/http/login.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <array>

#include "core/base/log.h"
#include "core/base/text.h"
#include "core/base/base64.h"
#include "core/http/log_text.h"
#include "core/http/pages.h"

namespace kiln::http {
namespace {

using Digest = std::array<unsigned char, EVP_MAX_MD_SIZE>;

Digest sha256(std::string_view text) {
  Digest digest{};
  EVP_Digest(text.data(), text.size(), digest.data(), nullptr, EVP_sha256(), nullptr);
  return digest;
}

Response unauthorized() {
  Response response = make_response(401, "text/html", "Unauthorized");
  response.headers.emplace_back("WWW-Authenticate", "basic realm=\"buildbot\"");
  return response;
}

// For a page's own form: with a challenge the browser would open its dialog on top.
Response refused_form(int status, std::string_view text) {
  return make_response(status, "application/json", dump_json(Json(JsonObject{{"error", text}})));
}

std::optional<Credentials> form_credentials(const Request& request) {
  const auto form = parse_json(request.body);
  if (form.has_error() || !form->is_object()) return std::nullopt;
  const Json* username = form->get_object().if_contains("username");
  const Json* password = form->get_object().if_contains("password");
  if (username == nullptr || !username->is_string() || password == nullptr || !password->is_string()) {
    return std::nullopt;
  }
  return Credentials{std::string(username->get_string()), std::string(password->get_string())};
}

}  // namespace

std::optional<Credentials> basic_credentials(std::string_view authorization) {
  const std::size_t space = authorization.find(' ');
  if (space == std::string_view::npos || to_lower_ascii(authorization.substr(0, space)) != "basic") {
    return std::nullopt;
  }
  std::string_view coded = authorization.substr(space + 1);
  while (coded.starts_with(' ')) coded.remove_prefix(1);
  const auto text = from_base64(coded);
  if (!text || !is_valid_utf8(*text)) return std::nullopt;
  const std::size_t colon = text->find(':');
  if (colon == std::string::npos) return std::nullopt;
  return Credentials{text->substr(0, colon), text->substr(colon + 1)};
}

bool is_right_password(const std::map<std::string, std::string>& passwords, const Credentials& given) {
  const auto known = passwords.find(given.username);
  // Digests have one length, so the comparison tells nothing of the password's.
  const Digest expected = sha256(known == passwords.end() ? std::string_view() : known->second);
  const Digest got = sha256(given.password);
  const bool is_equal = CRYPTO_memcmp(expected.data(), got.data(), expected.size()) == 0;
  return is_equal && known != passwords.end();
}

struct Login::Try {
  std::shared_ptr<const Request> request;
  script::ConfigPtr config;
  Respond respond;
  Credentials credentials;

  bool is_form() const { return request->method == "POST"; }
  void refuse() const {
    respond(is_form() ? refused_form(401, "the user name or the password is wrong") : unauthorized());
  }
};

void Login::handle(std::shared_ptr<const Request> request, script::ConfigPtr config, Respond respond) {
  const bool is_leaf = request->path.size() == 2;
  const std::string& page = is_leaf ? request->path[1] : std::string();
  if (page == "logout" && request->method != "POST") {
    Response response = redirect_to_page(*request, config.get());
    sessions_.set_anonymous(response, config.get());
    return respond(std::move(response));
  }
  if (page != "login") return respond(request->method == "POST" ? method_not_allowed(*request) : not_found_page());
  if (config == nullptr || config->www.auth.kind == script::AuthConfig::Kind::none) {
    return respond(make_response(501, "text/plain; charset=utf-8",
                                 "there is nothing to log in to: no authentication is set\n"));
  }
  const bool is_form = request->method == "POST";
  auto credentials = is_form ? form_credentials(*request) : basic_credentials(request->header("authorization"));
  if (!credentials) {
    return respond(is_form ? refused_form(400, "give a username and a password as JSON") : unauthorized());
  }
  log_in(std::make_shared<const Try>(Try{std::move(request), std::move(config), std::move(respond), *std::move(credentials)}));
}

void Login::log_in(std::shared_ptr<const Try> attempt) {
  const auto now = std::chrono::steady_clock::now();
  const std::string& peer = attempt->request->peer;
  const std::string& name = attempt->credentials.username;
  if (const auto wait = failed_.wait(peer, name, now); wait.count() > 0) {
    const std::string text = "too many failed logins: try again in " + std::to_string(wait.count()) + " s";
    Response response = attempt->is_form() ? refused_form(429, text) : make_response(429, "text/plain", text + "\n");
    response.headers.emplace_back("Retry-After", std::to_string(wait.count()));
    return attempt->respond(std::move(response));
  }
  failed_.begin(peer, name, now);
  check_password(attempt, [this, attempt](Result<bool> is_right) { on_checked(attempt, std::move(is_right)); });
}

void Login::check_password(const std::shared_ptr<const Try>& attempt, Reply<bool> reply) {
  const script::AuthConfig& auth = attempt->config->www.auth;
  if (auth.kind == script::AuthConfig::Kind::passwords) {
    return reply(is_right_password(auth.passwords, attempt->credentials));
  }
  auth.hooks->check(attempt->credentials.username, attempt->credentials.password, std::move(reply));
}

void Login::on_checked(const std::shared_ptr<const Try>& attempt, Result<bool> is_right) {
  const std::string& peer = attempt->request->peer;
  const std::string& name = attempt->credentials.username;
  if (is_right.has_error()) {
    log_error("the login of '{}' failed: {}", log_text(name), is_right.error().what);
    return attempt->respond(make_response(500, "text/plain; charset=utf-8", "the login failed: see the master's log\n"));
  }
  if (!*is_right) {
    log_warning("refused the login of '{}' from {}: wrong user name or password", log_text(name), peer);
    return attempt->refuse();
  }
  failed_.succeeded(peer, name);
  log_info("'{}' logged in from {}", log_text(name), peer);
  if (!attempt->config->www.auth.has_user_info) {
    return finish(*attempt, {.info = {{"username", name}, {"email", name}}});
  }
  attempt->config->www.auth.hooks->user_info(name, [this, attempt](Result<JsonObject> info) {
    if (info.has_value()) return finish(*attempt, {.info = *std::move(info)});
    log_error("cannot learn about user '{}': {}", log_text(attempt->credentials.username), info.error().what);
    attempt->respond(make_response(500, "text/plain; charset=utf-8", "the login failed: see the master's log\n"));
  });
}

void Login::finish(const Try& attempt, script::User user) {
  Response response = attempt.is_form() ? make_response(200, "application/json", dump_json(Json(JsonObject{{"user", user.info}})))
                                        : redirect_to_page(*attempt.request, attempt.config.get());
  sessions_.set_user(response, user, attempt.config.get());
  attempt.respond(std::move(response));
}

}  // namespace kiln::http
