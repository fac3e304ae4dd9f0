// SPDX-License-Identifier: MIT
#include "core/data/event_bus.h"

#include <algorithm>

#include "core/model/row_json.h"

namespace kiln::data {
namespace {

std::vector<std::string> split(std::string_view path) {
  std::vector<std::string> elements;
  while (true) {
    const std::size_t slash = path.find('/');
    elements.emplace_back(path.substr(0, slash));
    if (slash == std::string_view::npos) return elements;
    path.remove_prefix(slash + 1);
  }
}

bool matches(const std::vector<std::string>& pattern, std::string_view key) {
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const std::size_t slash = key.find('/');
    if ((slash == std::string_view::npos) != (i + 1 == pattern.size())) return false;
    if (pattern[i] != "*" && pattern[i] != key.substr(0, slash)) return false;
    key.remove_prefix(slash == std::string_view::npos ? key.size() : slash + 1);
  }
  return true;
}

template <class Row>
void append_field_text(std::string& out, const Row& row, std::string_view name) {
  for_each_field<Row>([&](const auto& field) {
    if (field.info.name != name) return;
    using Member = std::remove_cvref_t<decltype(row.*field.member)>;
    if constexpr (std::is_same_v<Member, std::string>) {
      out += row.*field.member;
    } else if constexpr (field_detail::TypeOf<Member>::value == FieldType::integer) {
      row_json_detail::append(out, row.*field.member, field.info);
    }
  });
}

// "builds/:buildid" and a build 7 -> "builds/7/<verb>".
template <class Row>
std::string fill_in(std::string_view path, const Row& row, std::string_view verb) {
  std::string key;
  for (const std::string& element : split(path)) {
    if (element.starts_with(':')) {
      append_field_text(key, row, std::string_view(element).substr(1));
    } else {
      key += element;
    }
    key += '/';
  }
  key += verb;
  return key;
}

}  // namespace

void EventBus::subscribe(Subscriber& subscriber, const std::string& pattern) {
  auto [place, is_new] = patterns_.try_emplace(pattern);
  if (is_new) place->second.elements = split(pattern);
  place->second.subscribers.insert(&subscriber);
}

bool EventBus::unsubscribe(Subscriber& subscriber, const std::string& pattern) {
  const auto found = patterns_.find(pattern);
  if (found == patterns_.end() || found->second.subscribers.erase(&subscriber) == 0) return false;
  if (found->second.subscribers.empty()) patterns_.erase(found);
  return true;
}

void EventBus::drop(Subscriber& subscriber) {
  for (auto& [text, pattern] : patterns_) pattern.subscribers.erase(&subscriber);
  std::erase_if(patterns_, [](const auto& item) { return item.second.subscribers.empty(); });
}

std::size_t EventBus::subscriptions() const {
  std::size_t count = 0;
  for (const auto& [text, pattern] : patterns_) count += pattern.subscribers.size();
  return count;
}

template <class MakeBody>
void EventBus::route(std::string key, std::shared_ptr<const std::string>& body, MakeBody&& make_body) {
  std::vector<Subscriber*> targets;
  for (const auto& [text, pattern] : patterns_) {
    if (!matches(pattern.elements, key)) continue;
    targets.insert(targets.end(), pattern.subscribers.begin(), pattern.subscribers.end());
  }
  if (targets.empty()) return;
  if (!body) body = std::make_shared<const std::string>(make_body());
  std::string frame = "{\"k\":";
  append_json_string(frame, key);
  frame += ",\"m\":";
  frame += *body;
  frame += '}';
  const Message message{std::move(key), body, std::make_shared<const std::string>(std::move(frame))};
  for (Subscriber* subscriber : targets) subscriber->deliver(message);
}

template <class Row>
void EventBus::publish_row(const Row& row, std::string_view verb) {
  std::shared_ptr<const std::string> body;
  for (const std::string_view path : Resource<Row>::event_paths) {
    route(fill_in(path, row, verb), body, [&] {
      std::string text;
      append_row(text, row);
      return text;
    });
  }
}

template <>
void EventBus::publish_row(const BuildRequest& row, std::string_view verb) {
  std::shared_ptr<const std::string> body;
  if (verb == "cancel") {  // upstream sends it on one path only, without the row
    return route(fill_in("buildrequests/:buildrequestid", row, verb), body, [] { return std::string("null"); });
  }
  for (const std::string_view path : Resource<BuildRequest>::event_paths) {
    route(fill_in(path, row, verb), body, [&] {
      std::string text;
      append_row(text, row);
      return text;
    });
  }
}

void EventBus::publish_row(const BuildPropertiesRow& row, std::string_view verb) {
  std::shared_ptr<const std::string> body;
  route("builds/" + std::to_string(row.build.value) + "/properties/" + std::string(verb), body, [&] {
    std::string text;
    append_properties_json(text, row.properties);
    return text;
  });
}

void EventBus::publish_row(const BuildsetRow& row, std::string_view verb) {
  std::shared_ptr<const std::string> body;
  route(fill_in("buildsets/:bsid", row.buildset, verb), body, [&] {
    std::string text;
    if (verb != "new") {
      append_row(text, row.buildset);
      return text;
    }
    Buildset fresh = row.buildset;
    fresh.results.reset();
    append_row(text, fresh, ~field_mask<Buildset>({"parent_relationship"}));
    text.pop_back();
    text += ",\"scheduler\":";
    append_json_string(text, row.scheduler);
    text += '}';
    return text;
  });
}

void EventBus::publish_row(const BuilderStateRow& row, std::string_view verb) {
  std::shared_ptr<const std::string> body;
  route("builders/" + std::to_string(row.builder.value) + '/' + std::string(verb), body, [&] {
    std::string text = "{\"builderid\":" + std::to_string(row.builder.value) +
                       ",\"masterid\":" + std::to_string(row.master.value) + ",\"name\":";
    append_json_string(text, row.name);
    text += '}';
    return text;
  });
}

void EventBus::publish(const Event& event) {
  if (patterns_.empty()) return;
  std::visit([&](const auto& row) { publish_row(row, event.verb); }, event.row);
}

void EventBus::publish_control(std::string_view path, std::string_view verb, const JsonObject& params) {
  if (patterns_.empty()) return;
  std::shared_ptr<const std::string> body;
  std::string key = "control/";
  key += path;
  key += '/';
  key += verb;
  route(std::move(key), body, [&] { return dump_json(Json(params)); });
}

}  // namespace kiln::data
