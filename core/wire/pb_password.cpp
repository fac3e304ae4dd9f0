// SPDX-License-Identifier: MIT
#include "core/wire/pb_password.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <array>

#include "core/base/result.h"

namespace kiln::wire {
namespace {

std::string md5(std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  std::size_t size = 0;
  KILN_CHECK(
      EVP_Q_digest(nullptr, "MD5", nullptr, bytes.data(), bytes.size(), digest.data(), &size) == 1);
  return std::string(reinterpret_cast<const char*>(digest.data()), size);
}

}  // namespace

std::string pb_login_response(std::string_view password, std::string_view challenge) {
  return md5(md5(password).append(challenge));
}

bool check_pb_password(std::string_view password, std::string_view challenge,
                       std::string_view response) {
  const std::string expected = pb_login_response(password, challenge);
  return response.size() == expected.size() &&
         CRYPTO_memcmp(expected.data(), response.data(), expected.size()) == 0;
}

}  // namespace kiln::wire
