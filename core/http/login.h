// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>

#include "core/http/failed_logins.h"
#include "core/http/message.h"
#include "core/http/sessions.h"
#include "core/script/config.h"

namespace kiln::http {

struct Credentials {
  std::string username;
  std::string password;
};
// Those of an Authorization header of the Basic scheme; nothing: it has none, or they cannot be read.
std::optional<Credentials> basic_credentials(std::string_view authorization);
// Whether that is the user's password; takes as long when there is no such user.
bool is_right_password(const std::map<std::string, std::string>& passwords, const Credentials& given);

// /auth/login and /auth/logout. GET is upstream's: HTTP Basic, then a redirect. POST is ours, for a form in the page:
// {"username", "password"} as JSON, answered with the user. Loop thread.
class Login {
 public:
  explicit Login(Sessions& sessions) : sessions_(sessions), failed_(FailedLogins::Limits{}) {}

  // `config` may be null. The caller has checked the Origin of a POST.
  void handle(std::shared_ptr<const Request> request, script::ConfigPtr config, Respond respond);

 private:
  struct Try;
  void log_in(std::shared_ptr<const Try> attempt);
  void check_password(const std::shared_ptr<const Try>& attempt, Reply<bool> reply);
  void on_checked(const std::shared_ptr<const Try>& attempt, Result<bool> is_right);
  void finish(const Try& attempt, script::User user);

  Sessions& sessions_;
  FailedLogins failed_;
};

}  // namespace kiln::http
