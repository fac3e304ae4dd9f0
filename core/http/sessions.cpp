// SPDX-License-Identifier: MIT
#include "core/http/sessions.h"

#include <openssl/rand.h>

#include <array>
#include <chrono>
#include <stdexcept>

#include "core/base/base64.h"
#include "core/http/jwt.h"

namespace kiln::http {
namespace {

// Upstream's name, so that its sessions go on. The second is what it uses over TLS.
constexpr std::string_view cookie_name = "TWISTED_SESSION";
constexpr std::string_view secure_cookie_name = "TWISTED_SECURE_SESSION";

std::int64_t now_s() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::string random_secret() {
  std::array<unsigned char, 32> bytes{};
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) throw std::runtime_error("no random bytes");
  return to_base64url({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

}  // namespace

std::string_view cookie_value(const Request& request, std::string_view name) {
  for (const auto& [header, value] : request.headers) {
    if (header != "cookie") continue;
    std::string_view rest = value;
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find(';'), rest.size());
      const std::string_view pair = trimmed(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
      if (pair.starts_with(name) && pair.substr(name.size()).starts_with('=')) return pair.substr(name.size() + 1);
    }
  }
  return {};
}

Sessions::Sessions(std::string secret) : secret_(secret.empty() ? random_secret() : std::move(secret)) {}

void Sessions::identify(Request& request) const {
  std::string_view token = cookie_value(request, cookie_name);
  if (token.empty()) token = cookie_value(request, secure_cookie_name);
  if (token.empty()) return;
  request.session = Request::Session::refused;
  auto claims = verify_jwt(token, secret_, now_s());
  if (!claims) return;
  Json* info = claims->if_contains("user_info");
  if (info == nullptr || !info->is_object()) return;
  request.session = Request::Session::good;
  request.user.info = std::move(info->get_object());
}

std::string Sessions::cookie(const script::User& user, const script::Config* config, std::int64_t now) const {
  const auto life = config == nullptr ? std::chrono::seconds(0) : config->www.session_life;
  const std::string token = sign_jwt({{"user_info", user.info}, {"exp", now + life.count()}}, secret_);
  std::string text = std::string(cookie_name) + '=' + token + "; Path=/; HttpOnly; SameSite=Lax";
  if (config != nullptr && config->buildbot_url.starts_with("https://")) text += "; Secure";
  return text;
}

void Sessions::set_user(Response& response, const script::User& user, const script::Config* config) const {
  response.headers.emplace_back("Set-Cookie", cookie(user, config, now_s()));
}

void Sessions::set_anonymous(Response& response, const script::Config* config) {
  const std::int64_t now = now_s();
  if (anonymous_made_s_ != now) {
    anonymous_made_s_ = now;
    anonymous_cookie_ = cookie({}, config, now);
  }
  response.headers.emplace_back("Set-Cookie", anonymous_cookie_);
}

}  // namespace kiln::http
