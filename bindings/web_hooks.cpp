// SPDX-License-Identifier: MIT
#include <utility>

#include "bindings/call.h"
#include "bindings/hooks.h"
#include "bindings/rows.h"
#include "bindings/values.h"

// Logins and rules that the user wrote in Python.
namespace kiln::bindings {
namespace {

using namespace script;

class PythonLoginHooks final : public LoginHooks {
 public:
  PythonLoginHooks(Policy& policy, ObjectRef auth) : policy_(policy), auth_(std::move(auth)) {}

  void check(std::string username, std::string password, Reply<bool> reply) override {
    ask<bool>(
        policy_, std::move(reply),
        [auth = auth_, username = std::move(username), password = std::move(password)] {
          return py::object(policy_function("check_login")(held(auth), to_str(username), to_str(password)));
        },
        [](const py::object& value) -> Result<bool> { return value.ptr() == Py_True; });
  }

  void user_info(std::string username, Reply<JsonObject> reply) override {
    ask<JsonObject>(
        policy_, std::move(reply),
        [auth = auth_, username = std::move(username)] {
          return py::object(policy_function("user_info")(held(auth), to_str(username)));
        },
        [](const py::object& value) -> Result<JsonObject> { return to_json(value).as_object(); });
  }

 private:
  Policy& policy_;
  const ObjectRef auth_;
};

class PythonAuthzHooks final : public AuthzHooks {
 public:
  PythonAuthzHooks(Policy& policy, ObjectRef authz) : policy_(policy), authz_(std::move(authz)) {}

  void check(std::vector<std::string> path, std::string action, JsonObject params, JsonObject user,
             Reply<std::optional<std::string>> reply) override {
    ask<std::optional<std::string>>(
        policy_, std::move(reply),
        [authz = authz_, path = std::move(path), action = std::move(action), params = std::move(params),
         user = std::move(user)] {
          return py::object(policy_function("check_allowed")(held(authz), to_python(path), to_str(action),
                                                             to_python(params), to_python(user)));
        },
        [](const py::object& value) -> Result<std::optional<std::string>> { return to_optional_text(value); });
  }

 private:
  Policy& policy_;
  const ObjectRef authz_;
};

}  // namespace

std::shared_ptr<LoginHooks> make_login_hooks(Policy& policy, ObjectRef auth) {
  return std::make_shared<PythonLoginHooks>(policy, std::move(auth));
}

std::shared_ptr<AuthzHooks> make_authz_hooks(Policy& policy, ObjectRef authz) {
  return std::make_shared<PythonAuthzHooks>(policy, std::move(authz));
}

}  // namespace kiln::bindings
