// SPDX-License-Identifier: MIT
#include "core/http/jwt.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <stdexcept>

#include "core/base/base64.h"

namespace kiln::http {
namespace {

constexpr std::size_t max_token_bytes = 8192;
constexpr std::string_view header = R"({"alg":"HS256","typ":"JWT"})";

std::string hmac_sha256(std::string_view key, std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
           reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(), &size) == nullptr) {
    throw std::runtime_error("HMAC-SHA256 is not available");
  }
  return {reinterpret_cast<const char*>(digest.data()), size};
}

bool is_equal_in_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::optional<JsonObject> decode_object(std::string_view part) {
  const auto text = from_base64url(part);
  if (!text) return std::nullopt;
  auto json = parse_json(*text);
  if (json.has_error() || !json->is_object()) return std::nullopt;
  return std::move(json->as_object());
}

bool is_hs256(const JsonObject& fields) {
  const Json* algorithm = fields.if_contains("alg");
  // "crit" names extensions that the reader must know.
  return algorithm != nullptr && algorithm->is_string() && algorithm->get_string() == "HS256" &&
         !fields.contains("crit");
}

bool is_in_time(const JsonObject& claims, std::int64_t now_s) {
  const Json* end = claims.if_contains("exp");
  if (end == nullptr) return true;
  if (end->is_double()) return end->get_double() > static_cast<double>(now_s);
  if (end->is_uint64()) return true;  // beyond int64
  return end->is_int64() && end->get_int64() > now_s;
}

}  // namespace

std::string sign_jwt(const JsonObject& claims, std::string_view key) {
  std::string token = to_base64url(header) + '.' + to_base64url(dump_json(Json(claims)));
  const std::string signature = hmac_sha256(key, token);
  return token + '.' + to_base64url(signature);
}

std::optional<JsonObject> verify_jwt(std::string_view token, std::string_view key, std::int64_t now_s) {
  if (token.size() > max_token_bytes || key.empty()) return std::nullopt;
  const std::size_t first = token.find('.');
  const std::size_t second = first == std::string_view::npos ? first : token.find('.', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  const auto signature = from_base64url(token.substr(second + 1));
  // The signature before anything else is looked at: what a stranger wrote is not parsed as JSON.
  if (!signature || !is_equal_in_constant_time(*signature, hmac_sha256(key, token.substr(0, second)))) {
    return std::nullopt;
  }
  const auto fields = decode_object(token.substr(0, first));
  if (!fields || !is_hs256(*fields)) return std::nullopt;
  auto claims = decode_object(token.substr(first + 1, second - first - 1));
  if (!claims || !is_in_time(*claims, now_s)) return std::nullopt;
  return claims;
}

}  // namespace kiln::http
