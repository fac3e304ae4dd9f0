// SPDX-License-Identifier: MIT
#include "core/wire/jelly.h"

#include <algorithm>

#include "core/base/big_integer.h"
#include "core/base/text.h"

namespace kiln::wire {
namespace {

Error refuse_size(std::size_t size) {
  return make_error(Errc::bad_input,
                    "cannot send " + std::to_string(size) +
                        " bytes or elements as one part: the protocol allows 655360");
}

// The decimal digits as Banana's: base 128, the lowest first.
BigInteger to_base_128(std::string_view decimal) {
  BigInteger big;
  big.negative = decimal.starts_with('-');
  if (big.negative) decimal.remove_prefix(1);
  std::string rest(decimal);
  while (!rest.empty()) {
    unsigned remainder = 0;
    for (char& digit : rest) {
      remainder = remainder * 10 + static_cast<unsigned>(digit - '0');
      digit = static_cast<char>('0' + remainder / 128);
      remainder %= 128;
    }
    big.digits += static_cast<char>(remainder);
    rest.erase(0, std::min(rest.find_first_not_of('0'), rest.size()));
  }
  return big;
}

// Python has one empty tuple, so Twisted sends the second and later ones as references to the
// first.
std::size_t count_empty_tuples(const Jelly& jelly);
std::size_t count_empty_tuples(const JellyPair& pair);

template <class Items>
std::size_t count_empty_tuples_in(const Items& items) {
  std::size_t count = 0;
  for (const auto& item : items) count += count_empty_tuples(item);
  return count;
}

std::size_t count_empty_tuples(const JellyPair& pair) {
  return count_empty_tuples(pair.key) + count_empty_tuples(pair.value);
}

std::size_t count_empty_tuples(const Jelly& jelly) {
  if (const auto* tuple = jelly.as<JellyTuple>()) {
    return tuple->items.empty() ? 1 : count_empty_tuples_in(tuple->items);
  }
  if (const auto* list = jelly.as<JellyList>()) return count_empty_tuples_in(list->items);
  if (const auto* set = jelly.as<JellySet>()) return count_empty_tuples_in(set->items);
  if (const auto* set = jelly.as<JellyFrozenSet>()) return count_empty_tuples_in(set->items);
  if (const auto* dict = jelly.as<JellyDict>()) return count_empty_tuples_in(dict->items);
  if (const auto* instance = jelly.as<JellyInstance>())
    return count_empty_tuples_in(instance->state.items);
  return 0;
}

class JellyWriter {
 public:
  JellyWriter(std::string& out, const Jelly& root)
      : out_(out), shares_empty_tuple_(count_empty_tuples(root) > 1) {}

  Result<> write(const Jelly& jelly) {
    return std::visit([this](const auto& value) { return append(value); }, jelly.data);
  }

 private:
  Result<> append(std::monostate) {
    append_list(out_, 1);
    append_string(out_, "None");
    return {};
  }
  Result<> append(bool value) {
    append_list(out_, 2);
    append_string(out_, "boolean");
    append_string(out_, value ? "true" : "false");
    return {};
  }
  Result<> append(std::int64_t value) {
    append_integer(out_, value);
    return {};
  }
  Result<> append(double value) {
    append_real(out_, value);
    return {};
  }
  Result<> append(const BigInteger& value) {
    if (value.digits.size() > banana_prefix_limit) return refuse_size(value.digits.size());
    append_integer(out_, value);
    return {};
  }
  Result<> append(const Bytes& bytes) { return append_bytes(bytes.value); }
  Result<> append(const Text& text) {
    append_list(out_, 2);
    append_string(out_, "unicode");
    return append_bytes(text.value);
  }
  Result<> append(const JellyList& list) { return append_items("list", list.items); }
  Result<> append(const JellySet& set) { return append_items("set", set.items); }
  Result<> append(const JellyFrozenSet& set) { return append_items("frozenset", set.items); }
  Result<> append(const JellyTuple& tuple) {
    if (!tuple.items.empty() || !shares_empty_tuple_) return append_items("tuple", tuple.items);
    append_list(out_, has_empty_tuple_ ? 2 : 3);
    append_string(out_, has_empty_tuple_ ? "dereference" : "reference");
    append_integer(out_, 1);
    if (has_empty_tuple_) return {};
    has_empty_tuple_ = true;
    return append_items("tuple", {});
  }
  Result<> append(const JellyDict& dict) {
    if (dict.items.size() >= banana_size_limit) return refuse_size(dict.items.size());
    append_list(out_, dict.items.size() + 1);
    append_string(out_, "dictionary");
    for (const auto& [key, value] : dict.items) {
      append_list(out_, 2);
      if (auto done = write(key); done.has_error()) return done;
      if (auto done = write(value); done.has_error()) return done;
    }
    return {};
  }
  Result<> append(RemoteRef ref) { return append_object("remote", ref.id); }
  Result<> append(LocalRef ref) { return append_object("local", ref.id); }
  Result<> append(const JellyInstance& instance) {
    append_list(out_, 2);
    if (auto done = append_bytes(instance.class_name); done.has_error()) return done;
    return append(instance.state);
  }

  Result<> append_object(std::string_view word, ObjectId id) {
    append_list(out_, 2);
    append_string(out_, word);
    append_integer(out_, id.value);
    return {};
  }
  Result<> append_bytes(std::string_view bytes) {
    if (bytes.size() > banana_size_limit) return refuse_size(bytes.size());
    append_string(out_, bytes);
    return {};
  }
  Result<> append_items(std::string_view word, const std::vector<Jelly>& items) {
    if (items.size() >= banana_size_limit) return refuse_size(items.size());
    append_list(out_, items.size() + 1);
    append_string(out_, word);
    for (const Jelly& item : items) {
      if (auto done = write(item); done.has_error()) return done;
    }
    return {};
  }

  std::string& out_;
  bool shares_empty_tuple_;
  bool has_empty_tuple_ = false;
};

Result<Json> to_json_array(const std::vector<Jelly>& items) {
  JsonArray array;
  array.reserve(items.size());
  for (const Jelly& item : items) {
    auto json = to_json(item);
    if (json.has_error()) return json;
    array.push_back(std::move(*json));
  }
  return Json(std::move(array));
}

Result<Json> to_json_object(const JellyDict& dict) {
  JsonObject object;
  for (const auto& [key, value] : dict.items) {
    auto name = to_json(key);
    if (name.has_error()) return name;
    auto json = to_json(value);
    if (json.has_error()) return json;
    object.insert_or_assign(to_display_text(*name), std::move(*json));
  }
  return Json(std::move(object));
}

}  // namespace

bool operator==(const Jelly& left, const Jelly& right) { return left.data == right.data; }

bool JellyDict::operator==(const JellyDict& other) const { return items == other.items; }

bool JellyInstance::operator==(const JellyInstance& other) const {
  return class_name == other.class_name && state == other.state;
}

bool operator==(const JellyPair& left, const JellyPair& right) {
  return left.key == right.key && left.value == right.value;
}

std::optional<std::string_view> Jelly::as_string() const {
  if (const auto* bytes = as<Bytes>()) return bytes->value;
  if (const auto* text = as<Text>()) return text->value;
  return std::nullopt;
}

Result<> append_jelly(std::string& out, const Jelly& jelly) {
  return JellyWriter(out, jelly).write(jelly);
}

Result<Json> to_json(const Jelly& jelly) {
  if (jelly.is_none()) return Json(nullptr);
  if (const auto* value = jelly.as<bool>()) return Json(*value);
  if (const auto* value = jelly.as<std::int64_t>()) return Json(*value);
  if (const auto* value = jelly.as<double>()) return Json(*value);
  if (const auto* value = jelly.as<BigInteger>()) return Json(to_double(*value));
  if (const auto text = jelly.as_string()) return Json(to_utf8_replacing(*text));
  if (const auto* list = jelly.as<JellyList>()) return to_json_array(list->items);
  if (const auto* tuple = jelly.as<JellyTuple>()) return to_json_array(tuple->items);
  if (const auto* set = jelly.as<JellySet>()) return to_json_array(set->items);
  if (const auto* set = jelly.as<JellyFrozenSet>()) return to_json_array(set->items);
  if (const auto* dict = jelly.as<JellyDict>()) return to_json_object(*dict);
  return make_error(Errc::bad_input, "expected a plain value, got an object");
}

Jelly jelly_from_json(const Json& json) {
  if (json.is_bool()) return json.get_bool();
  if (json.is_int64()) return json.get_int64();
  if (json.is_double()) return json.get_double();
  if (json.is_string()) return Text{std::string(json.get_string())};
  if (json.is_uint64()) {
    BigInteger big;
    for (std::uint64_t rest = json.get_uint64(); rest != 0; rest >>= 7) {
      big.digits += static_cast<char>(rest & 0x7f);
    }
    return big;
  }
  if (const auto* array = json.if_array()) {
    JellyList list;
    for (const Json& item : *array) list.items.push_back(jelly_from_json(item));
    return list;
  }
  if (const auto digits = digits_of(json)) return to_base_128(*digits);
  if (const auto* object = json.if_object()) {
    JellyDict dict;
    for (const auto& [key, value] : *object)
      dict.items.push_back({Text{std::string(key)}, jelly_from_json(value)});
    return dict;
  }
  return {};
}

}  // namespace kiln::wire
