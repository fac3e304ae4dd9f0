// SPDX-License-Identifier: MIT
#include <cstdint>
#include <cstdlib>

#include "core/base/base64.h"
#include "core/http/jwt.h"
#include "core/http/login.h"
#include "core/http/sessions.h"

using namespace kiln;

namespace {

constexpr const char* key = "0123456789abcdef0123456789abcdef";

// What comes after the signature check, which no fuzzer gets past: its input signed.
void check_signed(std::string_view claims) {
  const auto json = parse_json(claims);
  if (json.has_error() || !json->is_object()) return;
  const std::string token = http::sign_jwt(json->get_object(), key);
  (void)http::verify_jwt(token, key, 1000);
  if (http::verify_jwt(token, "another key", 1000)) std::abort();
}

}  // namespace

// A Cookie header, a token, an Authorization header: whatever a stranger may send before he is known.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  http::Request request;
  request.headers.emplace_back("cookie", text);
  http::Sessions(key).identify(request);
  if (http::verify_jwt(text, "a key that nobody knows", 0)) std::abort();
  if (const auto bytes = from_base64url(text); bytes && to_base64url(*bytes) != text) std::abort();
  (void)http::basic_credentials(text);
  check_signed(text);
  return 0;
}
