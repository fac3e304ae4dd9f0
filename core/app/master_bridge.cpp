// SPDX-License-Identifier: MIT
#include "core/app/master_bridge.h"

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
  // The journal is the loop thread's.
  post_to_loop([this, unit = std::make_shared<Unit>(std::move(unit))] { needs_.db.journal().commit(std::move(*unit)); });
}

}  // namespace kiln::app
