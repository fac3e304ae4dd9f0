// SPDX-License-Identifier: MIT
#include "core/wire/msgpack_peer.h"

#include "core/base/text.h"

namespace kiln::wire {
namespace {

Error refused(std::string what) { return make_error(Errc::bad_input, std::move(what)); }

// As Python prints a KeyError, which is what workers of this protocol know.
Error missing(std::string_view key) {
  return refused("'message did not contain obligatory \"" + std::string(key) + "\" key'");
}

Error of_wrong_type(std::string_view key, const char* wanted) {
  return refused("\"" + std::string(key) + "\" must be " + wanted);
}

void append_text(std::string& out, std::string_view text) { append_msgpack(out, MsgpackItem(MsgpackText{text})); }

}  // namespace

std::optional<std::string_view> MsgpackFields::find(std::string_view key) const {
  for (auto field = fields_.rbegin(); field != fields_.rend(); ++field) {
    if (field->first == key) return field->second;
  }
  return std::nullopt;
}

Result<std::string_view> MsgpackFields::raw(std::string_view key) const {
  const auto value = find(key);
  if (!value) return missing(key);
  return *value;
}

Result<std::string_view> MsgpackFields::text(std::string_view key) const {
  const auto value = raw(key);
  if (!value) return value;
  const MsgpackItem item = MsgpackCursor(*value).next().value();
  const auto* text = std::get_if<MsgpackText>(&item);
  if (text == nullptr) return of_wrong_type(key, "text");
  return text->text;
}

Result<std::string_view> MsgpackFields::bytes(std::string_view key) const {
  const auto value = raw(key);
  if (!value) return value;
  const MsgpackItem item = MsgpackCursor(*value).next().value();
  if (const auto* bytes = std::get_if<MsgpackBytes>(&item)) return bytes->bytes;
  if (const auto* text = std::get_if<MsgpackText>(&item)) return text->text;
  return of_wrong_type(key, "bytes");
}

Result<std::int64_t> MsgpackFields::integer(std::string_view key) const {
  const auto value = raw(key);
  if (!value) return value.error();
  const MsgpackItem item = MsgpackCursor(*value).next().value();
  const auto* number = std::get_if<std::int64_t>(&item);
  if (number == nullptr) return of_wrong_type(key, "an integer");
  return *number;
}

Result<double> MsgpackFields::number(std::string_view key) const {
  const auto value = raw(key);
  if (!value) return value.error();
  const MsgpackItem item = MsgpackCursor(*value).next().value();
  if (const auto* number = std::get_if<double>(&item)) return *number;
  if (const auto* number = std::get_if<std::int64_t>(&item)) return static_cast<double>(*number);
  return of_wrong_type(key, "a number");
}

Result<MsgpackFields> MsgpackPeer::read_fields(std::string_view message) const {
  MsgpackCursor cursor(message);
  const auto head = cursor.next();
  if (!head) return head.error();
  const auto* map = std::get_if<MsgpackMap>(&*head);
  if (map == nullptr) return refused("a message that is no map");
  if (map->count > field_limit) return refused("a message of too many fields");
  MsgpackFields fields;
  for (std::size_t i = 0; i < map->count; ++i) {
    const auto key = cursor.next();
    if (!key) return key.error();
    const auto* name = std::get_if<MsgpackText>(&*key);
    if (name == nullptr) return refused("a message with a key that is no text");
    const auto value = cursor.skip();
    if (!value) return value.error();
    fields.add(name->text, *value);
  }
  if (!cursor.at_end()) return refused("bytes behind the end of a message");
  return fields;
}

MsgpackAction MsgpackPeer::feed(std::string_view message) {
  auto fields = read_fields(message);
  if (!fields) return MsgpackClosed{fields.error()};
  const auto op = fields->text("op");
  const auto number = fields->integer("seq_number");
  if (!op) return MsgpackIgnored{op.error()};
  if (!number) return MsgpackIgnored{number.error()};
  if (*op == "response") return take_answer(*number, *fields);
  return MsgpackRequested{*number, *op, std::move(*fields)};
}

MsgpackAction MsgpackPeer::take_answer(SequenceNumber number, const MsgpackFields& fields) {
  if (waiting_.erase(number) == 0) {
    return MsgpackIgnored{refused("an answer to request " + std::to_string(number) + ", which was not asked")};
  }
  const auto raw = fields.raw("result");
  if (!raw) return MsgpackAnswered{number, raw.error()};
  auto result = MsgpackCursor(*raw).json();
  if (result && fields.find("is_exception")) return MsgpackAnswered{number, refused(to_display_text(*result))};
  return MsgpackAnswered{number, std::move(result)};
}

SequenceNumber MsgpackPeer::request(std::string_view op, const ArgDict& fields) {
  const SequenceNumber number = next_number_++;
  std::string message;
  append_msgpack(message, MsgpackItem(MsgpackMap{fields.size() + 2}));
  append_text(message, "op");
  append_text(message, op);
  for (const auto& [name, value] : fields) {
    append_text(message, name);
    append_msgpack(message, value);
  }
  append_text(message, "seq_number");
  append_msgpack(message, MsgpackItem(number));
  waiting_.insert(number);
  output_.push_back(std::move(message));
  return number;
}

namespace {

std::string begin_response(std::size_t fields, SequenceNumber number) {
  std::string message;
  append_msgpack(message, MsgpackItem(MsgpackMap{fields}));
  append_text(message, "op");
  append_text(message, "response");
  append_text(message, "seq_number");
  append_msgpack(message, MsgpackItem(number));
  append_text(message, "result");
  return message;
}

}  // namespace

void MsgpackPeer::answer(SequenceNumber number, const Arg& result) {
  std::string message = begin_response(3, number);
  append_msgpack(message, result);
  output_.push_back(std::move(message));
}

void MsgpackPeer::refuse(SequenceNumber number, std::string_view exception_text) {
  std::string message = begin_response(4, number);
  append_text(message, to_utf8_replacing(exception_text));
  append_text(message, "is_exception");
  append_msgpack(message, MsgpackItem(true));
  output_.push_back(std::move(message));
}

}  // namespace kiln::wire
