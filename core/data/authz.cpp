// SPDX-License-Identifier: MIT
#include "core/data/authz.h"

#include <algorithm>
#include <memory>

#include "core/base/glob.h"
#include "core/base/text.h"
#include "core/data/endpoint.h"
#include "core/data/force_target.h"
#include "core/data/scope_args.h"
#include "core/db/build_store.h"
#include "core/db/builder_store.h"
#include "core/db/buildset_store.h"
#include "core/db/request_store.h"
#include "core/db/try.h"

namespace kiln::data {
namespace {

using script::AuthzConfig;
using script::AuthzRule;
using script::RoleMatcher;
using Rule = AuthzRule::Kind;

// What the database knows of the thing that the path names; nothing when there is no such thing.
struct Facts {
  std::vector<std::string> builders;
  std::optional<std::string> owner;
};

void append_roles(std::vector<std::string>& roles, const RoleMatcher& matcher, const std::string& key) {
  if (key.empty()) return;  // the user has no such thing
  if (const auto found = matcher.roles.find(key); found != matcher.roles.end()) {
    roles.insert(roles.end(), found->second.begin(), found->second.end());
  }
}

void append_group_roles(std::vector<std::string>& roles, const std::string& prefix, const script::User& user) {
  const Json* groups = user.info.if_contains("groups");
  if (groups == nullptr || !groups->is_array()) return;
  for (const Json& group : groups->get_array()) {
    if (!group.is_string()) continue;
    const std::string_view name = group.get_string();
    if (name.starts_with(prefix)) roles.emplace_back(name.substr(prefix.size()));
  }
}

bool is_one(const EndpointMatch& match, std::string_view type) {
  return match.endpoint->kind == EndpointKind::single && match.endpoint->type == type;
}

std::optional<std::string> owner_in(const Properties& properties) {
  const Property* owner = properties.find("owner");
  if (owner == nullptr || !owner->value.is_string()) return std::nullopt;
  return std::string(owner->value.get_string());
}

Result<std::vector<std::string>> builder_names(db::Connection& db, BuilderId id) {
  db::BuilderScope scope;
  scope.id = id;
  KILN_TRY(const auto builders, db::query_builders(db, scope, {}));
  std::vector<std::string> names;
  for (const Builder& row : builders.rows) names.push_back(row.name);
  return names;
}

Result<Facts> read_facts(db::Connection& db, BuilderId builder, RequestId request) {
  Facts facts;
  KILN_TRY(facts.builders, builder_names(db, builder));
  KILN_TRY(const auto requests, db::query_requests(db, {.id = request, .builder = {}}, {}));
  if (requests.rows.empty()) return facts;
  KILN_TRY(const Properties properties, db::query_buildset_properties(db, requests.rows.front().buildsetid));
  facts.owner = owner_in(properties);
  return facts;
}

Result<Facts> read_build_facts(db::Connection& db, const PathArgs& args) {
  db::BuildScope scope;
  scope.path = build_path(args);
  KILN_TRY(const auto builds, db::query_builds(db, scope, {}));
  if (builds.rows.empty()) return Facts();
  return read_facts(db, builds.rows.front().builderid, builds.rows.front().buildrequestid);
}

Result<Facts> read_request_facts(db::Connection& db, const PathArgs& args) {
  const auto id = id_arg<RequestId>(args, "buildrequestid");
  KILN_TRY(const auto requests, db::query_requests(db, {.id = id, .builder = {}}, {}));
  if (requests.rows.empty()) return Facts();
  return read_facts(db, requests.rows.front().builderid, requests.rows.front().id);
}

}  // namespace

std::vector<std::string> roles_of(const script::User& user, const std::vector<RoleMatcher>& matchers) {
  std::vector<std::string> roles;
  const std::string email = user.text("email");
  for (const RoleMatcher& matcher : matchers) {
    switch (matcher.kind) {
      case RoleMatcher::Kind::groups: append_group_roles(roles, matcher.text, user); break;
      case RoleMatcher::Kind::emails: append_roles(roles, matcher, email); break;
      case RoleMatcher::Kind::domain: append_roles(roles, matcher, email.substr(email.rfind('@') + 1)); break;
      case RoleMatcher::Kind::username: append_roles(roles, matcher, user.text("username")); break;
      case RoleMatcher::Kind::owner: break;
    }
  }
  return roles;
}

// One question on its way through the rules; alive as long as it waits for something.
class Authz::Check : public std::enable_shared_from_this<Check> {
 public:
  Check(db::Database& db, script::ConfigPtr config, AuthzQuestion question, Reply<> reply)
      : db_(db),
        config_(std::move(config)),
        rules_(*config_->www.authz),
        question_(std::move(question)),
        reply_(std::move(reply)),
        match_(match_endpoint(question_.path)) {}

  // Goes on at the rule of number `next_`.
  void run() {
    for (; next_ < rules_.rules.size(); ++next_) {
      const AuthzRule& rule = rules_.rules[next_];
      if (rule.kind == Rule::python) return ask_python();
      if (!concerns(rule)) continue;
      if (rules_.has_python_roles || (rule.builder && rules_.hooks)) return ask_python();
      if (needs_facts(rule) && !facts_) return read();
      if (rule.builder && !has_builder(*rule.builder)) continue;
      if (has_role(rule.role)) return reply_({});
      if (rule.default_deny) return reply_(make_error(Errc::forbidden, "you need to have role '" + rule.role + "'"));
    }
    reply_({});
  }

 private:
  bool is_on(std::string_view type, std::string_view action) const {
    return match_.has_value() && is_one(*match_, type) && question_.action == action;
  }

  // Whether the rule is about such an endpoint and action; its builder is another matter.
  bool concerns(const AuthzRule& rule) const {
    switch (rule.kind) {
      case Rule::any: return true;
      case Rule::any_control: return to_lower_ascii(question_.action) != "get";
      case Rule::force_build: return is_on("forcescheduler", "force");
      case Rule::stop_build: return is_on("build", "stop") || is_on("buildrequest", "stop");
      case Rule::rebuild_build: return is_on("build", "rebuild");
      case Rule::enable_scheduler: return is_on("scheduler", "enable");
      case Rule::python: return true;
    }
    return true;
  }

  bool is_about_build(const AuthzRule& rule) const {
    return rule.kind == Rule::stop_build || rule.kind == Rule::rebuild_build;
  }

  bool has_owner_roles() const {
    return std::any_of(rules_.role_matchers.begin(), rules_.role_matchers.end(),
                       [](const RoleMatcher& matcher) { return matcher.kind == RoleMatcher::Kind::owner; });
  }

  bool needs_facts(const AuthzRule& rule) const {
    return rule.builder || (is_about_build(rule) && has_owner_roles());
  }

  bool has_builder(const std::string& pattern) const {
    return std::any_of(facts_->builders.begin(), facts_->builders.end(),
                       [&](const std::string& name) { return matches_glob(pattern, name); });
  }

  bool has_role(const std::string& pattern) {
    if (!are_roles_known_) roles_ = roles_of(question_.user, rules_.role_matchers);
    are_roles_known_ = true;
    // As upstream does it, an owner stays one for the rules that follow.
    if (is_about_build(rules_.rules[next_])) add_owner_roles();
    return std::any_of(roles_.begin(), roles_.end(),
                       [&](const std::string& role) { return matches_glob(pattern, role); });
  }

  void add_owner_roles() {
    const std::string email = question_.user.text("email");
    if (email.empty() || !facts_ || facts_->owner != email) return;
    for (const RoleMatcher& matcher : rules_.role_matchers) {
      if (matcher.kind == RoleMatcher::Kind::owner) roles_.push_back(matcher.text);
    }
  }

  void read() {
    if (rules_.rules[next_].kind == Rule::force_build) return read_forced_builders();
    const auto reader = match_->endpoint->type == "build" ? read_build_facts : read_request_facts;
    db_.read<Facts>([reader, args = match_->args](db::Connection& db) { return reader(db, args); }, go_on());
  }

  // The same builders that the control will take.
  void read_forced_builders() {
    const script::SchedulerConfig* scheduler = forced_scheduler();
    auto target = force_target(question_.params);
    if (scheduler == nullptr || target.has_error()) return take({});
    if (!target->id) {
      const auto& names = target->names.empty() ? scheduler->builder_names : target->names;
      return take({.builders = of_scheduler(names, *scheduler), .owner = {}});
    }
    db_.read<Facts>(
        [config = config_, scheduler, id = *target->id](db::Connection& db) -> Result<Facts> {
          KILN_TRY(const auto names, builder_names(db, id));
          return Facts{.builders = of_scheduler(names, *scheduler), .owner = {}};
        },
        go_on());
  }

  const script::SchedulerConfig* forced_scheduler() const {
    const std::string* name = match_->args.text("schedulername");
    for (const auto& scheduler : config_->schedulers) {
      if (scheduler->kind == script::SchedulerConfig::Kind::force && scheduler->name == *name) return scheduler.get();
    }
    return nullptr;
  }

  static std::vector<std::string> of_scheduler(const std::vector<std::string>& names,
                                               const script::SchedulerConfig& scheduler) {
    std::vector<std::string> both;
    for (const std::string& name : names) {
      const auto& own = scheduler.builder_names;
      if (std::find(own.begin(), own.end(), name) != own.end()) both.push_back(name);
    }
    return both;
  }

  Reply<Facts> go_on() {
    return [self = shared_from_this()](Result<Facts> facts) {
      if (facts.has_error()) return self->reply_(facts.error());
      self->take(*std::move(facts));
    };
  }

  void take(Facts facts) {
    facts_ = std::move(facts);
    run();
  }

  void ask_python() {
    rules_.hooks->check(question_.path, question_.action, question_.params, question_.user.info,
                        [self = shared_from_this()](Result<std::optional<std::string>> refusal) {
                          if (refusal.has_error()) return self->reply_(refusal.error());
                          if (*refusal) return self->reply_(make_error(Errc::forbidden, **refusal));
                          self->reply_({});
                        });
  }

  db::Database& db_;
  const script::ConfigPtr config_;
  const AuthzConfig& rules_;
  const AuthzQuestion question_;
  const Reply<> reply_;
  const Result<EndpointMatch> match_;
  std::size_t next_ = 0;
  std::optional<Facts> facts_;
  bool are_roles_known_ = false;
  std::vector<std::string> roles_;
};

void Authz::check(AuthzQuestion question, Reply<> reply) {
  script::ConfigPtr config = needs_.config();
  if (config == nullptr || !config->www.authz || config->www.authz->rules.empty()) return reply({});
  std::make_shared<Check>(needs_.db, std::move(config), std::move(question), std::move(reply))->run();
}

}  // namespace kiln::data
