// SPDX-License-Identifier: MIT
#include "core/wire/pb_failure.h"

#include <algorithm>

#include "core/base/text.h"

namespace kiln::wire {
namespace {

constexpr std::string_view failure_class = "twisted.spread.pb.CopyableFailure";

const Jelly* find_attribute(const JellyDict& state, std::string_view name) {
  for (const auto& [key, value] : state.items) {
    if (key.as_string() == name) return &value;
  }
  return nullptr;
}

std::string string_attribute(const JellyDict& state, std::string_view name) {
  const Jelly* value = find_attribute(state, name);
  const auto text = value != nullptr ? value->as_string() : std::nullopt;
  return text ? to_utf8_replacing(*text) : std::string();
}

const std::vector<Jelly>* list_attribute(const JellyDict& state, std::string_view name) {
  const Jelly* value = find_attribute(state, name);
  const auto* list = value != nullptr ? value->as<JellyList>() : nullptr;
  return list != nullptr ? &list->items : nullptr;
}

Jelly frame_jelly(const PbFrame& frame) {
  return JellyTuple{
      {Text{frame.function}, Text{frame.file}, frame.line, JellyTuple{}, JellyTuple{}}};
}

void read_frames(const std::vector<Jelly>& items, std::vector<PbFrame>& frames) {
  for (const Jelly& item : items) {
    const auto* tuple = item.as<JellyTuple>();
    if (tuple == nullptr || tuple->items.size() < 3) continue;
    const auto function = tuple->items[0].as_string();
    const auto file = tuple->items[1].as_string();
    const auto* line = tuple->items[2].as<std::int64_t>();
    if (!function || !file || line == nullptr) continue;
    frames.push_back(PbFrame{to_utf8_replacing(*function), to_utf8_replacing(*file), *line});
  }
}

}  // namespace

bool PbFailure::is(std::string_view dotted_class) const {
  return type == dotted_class ||
         std::find(parents.begin(), parents.end(), dotted_class) != parents.end();
}

PbFailure make_failure(std::string_view type, std::string_view value) {
  PbFailure failure{.type = std::string(type), .value = std::string(value)};
  failure.parents.emplace_back(type);
  if (type == unauthorized_login_type) {
    failure.parents.emplace_back("twisted.cred.error.LoginFailed");
    failure.parents.emplace_back("twisted.cred.error.Unauthorized");
  }
  if (type == no_such_method_type) failure.parents.emplace_back(attribute_error_type);
  for (const char* base : {"builtins.Exception", "builtins.BaseException", "builtins.object"}) {
    if (type != base) failure.parents.emplace_back(base);
  }
  failure.traceback = "Traceback unavailable\n";
  return failure;
}

Jelly to_jelly(const PbFailure& failure) {
  JellyList frames;
  for (const PbFrame& frame : failure.frames) frames.items.push_back(frame_jelly(frame));
  JellyList parents;
  for (const std::string& parent : failure.parents) parents.items.emplace_back(Text{parent});

  JellyDict state;
  const auto add = [&](const char* name, Jelly value) {
    state.items.push_back({Text{name}, std::move(value)});
  };
  add("count", failure.count);
  add("type", Bytes{failure.type});
  add("value", Text{failure.value});
  add("captureVars", false);
  add("tb", {});
  add("pickled", std::int64_t{1});
  add("_frames", std::move(frames));
  add("unsafeTracebacks", failure.has_unsafe_traceback);
  add("parents", std::move(parents));
  add("frames", JellyList{});
  add("stack", JellyList{});
  add("traceback", Text{failure.traceback});
  return JellyInstance{std::string(failure_class), std::move(state)};
}

Result<PbFailure> read_failure(const Jelly& jelly) {
  const auto* instance = jelly.as<JellyInstance>();
  if (instance == nullptr)
    return make_error(Errc::bad_input, "expected a failure, got another value");
  const JellyDict& state = instance->state;
  PbFailure failure{.type = string_attribute(state, "type"),
                    .value = string_attribute(state, "value"),
                    .traceback = string_attribute(state, "traceback")};
  if (const auto* parents = list_attribute(state, "parents")) {
    for (const Jelly& parent : *parents) {
      if (const auto name = parent.as_string()) failure.parents.push_back(to_utf8_replacing(*name));
    }
  }
  if (const auto* frames = list_attribute(state, "_frames")) read_frames(*frames, failure.frames);
  if (const Jelly* count = find_attribute(state, "count")) {
    if (const auto* number = count->as<std::int64_t>()) failure.count = *number;
  }
  if (const Jelly* unsafe = find_attribute(state, "unsafeTracebacks")) {
    if (const auto* value = unsafe->as<bool>()) failure.has_unsafe_traceback = *value;
  }
  return failure;
}

}  // namespace kiln::wire
