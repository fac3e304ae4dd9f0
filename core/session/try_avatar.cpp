// SPDX-License-Identifier: MIT
#include "core/session/try_avatar.h"

#include <charconv>

#include "core/base/log.h"
#include "core/session/change_avatar.h"
#include "core/wire/client_messages.h"
#include "core/wire/worker_messages.h"

namespace kiln::session {
namespace {

constexpr std::size_t most_jobs = 1000;

std::int64_t number_of(const JsonObject& row, std::string_view key) {
  const Json* value = row.if_contains(key);
  return value != nullptr && value->is_int64() ? value->get_int64() : -1;
}

std::string text_of(const JsonObject& row, std::string_view key) {
  const Json* value = row.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

// "builds/7/..." -> 7
std::int64_t build_of(std::string_view key) {
  key.remove_prefix(std::min(key.find('/') + 1, key.size()));
  std::int64_t id = -1;
  std::from_chars(key.data(), key.data() + key.size(), id);
  return id;
}

}  // namespace

// One reference to each subscriber is kept as long as the connection lives.
void TryAvatar::on_call(wire::Called&& call) {
  const auto subscriber = call.method == "subscribe" ? wire::read_subscriber(call) : Result<wire::ObjectId>(Error{});
  const bool is_kept = subscriber && held_.insert(*subscriber).second;
  answer(call);
  if (!is_kept) release_arguments(*connection_, call);
}

void TryAvatar::on_update(wire::CommandUpdated&& update) {
  refuse(*connection_, update.call, make_error(Errc::bad_input, "there is no command"));
}

void TryAvatar::answer(const wire::Called& call) {
  auto& broker = connection_->broker();
  if (const auto* request = std::get_if<wire::TryRequest>(&call.target)) return call_on_request(call, request->key);
  if (const auto* build = std::get_if<wire::TryBuild>(&call.target)) return call_on_build(call, build->key);
  if (const auto* job = std::get_if<wire::TryBuildset>(&call.target); job != nullptr && call.method == "getBuildRequests") {
    std::vector<wire::RequestObject> objects;
    for (const auto& [builder, id] : jobs_[job->key]) {
      objects.push_back({builder, wire::TryRequest{static_cast<std::uint64_t>(id.value)}});
    }
    (void)wire::answer_requests(broker, call.call, objects);  // what cannot be sent is answered as a failure
    return;
  }
  const bool is_perspective = std::holds_alternative<wire::Perspective>(call.target);
  if (is_perspective && call.method == "try") return submit(call);
  if (is_perspective && call.method == "getAvailableBuilderNames") {
    const auto names = host_.try_builders(scheduler_);
    (void)wire::answer_json(broker, call.call, JsonArray(names.begin(), names.end()));
    return;
  }
  refuse_call(*connection_, call);
}

void TryAvatar::submit(const wire::Called& call) {
  auto job = wire::read_try_job(call);
  if (!job) return refuse(*connection_, call.call, job.error());
  if (jobs_.size() >= most_jobs) return refuse(*connection_, call.call, make_error(Errc::busy, "too many jobs"));
  for (const char* pattern : {"builds/*/new", "builds/*/finished", "builds/*/steps/*/started", "builds/*/steps/*/finished"}) {
    host_.events().subscribe(*this, pattern);
  }
  host_.submit_try(scheduler_, *std::move(job), [self = shared_from_this(), id = call.call](const auto& requests) {
    if (self->connection_->is_alive()) self->submitted(id, requests);
  });
}

// A job for builders that are not the scheduler's is answered with None.
void TryAvatar::submitted(wire::PeerCall call, const Result<ClientHost::Requests>& requests) {
  auto& broker = connection_->broker();
  if (!requests) {
    log_info("try job from {} refused: {}", connection_->peer(), requests.error().what);
    const bool is_none = requests.error().code == Errc::not_found || requests.error().code == Errc::conflict;
    if (!is_none) return refuse(*connection_, call, requests.error());
    (void)wire::answer_none(broker, call);
    return connection_->flush_soon();
  }
  const std::uint64_t key = jobs_.size() + 1;
  jobs_[key] = *requests;
  for (const auto& [builder, id] : *requests) requests_[id.value].builder = builder;
  (void)wire::answer_object(broker, call, wire::TryBuildset{key});
  connection_->flush_soon();
}

void TryAvatar::call_on_request(const wire::Called& call, std::uint64_t key) {
  const auto found = requests_.find(static_cast<std::int64_t>(key));
  if (found == requests_.end()) return refuse_call(*connection_, call);
  Request& request = found->second;
  if (call.method == "unsubscribe") return unsubscribe(call, request.subscribers);
  if (call.method != "subscribe") return refuse_call(*connection_, call);
  const auto subscriber = wire::read_subscriber(call);
  subscribe(call, request.subscribers);
  if (!subscriber) return;
  for (const std::int64_t id : request.builds) {
    tell(wire::call_new_build(connection_->broker(), *subscriber, wire::TryBuild{static_cast<std::uint64_t>(id)},
                              request.builder));
  }
}

void TryAvatar::call_on_build(const wire::Called& call, std::uint64_t key) {
  const auto found = builds_.find(static_cast<std::int64_t>(key));
  if (found == builds_.end()) return refuse_call(*connection_, call);
  auto& broker = connection_->broker();
  Build& build = found->second;
  if (call.method == "subscribe") return subscribe(call, build.subscribers);
  if (call.method == "unsubscribe") return unsubscribe(call, build.subscribers);
  if (call.method == "getResults") {
    (void)wire::answer_json(broker, call.call, build.results < 0 ? Json(nullptr) : Json(build.results));
  } else if (call.method == "getText") {
    (void)wire::answer_json(broker, call.call, JsonArray{Json(build.text)});
  } else if (call.method != "waitUntilFinished") {
    refuse_call(*connection_, call);
  } else if (build.complete) {
    (void)wire::answer_object(broker, call.call, wire::TryBuild{key});
  } else {
    build.waiting.push_back(call.call);
  }
}

void TryAvatar::subscribe(const wire::Called& call, std::set<wire::ObjectId>& subscribers) {
  const auto subscriber = wire::read_subscriber(call);
  if (!subscriber) return refuse(*connection_, call.call, subscriber.error());
  subscribers.insert(*subscriber);
  (void)wire::answer_none(connection_->broker(), call.call);
}

void TryAvatar::unsubscribe(const wire::Called& call, std::set<wire::ObjectId>& subscribers) {
  const auto subscriber = wire::read_subscriber(call);
  if (!subscriber) return refuse(*connection_, call.call, subscriber.error());
  subscribers.erase(*subscriber);
  (void)wire::answer_none(connection_->broker(), call.call);
}

void TryAvatar::tell(Result<wire::CallId> call) {
  connection_->expect(std::move(call), [self = shared_from_this()](Result<wire::Jelly> answer) {
    if (answer) self->connection_->release(*answer);
  });
}

void TryAvatar::deliver(const data::Message& message) {
  if (!connection_->is_alive() || !message.key.starts_with("builds/")) return;
  const std::int64_t id = build_of(message.key);
  const bool is_new = message.key.ends_with("/new");
  if (!is_new && !builds_.contains(id)) return;
  const auto body = parse_json(*message.body);
  if (!body || !body->is_object()) return;
  const JsonObject& row = body->get_object();
  const bool is_step = message.key.find("/steps/") != std::string::npos;
  if (is_new) return build_begun(row);
  is_step ? step_changed(id, message.key.ends_with("/finished"), row) : build_ended(id, row);
}

void TryAvatar::build_begun(const JsonObject& row) {
  const auto request = requests_.find(number_of(row, "buildrequestid"));
  const std::int64_t id = number_of(row, "buildid");
  if (request == requests_.end() || id < 0) return;
  builds_[id].builder = request->second.builder;
  request->second.builds.push_back(id);
  for (const wire::ObjectId subscriber : request->second.subscribers) {
    tell(wire::call_new_build(connection_->broker(), subscriber, wire::TryBuild{static_cast<std::uint64_t>(id)},
                              request->second.builder));
  }
}

void TryAvatar::build_ended(std::int64_t id, const JsonObject& row) {
  Build& build = builds_[id];
  build.complete = true;
  build.results = number_of(row, "results");
  build.text = text_of(row, "state_string");
  for (const wire::PeerCall call : std::exchange(build.waiting, {})) {
    (void)wire::answer_object(connection_->broker(), call, wire::TryBuild{static_cast<std::uint64_t>(id)});
  }
  connection_->flush_soon();
}

void TryAvatar::step_changed(std::int64_t id, bool is_over, const JsonObject& row) {
  const Build& build = builds_[id];
  const wire::StepOfBuild step{build.builder, wire::TryBuild{static_cast<std::uint64_t>(id)}, text_of(row, "name")};
  for (const wire::ObjectId subscriber : build.subscribers) {
    auto& broker = connection_->broker();
    tell(is_over ? wire::call_step_finished(broker, subscriber, step, number_of(row, "results"))
                 : wire::call_step_started(broker, subscriber, step));
  }
}

}  // namespace kiln::session
