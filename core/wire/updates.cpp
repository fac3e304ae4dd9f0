// SPDX-License-Identifier: MIT
#include "core/wire/updates.h"

#include <algorithm>
#include <optional>

#include "core/base/text.h"

namespace kiln::wire {
namespace {

Error refuse(std::string what) { return make_error(Errc::bad_input, "update: " + std::move(what)); }

const std::vector<Jelly>* items_of(const Jelly& jelly) {
  if (const auto* list = jelly.as<JellyList>()) return &list->items;
  if (const auto* tuple = jelly.as<JellyTuple>()) return &tuple->items;
  return nullptr;
}

std::optional<UpdateStream> stream_of(std::string_view key) {
  if (key == "stdout") return UpdateStream::standard_output;
  if (key == "stderr") return UpdateStream::standard_error;
  if (key == "header") return UpdateStream::header;
  return std::nullopt;
}

std::optional<StatUpdate> read_stat(const Jelly& value) {
  const auto* items = items_of(value);
  StatUpdate stat;
  if (items == nullptr || items->size() != stat.fields.size()) return std::nullopt;
  for (std::size_t i = 0; i < items->size(); ++i) {
    if (const auto* number = (*items)[i].as<std::int64_t>()) {
      stat.fields[i] = *number;
    } else if (const auto* real = (*items)[i].as<double>();
               real != nullptr && *real > -1e18 && *real < 1e18) {
      stat.fields[i] = static_cast<std::int64_t>(*real);
    } else {
      return std::nullopt;
    }
  }
  return stat;
}

std::optional<FilesUpdate> read_files(const Jelly& value) {
  const auto* items = items_of(value);
  if (items == nullptr) return std::nullopt;
  FilesUpdate files;
  files.names.reserve(items->size());
  for (const Jelly& item : *items) {
    const auto name = item.as_string();
    if (!name) return std::nullopt;
    files.names.push_back(to_utf8_replacing(*name));
  }
  return files;
}

std::optional<double> read_number(const Jelly& value) {
  if (const auto* real = value.as<double>()) return *real;
  if (const auto* integer = value.as<std::int64_t>()) return static_cast<double>(*integer);
  return std::nullopt;
}

// An update of a known key whose value has the expected type.
std::optional<Update> read_known(std::string_view key, const Jelly& value) {
  const auto text = value.as_string();
  if (const auto stream = stream_of(key); stream && text) return StreamUpdate{*stream, *text};
  if (key == "log") {
    const auto* pair = items_of(value);
    if (pair == nullptr || pair->size() != 2) return std::nullopt;
    const auto name = (*pair)[0].as_string();
    const auto content = (*pair)[1].as_string();
    if (!name || !content) return std::nullopt;
    return LogFileUpdate{to_utf8_replacing(*name), *content};
  }
  if (key == "rc") {
    if (const auto* code = value.as<std::int64_t>()) return ExitCodeUpdate{*code};
  } else if (key == "elapsed") {
    if (const auto seconds = read_number(value)) return ElapsedUpdate{*seconds};
  } else if (key == "failure_reason" && text) {
    return FailureReasonUpdate{to_utf8_replacing(*text)};
  } else if (key == "files") {
    if (auto files = read_files(value)) return *std::move(files);
  } else if (key == "stat") {
    if (const auto stat = read_stat(value)) return *stat;
  }
  return std::nullopt;
}

// Texts in the result are views into `value`.
Result<Update> read_update(std::string_view key, const Jelly& value) {
  if (auto known = read_known(key, value)) return *std::move(known);
  auto json = to_json(value);
  if (json.has_error()) return json.error();
  return Update(OtherUpdate{to_utf8_replacing(key), std::move(*json)});
}

// The way for arguments of any legal form, such as those with shared parts.
Result<Updates> read_owned(std::string_view args) {
  auto jelly = read_jelly(parse_value(args));
  if (jelly.has_error()) return jelly.error();
  Updates updates;
  updates.storage = std::make_shared<const Jelly>(std::move(*jelly));
  const auto* arguments = items_of(*updates.storage);
  if (arguments == nullptr || arguments->size() != 1) return refuse("expected one argument");
  const auto* pairs = items_of(arguments->front());
  if (pairs == nullptr) return refuse("expected a list of pairs");
  for (const Jelly& item : *pairs) {
    const auto* pair = items_of(item);
    if (pair == nullptr || pair->size() != 2) return refuse("expected pairs");
    const auto* dict = (*pair)[0].as<JellyDict>();
    const auto* number = (*pair)[1].as<std::int64_t>();
    if (dict == nullptr || number == nullptr)
      return refuse("expected pairs of dictionary and number");
    updates.number = std::max(updates.number, *number);
    for (const auto& [key, value] : dict->items) {
      const auto name = key.as_string();
      if (!name) return refuse("key that is not text");
      auto update = read_update(*name, value);
      if (update.has_error()) return update.error();
      updates.items.push_back(std::move(*update));
    }
  }
  return updates;
}

// Reads the form that all known workers send, without a copy of the texts. Each member returns
// false on anything else, and read_owned() has to start over.
class UpdatesReader {
 public:
  explicit UpdatesReader(std::string_view args) : cursor_(args) {}

  bool read(Updates& updates) {
    if (!cursor_.next().is_list(2) || !cursor_.next().is_string("tuple")) return false;
    const BananaElement list = cursor_.next();
    if (list.kind != BananaKind::list || list.count == 0 || !cursor_.next().is_string("list"))
      return false;
    for (std::size_t i = 1; i < list.count; ++i) {
      if (!read_pair(updates)) return false;
    }
    return cursor_.at_end();
  }

 private:
  bool read_pair(Updates& updates) {
    if (!cursor_.next().is_list(3) || !cursor_.next().is_string("list")) return false;
    const BananaElement dict = cursor_.next();
    if (dict.kind != BananaKind::list || dict.count == 0 || !cursor_.next().is_string("dictionary"))
      return false;
    for (std::size_t i = 1; i < dict.count; ++i) {
      if (!read_item(updates)) return false;
    }
    const BananaElement number = cursor_.next();
    if (number.kind != BananaKind::integer) return false;
    updates.number = std::max(updates.number, number.integer);
    return true;
  }

  bool read_item(Updates& updates) {
    if (!cursor_.next().is_list(2)) return false;
    const auto key = read_text();
    if (!key) return false;
    if (const auto stream = stream_of(*key)) {
      const auto text = read_text();
      if (text) updates.items.emplace_back(StreamUpdate{*stream, *text});
      return text.has_value();
    }
    if (*key == "log") return read_log(updates);
    auto value = read_jelly(parse_value(cursor_.skip()));
    if (value.has_error()) return false;
    auto update = read_update(*key, *value);
    if (update.has_error()) return false;
    updates.items.push_back(std::move(*update));
    return true;
  }

  bool read_log(Updates& updates) {
    if (!cursor_.next().is_list(3) || !cursor_.next().is_string("tuple")) return false;
    const auto name = read_text();
    const auto text = read_text();
    if (!name || !text) return false;
    updates.items.emplace_back(LogFileUpdate{to_utf8_replacing(*name), *text});
    return true;
  }

  std::optional<std::string_view> read_text() {
    BananaElement element = cursor_.next();
    if (element.is_list(2)) {
      if (!cursor_.next().is_string("unicode")) return std::nullopt;
      element = cursor_.next();
    }
    if (element.kind != BananaKind::string) return std::nullopt;
    return element.bytes;
  }

  BananaCursor cursor_;
};

}  // namespace

Result<Updates> read_updates(std::string_view args) {
  Updates updates;
  if (UpdatesReader(args).read(updates)) return updates;
  return read_owned(args);
}

}  // namespace kiln::wire
