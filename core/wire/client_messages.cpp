// SPDX-License-Identifier: MIT
#include "core/wire/client_messages.h"

#include <utility>

#include "core/base/text.h"

namespace kiln::wire {
namespace {

Error refuse(std::string what) { return make_error(Errc::bad_input, std::move(what)); }

const std::vector<Jelly>* items_of(const Jelly& jelly) {
  if (const auto* list = jelly.as<JellyList>()) return &list->items;
  if (const auto* tuple = jelly.as<JellyTuple>()) return &tuple->items;
  return nullptr;
}

// Reads the positional arguments of `try` one after the other; the first wrong one is remembered.
class TryArguments {
 public:
  explicit TryArguments(const std::vector<Jelly>& args) : args_(args) {}

  std::optional<std::string> text(const char* name) {
    const Jelly* jelly = next();
    if (jelly == nullptr || jelly->is_none()) return std::nullopt;
    const auto value = jelly->as_string();
    if (!value) {
      fail(name);
      return std::nullopt;
    }
    return to_utf8_replacing(*value);
  }

  std::optional<TryPatch> patch() {
    const Jelly* jelly = next();
    if (jelly == nullptr || jelly->is_none()) return std::nullopt;
    const auto* pair = items_of(*jelly);
    const auto* level =
        pair != nullptr && pair->size() == 2 ? (*pair)[0].as<std::int64_t>() : nullptr;
    const auto diff = level != nullptr ? (*pair)[1].as_string() : std::nullopt;
    if (!diff) {
      fail("patch");
      return std::nullopt;
    }
    return TryPatch{*level, std::string(*diff)};
  }

  std::vector<std::string> builders() {
    std::vector<std::string> names;
    const Jelly* jelly = next();
    if (jelly == nullptr || jelly->is_none()) return names;
    const auto* items = items_of(*jelly);
    if (items == nullptr) {
      fail("builderNames");
      return names;
    }
    for (const Jelly& item : *items) {
      const auto name = item.as_string();
      if (!name) fail("builderNames");
      names.push_back(to_utf8_replacing(name.value_or("")));
    }
    return names;
  }

  JsonObject properties() {
    const Jelly* jelly = next();
    if (jelly == nullptr || jelly->is_none()) return {};
    auto json = to_json(*jelly);
    if (json.has_value() && json->is_object()) return std::move(json->get_object());
    fail("properties");
    return {};
  }

  bool at_end() const { return position_ >= args_.size(); }
  const std::optional<Error>& error() const { return error_; }

 private:
  const Jelly* next() { return at_end() ? nullptr : &args_[position_++]; }
  void fail(const char* name) {
    if (!error_) error_ = refuse(std::string("try: wrong type of argument \"") + name + "\"");
  }

  const std::vector<Jelly>& args_;
  std::size_t position_ = 0;
  std::optional<Error> error_;
};

Jelly text(std::string_view value) { return Text{std::string(value)}; }

Result<std::vector<Jelly>> step_args(Broker& broker, const StepOfBuild& step) {
  const auto build = broker.export_object(step.build);
  if (build.has_error()) return build.error();
  return std::vector<Jelly>{text(step.builder), RemoteRef{*build}, text(step.step), {}};
}

}  // namespace

Result<JsonObject> read_change(const Called& call) {
  if (call.args.size() != 1) return refuse("addChange: expected one dictionary");
  auto json = to_json(call.args.front());
  if (json.has_error()) return json.error();
  if (!json->is_object()) return refuse("addChange: expected a dictionary");
  return std::move(json->get_object());
}

Result<TryJob> read_try_job(const Called& call) {
  if (call.args.size() < 6) return refuse("try: expected at least 6 arguments");
  TryArguments args(call.args);
  TryJob job;
  job.branch = args.text("branch");
  job.revision = args.text("revision");
  job.patch = args.patch();
  job.repository = args.text("repository").value_or("");
  job.project = args.text("project").value_or("");
  job.builders = args.builders();
  job.who = args.text("who").value_or("");
  job.comment = args.text("comment").value_or("");
  job.properties = args.properties();
  if (args.error()) return *args.error();
  if (!args.at_end()) return refuse("try: expected at most 9 arguments");
  return job;
}

Result<ObjectId> read_subscriber(const Called& call) {
  const auto* ref = call.args.empty() ? nullptr : call.args.front().as<RemoteRef>();
  if (ref == nullptr) return refuse("subscribe: expected an object");
  return ref->id;
}

Result<> answer_json(Broker& broker, PeerCall call, const Json& value) {
  return broker.answer(call, jelly_from_json(value));
}

Result<> answer_requests(Broker& broker, PeerCall call,
                         const std::vector<RequestObject>& requests) {
  JellyList list;
  for (const auto& [builder, request] : requests) {
    const auto id = broker.export_object(request);
    if (id.has_error()) return id.error();
    list.items.emplace_back(JellyTuple{{text(builder), RemoteRef{*id}}});
  }
  return broker.answer(call, std::move(list));
}

Result<CallId> call_new_build(Broker& broker, ObjectId subscriber, TryBuild build,
                              std::string_view builder) {
  const auto id = broker.export_object(build);
  if (id.has_error()) return id.error();
  return broker.call(subscriber, "newbuild", {RemoteRef{*id}, text(builder)});
}

Result<CallId> call_step_started(Broker& broker, ObjectId subscriber, const StepOfBuild& step) {
  auto args = step_args(broker, step);
  if (args.has_error()) return args.error();
  return broker.call(subscriber, "stepStarted", std::move(*args));
}

Result<CallId> call_step_finished(Broker& broker, ObjectId subscriber, const StepOfBuild& step,
                                  std::int64_t results) {
  auto args = step_args(broker, step);
  if (args.has_error()) return args.error();
  args->emplace_back(results);
  return broker.call(subscriber, "stepFinished", std::move(*args));
}

}  // namespace kiln::wire
