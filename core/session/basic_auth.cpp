// SPDX-License-Identifier: MIT
#include "core/session/basic_auth.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>

#include "core/base/base64.h"
#include "core/base/text.h"

namespace kiln::session {
namespace {

using Digest = std::array<unsigned char, SHA256_DIGEST_LENGTH>;

Digest digest_of(std::string_view text) {
  Digest digest;
  ::SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  return digest;
}

bool is_base64(std::string_view text) {
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  const std::string_view digits = text.substr(0, text.size() - padding);
  constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  return text.size() % 4 == 0 && digits.find_first_not_of(alphabet) == std::string_view::npos;
}

}  // namespace

Result<Credentials> read_basic_auth(std::string_view header) {
  const auto space = header.find(' ');
  if (space == std::string_view::npos || to_lower_ascii(header.substr(0, space)) != "basic") {
    return make_error(Errc::bad_input, "the kind of authorization must be Basic");
  }
  const std::string_view encoded = header.substr(space + 1);
  const std::string decoded = is_base64(encoded) ? from_loose_base64(encoded) : std::string();
  const auto colon = decoded.find(':');
  if (colon == std::string::npos || !is_valid_utf8(decoded)) {
    return make_error(Errc::bad_input, "the authorization must be NAME:PASSWORD in base64");
  }
  return Credentials{decoded.substr(0, colon), decoded.substr(colon + 1)};
}

bool is_password(std::string_view given, const std::optional<std::string>& expected) {
  const Digest left = digest_of(given);
  const Digest right = digest_of(expected.value_or(std::string()));
  return ::CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0 && expected.has_value();
}

}  // namespace kiln::session
