// SPDX-License-Identifier: MIT
#include "core/app/session_secret.h"

#include <fmt/format.h>
#include <openssl/rand.h>

#include <array>

#include "core/db/state_store.h"

namespace kiln::app {
namespace {

constexpr const char* object = "www";
constexpr const char* object_class = "buildbot.www.service.WWWService";
constexpr const char* key = "session_secret";

Result<std::string> random_hex() {
  std::array<unsigned char, 16> bytes{};
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) {
    return make_error(Errc::fatal, "cannot make a secret for sessions: there are no random bytes");
  }
  return fmt::format("{:02x}", fmt::join(bytes, ""));
}

}  // namespace

void session_secret(db::Database& db, Reply<std::string> reply) {
  auto known = db.read_now<std::optional<Json>>(
      [](db::Connection& connection) { return db::get_state(connection, object, object_class, key); });
  if (known.has_error()) return reply(known.error());
  if (*known && (*known)->is_string()) return reply(std::string((*known)->get_string()));
  auto made = random_hex();
  if (made.has_error()) return reply(made.error());
  Unit unit;
  unit.add(writes::SetState{object, object_class, key, Json(*made)});
  unit.then([made = *std::move(made), reply = std::move(reply)](const Committed&) { reply(made); });
  db.journal().commit(std::move(unit));
}

}  // namespace kiln::app
