// SPDX-License-Identifier: MIT
#include "core/app/master_bridge.h"

#include "core/db/buildset_store.h"
#include "core/db/state_store.h"

namespace kiln::app {
namespace {

std::vector<std::string> split_path(const std::string& path) {
  std::vector<std::string> elements;
  std::size_t start = 0;
  for (std::size_t end = 0; end != std::string::npos; start = end + 1) {
    end = path.find('/', start);
    elements.push_back(path.substr(start, end == std::string::npos ? end : end - start));
  }
  return elements;
}

}  // namespace

struct MasterBridge::Consumer : data::Subscriber {
  explicit Consumer(script::OnEvent callback) : on_event(std::move(callback)) {}
  void deliver(const data::Message& message) override { on_event(message.key, message.body); }
  script::OnEvent on_event;
};

MasterBridge::MasterBridge(Needs needs) : needs_(std::move(needs)) {}

MasterBridge::~MasterBridge() {
  for (const auto& [id, consumer] : consumers_) needs_.events.drop(*consumer);
}

void MasterBridge::post_to_loop(std::function<void()> work) { needs_.post_to_loop(std::move(work)); }

void MasterBridge::data_get(std::string path, ResultSpec spec, Reply<Json> reply) {
  post_to_loop([this, path = std::move(path), spec = std::move(spec), reply = std::move(reply)]() mutable {
    needs_.api.get_json(path, std::move(spec), std::move(reply));
  });
}

void MasterBridge::control(std::string path, std::string method, JsonObject params, Reply<Json> reply) {
  post_to_loop([this, path = std::move(path), method = std::move(method), params = std::move(params),
                reply = std::move(reply)]() mutable {
    needs_.controls.control({split_path(path), std::move(method), std::move(params)}, std::move(reply));
  });
}

void MasterBridge::add_change(script::ChangeDraft draft, Reply<ChangeId> reply) {
  post_to_loop([this, draft = std::move(draft), reply = std::move(reply)]() mutable {
    needs_.engine.add_change(std::move(draft), std::move(reply));
  });
}

void MasterBridge::get_state(std::string object, std::string class_name, std::string key, Reply<Json> reply) {
  needs_.db.read<Json>(
      [object = std::move(object), class_name = std::move(class_name), key = std::move(key)](db::Connection& connection) -> Result<Json> {
        auto value = db::get_state(connection, object, class_name, key);
        if (!value) return value.error();
        return value->value_or(Json(nullptr));
      },
      std::move(reply));
}

void MasterBridge::set_state(std::string object, std::string class_name, std::string key, Json value, Reply<> reply) {
  Unit unit;
  unit.add(writes::SetState{std::move(object), std::move(class_name), std::move(key), std::move(value)});
  unit.then([reply = std::move(reply)](const Committed&) { reply({}); });
  commit_later(std::move(unit));
}

// The journal is the loop thread's.
void MasterBridge::commit_later(Unit unit) {
  post_to_loop([this, shared = std::make_shared<Unit>(std::move(unit))] { needs_.db.journal().commit(std::move(*shared)); });
}

void MasterBridge::object_id(std::string object, std::string class_name, Reply<std::int64_t> reply) {
  Unit unit;
  unit.add(writes::FindObject{std::move(object), std::move(class_name)});
  unit.then([reply = std::move(reply)](const Committed& committed) { reply(committed.front().id); });
  commit_later(std::move(unit));
}

void MasterBridge::get_object_state(std::int64_t object, std::string key, Reply<Json> reply) {
  needs_.db.read<Json>(
      [object, key = std::move(key)](db::Connection& connection) -> Result<Json> {
        auto value = db::get_object_state(connection, object, key);
        if (!value) return value.error();
        JsonArray answer;
        if (*value) answer.push_back(std::move(**value));
        return Json(std::move(answer));
      },
      std::move(reply));
}

void MasterBridge::set_object_state(std::int64_t object, std::string key, Json value, bool only_when_new,
                                    Reply<bool> reply) {
  Unit unit;
  unit.add(writes::SetObjectState{object, std::move(key), std::move(value), only_when_new});
  unit.then([reply = std::move(reply)](const Committed& committed) { reply(committed.front().ok); });
  commit_later(std::move(unit));
}

void MasterBridge::consume(std::string pattern, script::OnEvent on_event, Reply<std::int64_t> reply) {
  post_to_loop([this, pattern = std::move(pattern), on_event = std::move(on_event), reply = std::move(reply)] {
    auto consumer = std::make_unique<Consumer>(on_event);
    needs_.events.subscribe(*consumer, pattern);
    consumers_.emplace(++last_consumer_, std::move(consumer));
    reply(last_consumer_);
  });
}

// It may be the event's own consumer that stops: it is destroyed behind the event.
void MasterBridge::stop_consuming(std::int64_t id) {
  post_to_loop([this, id] {
    const auto found = consumers_.find(id);
    if (found == consumers_.end()) return;
    needs_.events.drop(*found->second);
    consumers_.erase(found);
  });
}

void MasterBridge::add_buildset(script::BuildsetDraft draft, Reply<script::Triggered> reply) {
  post_to_loop([this, draft = std::move(draft), reply = std::move(reply)]() mutable {
    needs_.engine.add_buildset(std::move(draft), [reply = std::move(reply)](Result<engine::ForceResult> added) {
      if (added.has_error()) return reply(added.error());
      reply(script::Triggered{added->buildset, std::move(added->requests)});
    });
  });
}

void MasterBridge::set_build_property(BuildId build, Property property, Reply<> reply) {
  post_to_loop([this, build, property = std::move(property), reply = std::move(reply)]() mutable {
    needs_.engine.set_build_property(build, std::move(property), std::move(reply));
  });
}

void MasterBridge::reload(Reply<> reply) {
  using Waiting = std::vector<std::pair<BuildsetId, Properties>>;
  needs_.db.read<Waiting>(
      [](db::Connection& connection) { return db::query_waiting_properties(connection); },
      [this, reply = std::move(reply)](Result<Waiting> found) {
        if (found.has_error()) return reply(found.error());
        for (auto& [buildset, properties] : *found) {
          needs_.engine.replace_properties(buildset, std::move(properties));
        }
        reply({});
      });
}

}  // namespace kiln::app
