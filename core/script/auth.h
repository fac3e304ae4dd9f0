// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/json.h"
#include "core/base/result.h"

// Who may do what over HTTP: c['www']['auth'] and c['www']['authz'] as plain data, with questions to Python only where
// the user wrote classes of his own (semantics.md section 17).
namespace kiln::script {

// Who asks, as the session says.
struct User {
  JsonObject info{{"anonymous", true}};  // username, email, full_name, groups ...

  bool is_anonymous() const;
  // What builds that he forces have as owner: the first of email, username and full_name, else "anonymous".
  std::string owner() const;
  // The value of a text in `info`; empty: there is none.
  std::string text(std::string_view key) const;
};

// Python code that decides about logins.
class LoginHooks {
 public:
  virtual ~LoginHooks() = default;
  virtual void check(std::string username, std::string password, Reply<bool> reply) = 0;
  // What is known of a user whose password was right.
  virtual void user_info(std::string username, Reply<JsonObject> reply) = 0;
};

struct AuthConfig {
  enum class Kind { none, passwords, hook } kind = Kind::none;
  std::string name = "NoAuth";                   // the class, as browsers are told
  std::map<std::string, std::string> passwords;  // of each user
  std::shared_ptr<LoginHooks> hooks;             // set for Kind::hook and with has_user_info
  bool has_user_info = false;                    // hooks->user_info() is to be asked
};

struct AuthzRule {
  enum class Kind { any, any_control, force_build, stop_build, rebuild_build, enable_scheduler, python };
  Kind kind = Kind::any;
  std::optional<std::string> builder;  // pattern
  std::string role;                    // pattern
  bool default_deny = true;
};

struct RoleMatcher {
  enum class Kind { groups, emails, domain, owner, username };
  Kind kind = Kind::groups;
  std::string text;                                       // groups: the prefix; owner: the role
  std::map<std::string, std::vector<std::string>> roles;  // of an email, domain or username
};

// The user's own rules, roles and ways to compare.
class AuthzHooks {
 public:
  virtual ~AuthzHooks() = default;
  // Nothing: allowed, else the text of the refusal.
  virtual void check(std::vector<std::string> path, std::string action, JsonObject params, JsonObject user,
                     Reply<std::optional<std::string>> reply) = 0;
};

struct AuthzConfig {
  std::vector<AuthzRule> rules;
  std::vector<RoleMatcher> role_matchers;
  // Null: all of it is above. Else asked for the whole answer as soon as a rule's match, role or pattern needs Python.
  std::shared_ptr<AuthzHooks> hooks;
  bool has_python_roles = false;  // role matchers or patterns are not as above
};

}  // namespace kiln::script
