// SPDX-License-Identifier: MIT
#include <algorithm>
#include <unordered_map>

#include "core/wire/jelly.h"

namespace kiln::wire {
namespace {

constexpr std::size_t depth_limit = 200;
// How much all copies of shared parts may add together.
constexpr std::size_t shared_cost_limit = 1024 * 1024;

Error refuse(std::string what) { return make_error(Errc::bad_input, "jelly: " + std::move(what)); }

struct Extent {
  std::size_t cost = 0;  // values and bytes of text
  std::size_t height = 0;
};

Extent measure(const Jelly& jelly);

Extent measure_items(const std::vector<Jelly>& items) {
  Extent extent{1, 1};
  for (const Jelly& item : items) {
    const Extent inner = measure(item);
    extent.cost += inner.cost;
    extent.height = std::max(extent.height, inner.height + 1);
  }
  return extent;
}

Extent measure_items(const JellyDict& dict) {
  Extent extent{1, 1};
  for (const auto& [key, value] : dict.items) {
    const Extent first = measure(key);
    const Extent second = measure(value);
    extent.cost += first.cost + second.cost;
    extent.height = std::max({extent.height, first.height + 1, second.height + 1});
  }
  return extent;
}

Extent measure(const Jelly& jelly) {
  if (const auto* list = jelly.as<JellyList>()) return measure_items(list->items);
  if (const auto* tuple = jelly.as<JellyTuple>()) return measure_items(tuple->items);
  if (const auto* set = jelly.as<JellySet>()) return measure_items(set->items);
  if (const auto* set = jelly.as<JellyFrozenSet>()) return measure_items(set->items);
  if (const auto* dict = jelly.as<JellyDict>()) return measure_items(*dict);
  if (const auto* instance = jelly.as<JellyInstance>()) return measure_items(instance->state);
  return {1 + jelly.as_string().value_or(std::string_view()).size(), 1};
}

// Decodes one value. References are looked up in the whole value, because a `dereference` may come
// before its `reference`.
class JellyReader {
 public:
  explicit JellyReader(const Value& root) : root_(root) {}

  Result<Jelly> read(const Value& value, std::size_t depth);

 private:
  struct Shared {
    const Value* value = nullptr;
    std::size_t uses = 0;
    enum { unread, reading, done } state = unread;
    Jelly jelly;
  };

  Result<Jelly> read_form(const Value::List& form, std::size_t depth);
  Result<Jelly> read_atom_form(std::string_view word, const Value::List& form);
  Result<Jelly> read_instance(std::string_view class_name, const Value& state, std::size_t depth);
  Result<JellyDict> read_pairs(const Value::List& form, std::size_t depth);
  template <class Sequence>
  Result<Jelly> read_items(const Value::List& form, std::size_t depth);
  Result<Jelly> read_reference(const Value::List& form, std::size_t depth);
  Result<Jelly> copy_shared(Shared& shared, std::size_t depth);
  void index_references(const Value& value);

  const Value& root_;
  bool is_indexed_ = false;
  std::size_t shared_cost_ = 0;
  std::unordered_map<std::int64_t, Shared> shared_;
};

void JellyReader::index_references(const Value& value) {
  const auto* form = std::get_if<Value::List>(&value.data);
  if (form == nullptr) return;
  if (form->size() == 2 || form->size() == 3) {
    const auto* word = std::get_if<std::string_view>(&(*form)[0].data);
    const auto* number = std::get_if<std::int64_t>(&(*form)[1].data);
    if (word != nullptr && number != nullptr) {
      if (*word == "dereference" && form->size() == 2) ++shared_[*number].uses;
      if (*word == "reference" && form->size() == 3) {
        Shared& shared = shared_[*number];
        if (shared.value == nullptr) shared.value = &(*form)[2];
      }
    }
  }
  for (const Value& item : *form) index_references(item);
}

Result<Jelly> JellyReader::read_reference(const Value::List& form, std::size_t depth) {
  const auto* number = std::get_if<std::int64_t>(&form[1].data);
  if (number == nullptr) return refuse("reference without a number");
  if (!is_indexed_) {
    index_references(root_);
    is_indexed_ = true;
  }
  Shared& shared = shared_[*number];
  if (shared.value == nullptr) return refuse("dereference of an unknown reference");
  if (form.size() == 3) {
    if (shared.value != &form[2]) return refuse("reference defined twice");
    if (shared.uses == 0) return read(form[2], depth + 1);
  }
  return copy_shared(shared, depth);
}

Result<Jelly> JellyReader::copy_shared(Shared& shared, std::size_t depth) {
  if (shared.state == Shared::reading) return refuse("cyclic value");
  if (shared.state == Shared::unread) {
    shared.state = Shared::reading;
    auto jelly = read(*shared.value, depth + 1);
    if (jelly.has_error()) return jelly;
    shared.jelly = std::move(*jelly);
    shared.state = Shared::done;
  }
  const Extent extent = measure(shared.jelly);
  shared_cost_ += extent.cost;
  if (shared_cost_ > shared_cost_limit) return refuse("shared parts make the value too large");
  if (depth + extent.height > depth_limit) return refuse("shared parts nest too deep");
  return shared.jelly;
}

template <class Sequence>
Result<Jelly> JellyReader::read_items(const Value::List& form, std::size_t depth) {
  Sequence sequence;
  sequence.items.reserve(form.size() - 1);
  for (auto item = form.begin() + 1; item != form.end(); ++item) {
    auto jelly = read(*item, depth + 1);
    if (jelly.has_error()) return jelly;
    sequence.items.push_back(std::move(*jelly));
  }
  return Jelly(std::move(sequence));
}

Result<JellyDict> JellyReader::read_pairs(const Value::List& form, std::size_t depth) {
  JellyDict dict;
  dict.items.reserve(form.size() - 1);
  for (auto item = form.begin() + 1; item != form.end(); ++item) {
    const auto* pair = std::get_if<Value::List>(&item->data);
    if (pair == nullptr || pair->size() != 2) return refuse("dictionary item that is not a pair");
    auto key = read((*pair)[0], depth + 1);
    if (key.has_error()) return key.error();
    auto value = read((*pair)[1], depth + 1);
    if (value.has_error()) return value.error();
    dict.items.push_back({std::move(*key), std::move(*value)});
  }
  return dict;
}

// The forms that hold no other value.
Result<Jelly> JellyReader::read_atom_form(std::string_view word, const Value::List& form) {
  if (form.size() == 1 && word == "None") return Jelly();
  if (form.size() == 2) {
    if (const auto* bytes = std::get_if<std::string_view>(&form[1].data)) {
      if (word == "unicode") return Jelly(Text{std::string(*bytes)});
      if (word == "boolean" && *bytes == "true") return Jelly(true);
      if (word == "boolean" && *bytes == "false") return Jelly(false);
    }
    if (const auto* number = std::get_if<std::int64_t>(&form[1].data)) {
      if (word == "remote") return Jelly(RemoteRef{ObjectId(*number)});
      if (word == "local") return Jelly(LocalRef{ObjectId(*number)});
    }
  }
  return refuse("unsupported form \"" + std::string(word.substr(0, 100)) + "\" of " +
                std::to_string(form.size()) + " elements");
}

Result<Jelly> JellyReader::read_instance(std::string_view class_name, const Value& state,
                                         std::size_t depth) {
  auto attributes = read(state, depth + 1);
  if (attributes.has_error()) return attributes;
  auto* dict = std::get_if<JellyDict>(&attributes->data);
  if (dict == nullptr) return refuse("instance whose state is not a dictionary");
  return Jelly(JellyInstance{std::string(class_name), std::move(*dict)});
}

Result<Jelly> JellyReader::read_form(const Value::List& form, std::size_t depth) {
  const auto* head = form.empty() ? nullptr : std::get_if<std::string_view>(&form[0].data);
  if (head == nullptr) return refuse("list that does not begin with a word");
  const std::string_view word = *head;
  if (word == "list") return read_items<JellyList>(form, depth);
  if (word == "tuple") return read_items<JellyTuple>(form, depth);
  if (word == "set") return read_items<JellySet>(form, depth);
  if (word == "frozenset") return read_items<JellyFrozenSet>(form, depth);
  if (word == "dictionary") {
    auto dict = read_pairs(form, depth);
    if (dict.has_error()) return dict.error();
    return Jelly(std::move(*dict));
  }
  if ((word == "reference" && form.size() == 3) || (word == "dereference" && form.size() == 2)) {
    return read_reference(form, depth);
  }
  if (form.size() == 2 && word.find('.') != std::string_view::npos)
    return read_instance(word, form[1], depth);
  return read_atom_form(word, form);
}

Result<Jelly> JellyReader::read(const Value& value, std::size_t depth) {
  if (depth > depth_limit) return refuse("value nested too deep");
  if (const auto* form = std::get_if<Value::List>(&value.data)) return read_form(*form, depth);
  if (const auto* bytes = std::get_if<std::string_view>(&value.data))
    return Jelly(Bytes{std::string(*bytes)});
  if (const auto* integer = std::get_if<std::int64_t>(&value.data)) return Jelly(*integer);
  if (const auto* big = std::get_if<BigInteger>(&value.data)) return Jelly(*big);
  return Jelly(std::get<double>(value.data));
}

}  // namespace

Result<Jelly> read_jelly(const Value& value) { return JellyReader(value).read(value, 0); }

}  // namespace kiln::wire
