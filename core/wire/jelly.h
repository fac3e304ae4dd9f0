// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "core/base/ids.h"
#include "core/base/json.h"
#include "core/base/result.h"
#include "core/wire/banana.h"

namespace kiln::wire {

// An object of one side of a connection; ids of the two sides are unrelated. Real ones start at 1.
using ObjectId = Id<struct PbObjectTag>;

struct Jelly;
struct JellyPair;
bool operator==(const Jelly& left, const Jelly& right);
bool operator==(const JellyPair& left, const JellyPair& right);

struct Bytes {
  std::string value;
  auto operator<=>(const Bytes&) const = default;
};

// Text as UTF-8; what a hostile peer sent may not be valid.
struct Text {
  std::string value;
  auto operator<=>(const Text&) const = default;
};

template <class Tag>
struct JellySequence {
  std::vector<Jelly> items;
  friend bool operator==(const JellySequence& left, const JellySequence& right) {
    return left.items == right.items;
  }
};
using JellyList = JellySequence<struct ListTag>;
using JellyTuple = JellySequence<struct TupleTag>;
using JellySet = JellySequence<struct SetTag>;
using JellyFrozenSet = JellySequence<struct FrozenSetTag>;

// In the order of the sender.
struct JellyDict {
  std::vector<JellyPair> items;
  bool operator==(const JellyDict& other) const;
};

// An object that lives at the sender.
struct RemoteRef {
  ObjectId id;
  bool operator==(const RemoteRef&) const = default;
};

// An object that lives at the receiver.
struct LocalRef {
  ObjectId id;
  bool operator==(const LocalRef&) const = default;
};

// A copied object, such as a failure: its dotted class name and its attributes.
struct JellyInstance {
  std::string class_name;
  JellyDict state;
  bool operator==(const JellyInstance& other) const;
};

// A Python value as Perspective Broker sends it. Containers own their items: what the sender shared
// between two places is two equal values here.
struct Jelly {
  using Data = std::variant<std::monostate, bool, std::int64_t, double, BigInteger, Bytes, Text,
                            JellyList, JellyTuple, JellySet, JellyFrozenSet, JellyDict, RemoteRef,
                            LocalRef, JellyInstance>;
  Data data;  // monostate is None

  Jelly() = default;
  template <class T>
    requires std::is_constructible_v<Data, T&&> && (!std::is_same_v<std::remove_cvref_t<T>, Jelly>)
  Jelly(T&& value) : data(std::forward<T>(value)) {}

  bool is_none() const { return std::holds_alternative<std::monostate>(data); }
  template <class T>
  const T* as() const {
    return std::get_if<T>(&data);
  }
  // The bytes of Bytes or Text, else nothing: Python 2 peers send either for the same thing.
  std::optional<std::string_view> as_string() const;
};

struct JellyPair {
  Jelly key;
  Jelly value;
};

// Errors: bad_input for forms that no Buildbot peer sends, cyclic values and values that would
// become too large by sharing.
Result<Jelly> read_jelly(const Value& value);

// Appends the banana form, with the references that Python's single empty tuple makes Twisted send.
// Errors: bad_input when a part exceeds banana_size_limit; `out` may then hold a part of it.
Result<> append_jelly(std::string& out, const Jelly& jelly);

// A plain value as JSON: tuples and sets as arrays, bytes as UTF-8 with replacement, dict keys as
// text. Errors: bad_input for objects.
Result<Json> to_json(const Jelly& jelly);
// JSON as str, list, dict ...
Jelly jelly_from_json(const Json& json);

// Calls `visit` with each RemoteRef inside.
template <class Visit>
void for_each_remote(const Jelly& jelly, const Visit& visit) {
  if (const auto* ref = jelly.as<RemoteRef>()) visit(*ref);
  const auto each = [&](const auto* sequence) {
    if (sequence == nullptr) return;
    for (const Jelly& item : sequence->items) for_each_remote(item, visit);
  };
  const auto each_pair = [&](const JellyDict* dict) {
    if (dict == nullptr) return;
    for (const auto& [key, value] : dict->items) {
      for_each_remote(key, visit);
      for_each_remote(value, visit);
    }
  };
  each(jelly.as<JellyList>());
  each(jelly.as<JellyTuple>());
  each(jelly.as<JellySet>());
  each(jelly.as<JellyFrozenSet>());
  each_pair(jelly.as<JellyDict>());
  if (const auto* instance = jelly.as<JellyInstance>()) each_pair(&instance->state);
}

}  // namespace kiln::wire
