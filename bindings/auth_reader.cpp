// SPDX-License-Identifier: MIT
#include "bindings/auth_reader.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "bindings/hooks.h"
#include "bindings/values.h"

namespace kiln::bindings {
namespace {

using namespace script;

// Which of the words it is; their order is that of the enumeration.
template <class Kind, std::size_t Count>
Kind to_kind(const std::array<std::string_view, Count>& words, const std::string& word) {
  const auto found = std::find(words.begin(), words.end(), word);
  if (found == words.end()) throw py::value_error("unknown kind \"" + word + "\"");
  return static_cast<Kind>(found - words.begin());
}

constexpr std::array<std::string_view, 3> auth_kinds{"none", "passwords", "hook"};
constexpr std::array<std::string_view, 7> rule_kinds{"any",           "any_control",      "force_build", "stop_build",
                                                     "rebuild_build", "enable_scheduler", "python"};
constexpr std::array<std::string_view, 5> role_kinds{"groups", "emails", "domain", "owner", "username"};

// (kind, builder, role, default_deny)
AuthzRule to_rule(py::handle view) {
  const auto parts = py::cast<py::sequence>(view);
  return {.kind = to_kind<AuthzRule::Kind>(rule_kinds, to_text(py::object(parts[0]))),
          .builder = to_optional_text(py::object(parts[1])),
          .role = to_text(py::object(parts[2])),
          .default_deny = is_true(py::object(parts[3]))};
}

// (kind, text, {name: roles})
RoleMatcher to_role_matcher(py::handle view) {
  const auto parts = py::cast<py::sequence>(view);
  RoleMatcher matcher;
  matcher.kind = to_kind<RoleMatcher::Kind>(role_kinds, to_text(py::object(parts[0])));
  matcher.text = to_text(py::object(parts[1]));
  for (const auto& [name, roles] : py::cast<py::dict>(py::object(parts[2]))) {
    matcher.roles[to_text(name)] = to_texts(roles);
  }
  return matcher;
}

}  // namespace

AuthConfig read_auth(Policy& policy, const py::dict& view) {
  AuthConfig auth;
  auth.kind = to_kind<AuthConfig::Kind>(auth_kinds, to_text(py::object(view["kind"])));
  auth.name = to_text(py::object(view["name"]));
  for (const auto& [name, password] : py::cast<py::dict>(py::object(view["passwords"]))) {
    auth.passwords[to_text(name)] = to_text(password);
  }
  if (py::object hooks = view["hooks"]; !hooks.is_none()) {
    auth.hooks = make_login_hooks(policy, policy.hold(std::move(hooks)));
  }
  auth.has_user_info = is_true(py::object(view["has_user_info"]));
  return auth;
}

std::optional<AuthzConfig> read_authz(Policy& policy, const py::object& view) {
  if (view.is_none()) return std::nullopt;
  AuthzConfig authz;
  for (const py::handle rule : py::object(view["rules"])) authz.rules.push_back(to_rule(rule));
  for (const py::handle matcher : py::object(view["role_matchers"])) {
    authz.role_matchers.push_back(to_role_matcher(matcher));
  }
  if (py::object hooks = view["hooks"]; !hooks.is_none()) {
    authz.hooks = make_authz_hooks(policy, policy.hold(std::move(hooks)));
  }
  authz.has_python_roles = is_true(py::object(view["has_python_roles"]));
  return authz;
}

}  // namespace kiln::bindings
