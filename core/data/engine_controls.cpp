// SPDX-License-Identifier: MIT
#include "core/data/engine_controls.h"

#include "core/data/endpoint.h"
#include "core/data/force_target.h"
#include "core/data/scope_args.h"
#include "core/db/build_store.h"
#include "core/db/buildset_store.h"
#include "core/db/change_store.h"
#include "core/db/request_store.h"
#include "core/db/try.h"
#include "core/db/worker_store.h"

namespace kiln::data {
namespace {

Error unsupported(const ControlRequest& request) {
  return make_error(Errc::not_supported, "action: " + request.method + " is not supported");
}

std::string reason_of(const JsonObject& params) {
  const Json* reason = params.if_contains("reason");
  return reason != nullptr && reason->is_string() ? std::string(reason->get_string()) : "no reason";
}

Reply<> to_null(Reply<Json> reply) {
  return [reply = std::move(reply)](Result<void> done) {
    if (done.has_error()) return reply(done.error());
    reply(Json());
  };
}

// [bsid, {"builderid": brid}]
Json to_json(const engine::ForceResult& forced) {
  JsonObject requests;
  for (const auto& [builder, request] : forced.requests) {
    requests[std::to_string(builder.value)] = request.value;
  }
  return JsonArray{forced.buildset.value, std::move(requests)};
}

Reply<engine::ForceResult> forced_reply(Reply<Json> reply) {
  return [reply = std::move(reply)](Result<engine::ForceResult> forced) {
    if (forced.has_error() && forced.error().code == Errc::not_found) {
      return reply(make_error(Errc::fatal, forced.error().what));  // not_found is for paths
    }
    if (forced.has_error()) return reply(forced.error());
    reply(to_json(*forced));
  };
}

// The builders that force parameters name; none: whatever the scheduler has.
Result<std::vector<std::string>> builder_names(const JsonObject& params, const engine::Engine& engine) {
  auto target = force_target(params);
  if (target.has_error()) return target.error();
  if (!target->id) return std::move(target->names);
  const std::string* name = engine.builder_name(*target->id);
  if (name == nullptr) return make_error(Errc::fatal, "no builder has the id " + std::to_string(target->id->value));
  return std::vector{*name};
}

}  // namespace

void EngineControls::control(ControlRequest request, Reply<Json> reply) {
  auto match = match_endpoint(request.path);
  if (match.has_error()) return reply(match.error());
  if (match->endpoint->kind != EndpointKind::single) return reply(unsupported(request));
  const std::string_view type = match->endpoint->type;
  if (type == "forcescheduler") return control_force(match->args, std::move(request), std::move(reply));
  if (type == "build") return control_build(match->args, std::move(request), std::move(reply));
  if (type == "buildrequest") return control_request(match->args, std::move(request), std::move(reply));
  if (type == "scheduler") return control_scheduler(match->args, std::move(request), std::move(reply));
  if (type == "worker") return control_worker(match->args, std::move(request), std::move(reply));
  reply(unsupported(request));
}

void EngineControls::add_change(script::ChangeDraft draft, Reply<ChangeId> reply) {
  needs_.engine.add_change(std::move(draft), std::move(reply));
}

void EngineControls::control_force(const PathArgs& args, ControlRequest request, Reply<Json> reply) {
  if (request.method != "force") return reply(Json());
  auto names = builder_names(request.params, needs_.engine);
  if (names.has_error()) return reply(names.error());
  request.params["owner"] = request.owner;
  needs_.engine.force(*args.text("schedulername"), request.owner, *names, std::move(request.params),
                      forced_reply(std::move(reply)));
}

void EngineControls::control_build(const PathArgs& args, ControlRequest request, Reply<Json> reply) {
  if (request.method == "rebuild") return rebuild(args, std::move(reply));
  if (request.method != "stop") return reply(unsupported(request));
  const std::string reason = reason_of(request.params);
  if (const auto id = id_arg<BuildId>(args, "buildid")) return stop_build(*id, reason, std::move(reply));
  needs_.db.read<Rows<Build>>(
      [args](db::Connection& db) {
        db::BuildScope scope;
        scope.path = build_path(args);
        return db::query_builds(db, scope, {});
      },
      [this, reason, reply = std::move(reply)](Result<Rows<Build>> found) {
        if (found.has_error()) return reply(found.error());
        if (found->rows.empty()) return reply(Json());
        stop_build(found->rows.front().id, reason, reply);
      });
}

void EngineControls::stop_build(BuildId build, const std::string& reason, Reply<Json> reply) {
  needs_.events.publish_control("builds/" + std::to_string(build.value), "stop", {{"reason", reason}});
  needs_.engine.stop_build(build, reason, to_null(std::move(reply)));
}

void EngineControls::rebuild(PathArgs args, Reply<Json> reply) {
  struct Original {
    Build build;
    Buildset buildset;
    Properties properties;
    std::vector<Change> changes;  // of each sourcestamp the newest
  };
  const auto read = [args](db::Connection& db) -> Result<Original> {
    db::BuildScope scope;
    scope.path = build_path(args);
    KILN_TRY(auto builds, db::query_builds(db, scope, {}));
    if (builds.rows.empty()) return make_error(Errc::fatal, "cannot rebuild: there is no such build");
    Original original{std::move(builds.rows.front()), {}, {}, {}};
    KILN_TRY(auto requests, db::query_requests(db, {.id = original.build.buildrequestid, .builder = {}}, {}));
    if (requests.rows.empty()) return make_error(Errc::fatal, "cannot rebuild: the build's request is gone");
    original.build.builderid = requests.rows.front().builderid;  // that of a virtual build builds nothing
    KILN_TRY(auto sets, db::query_buildsets(db, {.id = requests.rows.front().buildsetid}, {}));
    if (sets.rows.empty()) return make_error(Errc::fatal, "cannot rebuild: the build's buildset is gone");
    original.buildset = std::move(sets.rows.front());
    KILN_TRY(original.properties, db::query_buildset_properties(db, original.buildset.id));
    for (const SourceStamp& stamp : original.buildset.sourcestamps) {
      KILN_TRY(auto changes, db::query_changes(db, {.id = {}, .build = {}, .sourcestamp = stamp.id}, {}));
      if (!changes.rows.empty()) original.changes.push_back(std::move(changes.rows.front()));
    }
    return original;
  };
  needs_.db.read<Original>(read, [this, reply = std::move(reply)](Result<Original> original) {
    if (original.has_error()) return reply(original.error());
    needs_.engine.rebuild(original->build, original->buildset, std::move(original->properties),
                          std::move(original->changes), forced_reply(reply));
  });
}

void EngineControls::set_priority(RequestId id, const JsonObject& params, Reply<Json> reply) {
  const Json* given = params.if_contains("priority");
  if (given == nullptr || !given->is_int64() || given->get_int64() != static_cast<int>(given->get_int64())) {
    return reply(make_error(Errc::bad_input, "'priority' must be an integer of 32 bits"));
  }
  needs_.engine.set_priority(id, static_cast<int>(given->get_int64()), to_null(std::move(reply)));
}

void EngineControls::control_request(const PathArgs& args, ControlRequest request, Reply<Json> reply) {
  if (request.method == "set_priority") {
    return set_priority(RequestId(*args.number("buildrequestid")), request.params, std::move(reply));
  }
  if (request.method != "cancel") {  // upstream answers 500 here, not 501
    return reply(make_error(Errc::fatal, "ValueError('action: " + request.method + " is not supported')"));
  }
  const auto id = *args.number("buildrequestid");
  const std::string reason = reason_of(request.params);
  needs_.events.publish_control("buildrequests/" + std::to_string(id), "cancel", {{"reason", reason}});
  needs_.engine.cancel_request(RequestId(id), reason, to_null(std::move(reply)));
}

void EngineControls::control_scheduler(const PathArgs& args, ControlRequest request, Reply<Json> reply) {
  if (request.method != "enable") return reply(Json());
  const Json* enabled = request.params.if_contains("enabled");
  if (enabled == nullptr) return reply(make_error(Errc::fatal, "KeyError('enabled')"));
  if (!enabled->is_bool()) return reply(make_error(Errc::fatal, "'enabled' must be true or false"));
  needs_.engine.enable_scheduler(SchedulerId(*args.number("schedulerid")), enabled->get_bool(),
                                 to_null(std::move(reply)));
}

void EngineControls::control_worker(const PathArgs& args, ControlRequest request, Reply<Json> reply) {
  const std::string& method = request.method;
  if (method != "pause" && method != "unpause" && method != "stop" && method != "kill") {
    return reply(unsupported(request));
  }
  needs_.db.read<Rows<Worker>>(
      [args](db::Connection& db) { return db::query_workers(db, worker_scope(args), {}); },
      [this, request = std::move(request), reply = std::move(reply)](Result<Rows<Worker>> found) {
        if (found.has_error()) return reply(found.error());
        if (found->rows.empty()) return reply(make_error(Errc::fatal, "there is no such worker"));
        apply_to_worker(found->rows.front().id, request.method, reason_of(request.params), reply);
      });
}

void EngineControls::apply_to_worker(WorkerId worker, const std::string& method, const std::string& reason,
                                     Reply<Json> reply) {
  needs_.events.publish_control("worker/" + std::to_string(worker.value), method, {{"reason", reason}});
  if (method == "pause" || method == "unpause") {
    return needs_.engine.pause_worker(worker, method == "pause", reason, to_null(std::move(reply)));
  }
  needs_.engine.stop_worker(worker, method == "stop", to_null(std::move(reply)));
}

}  // namespace kiln::data
