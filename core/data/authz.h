// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/db/database.h"
#include "core/script/config.h"

namespace kiln::data {

// Something that a user wants to do over HTTP.
struct AuthzQuestion {
  std::vector<std::string> path;  // decoded elements: "builds", "7"
  std::string action;             // "GET", "HEAD" or a control's method
  JsonObject params;              // of a control
  script::User user;
};

// Whether c['www']['authz'] allows it (semantics.md section 17). Loop thread; owned by app/.
class Authz {
 public:
  struct Needs {
    db::Database& db;                           // builders and owners of builds
    std::function<script::ConfigPtr()> config;  // the current one, or null
  };
  explicit Authz(Needs needs) : needs_(std::move(needs)) {}

  // Replies before it returns when neither rows nor the user's own classes are asked. Errors: forbidden, with the
  // text for the client; others when the answer cannot be had.
  void check(AuthzQuestion question, Reply<> reply);

 private:
  class Check;
  Needs needs_;
};

// The roles that a user has whatever he does: all but those of owners.
std::vector<std::string> roles_of(const script::User& user, const std::vector<script::RoleMatcher>& matchers);

}  // namespace kiln::data
