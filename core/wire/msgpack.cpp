// SPDX-License-Identifier: MIT
#include "core/wire/msgpack.h"

#include <bit>
#include <limits>
#include <utility>

#include "core/base/text.h"

namespace kiln::wire {
namespace {

Error refuse(std::string what) { return make_error(Errc::bad_input, "msgpack: " + std::move(what)); }

template <class To>
To sign_extend(std::uint64_t bits) {
  return static_cast<To>(bits);
}

}  // namespace

Result<std::string_view> MsgpackCursor::take(std::size_t size) {
  if (size > rest_.size()) return refuse("the input ends within a value");
  const std::string_view taken = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return taken;
}

Result<std::uint64_t> MsgpackCursor::take_number(std::size_t size) {
  const auto bytes = take(size);
  if (!bytes) return bytes.error();
  std::uint64_t number = 0;
  for (const char byte : *bytes) number = number << 8 | static_cast<unsigned char>(byte);
  return number;
}

Result<MsgpackItem> MsgpackCursor::next_text(std::size_t size) {
  const auto bytes = take(size);
  if (!bytes) return bytes.error();
  return MsgpackItem(MsgpackText{*bytes});
}

Result<MsgpackItem> MsgpackCursor::next_bytes(std::size_t size) {
  const auto bytes = take(size);
  if (!bytes) return bytes.error();
  return MsgpackItem(MsgpackBytes{*bytes});
}

Result<MsgpackItem> MsgpackCursor::next_extension(std::size_t size) {
  const auto type = take_number(1);
  if (!type) return type.error();
  const auto bytes = take(size);
  if (!bytes) return bytes.error();
  return MsgpackItem(MsgpackExtension{sign_extend<std::int8_t>(*type), *bytes});
}

Result<MsgpackItem> MsgpackCursor::next_array(std::size_t count) {
  if (count > rest_.size()) return refuse("an array of more items than the input holds");
  return MsgpackItem(MsgpackArray{count});
}

Result<MsgpackItem> MsgpackCursor::next_map(std::size_t count) {
  if (count > rest_.size() / 2) return refuse("a map of more items than the input holds");
  return MsgpackItem(MsgpackMap{count});
}

Result<MsgpackItem> MsgpackCursor::next() {
  const auto first = take_number(1);
  if (!first) return first.error();
  const auto lead = static_cast<unsigned char>(*first);
  if (lead < 0x80) return MsgpackItem(std::int64_t{lead});
  if (lead < 0x90) return next_map(lead & 0x0F);
  if (lead < 0xA0) return next_array(lead & 0x0F);
  if (lead < 0xC0) return next_text(lead & 0x1F);
  if (lead >= 0xE0) return MsgpackItem(std::int64_t{sign_extend<std::int8_t>(lead)});
  return next_sized(lead);
}

Result<MsgpackItem> MsgpackCursor::next_sized(unsigned char lead) {
  switch (lead) {
    case 0xC0: return MsgpackItem(MsgpackNil{});
    case 0xC1: return refuse("0xc1 is no value");
    case 0xC2: return MsgpackItem(false);
    case 0xC3: return MsgpackItem(true);
    case 0xD4: return next_extension(1);
    case 0xD5: return next_extension(2);
    case 0xD6: return next_extension(4);
    case 0xD7: return next_extension(8);
    case 0xD8: return next_extension(16);
    default: break;
  }
  // What is left has a number of 1, 2, 4 or 8 bytes behind it.
  constexpr std::uint8_t widths[] = {1, 2, 4, 1, 2, 4, 4, 8, 1, 2, 4, 8, 1, 2, 4, 8,
                                     0, 0, 0, 0, 0, 1, 2, 4, 2, 4, 2, 4};
  const auto number = take_number(widths[lead - 0xC4]);
  if (!number) return number.error();
  switch (lead) {
    case 0xC4: case 0xC5: case 0xC6: return next_bytes(*number);
    case 0xC7: case 0xC8: case 0xC9: return next_extension(*number);
    case 0xCA: return MsgpackItem(double{std::bit_cast<float>(static_cast<std::uint32_t>(*number))});
    case 0xCB: return MsgpackItem(std::bit_cast<double>(*number));
    case 0xCC: case 0xCD: case 0xCE: return MsgpackItem(static_cast<std::int64_t>(*number));
    case 0xCF:
      if (*number > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return MsgpackItem(*number);
      return MsgpackItem(static_cast<std::int64_t>(*number));
    case 0xD0: return MsgpackItem(std::int64_t{sign_extend<std::int8_t>(*number)});
    case 0xD1: return MsgpackItem(std::int64_t{sign_extend<std::int16_t>(*number)});
    case 0xD2: return MsgpackItem(std::int64_t{sign_extend<std::int32_t>(*number)});
    case 0xD3: return MsgpackItem(sign_extend<std::int64_t>(*number));
    case 0xD9: case 0xDA: case 0xDB: return next_text(*number);
    case 0xDC: case 0xDD: return next_array(*number);
    default: return next_map(*number);
  }
}

Result<std::string_view> MsgpackCursor::skip() {
  const std::string_view before = rest_;
  if (const auto skipped = skip_value(0); !skipped) return skipped.error();
  return before.substr(0, before.size() - rest_.size());
}

Result<> MsgpackCursor::skip_value(std::size_t depth) {
  if (depth > msgpack_depth_limit) return refuse("nested too deeply");
  const auto item = next();
  if (!item) return item.error();
  std::size_t count = 0;
  if (const auto* array = std::get_if<MsgpackArray>(&*item)) count = array->count;
  if (const auto* map = std::get_if<MsgpackMap>(&*item)) count = 2 * map->count;
  for (; count > 0; --count) {
    if (const auto skipped = skip_value(depth + 1); !skipped) return skipped;
  }
  return {};
}

Result<Json> MsgpackCursor::json() {
  std::size_t budget = msgpack_json_limit;
  return json_value(0, budget);
}

Result<Json> MsgpackCursor::json_value(std::size_t depth, std::size_t& budget) {
  if (depth > msgpack_depth_limit) return refuse("nested too deeply");
  if (budget-- == 0) return refuse("too many items in one value");
  const auto item = next();
  if (!item) return item.error();
  if (std::holds_alternative<MsgpackNil>(*item)) return Json(nullptr);
  if (const auto* value = std::get_if<bool>(&*item)) return Json(*value);
  if (const auto* value = std::get_if<std::int64_t>(&*item)) return Json(*value);
  if (const auto* value = std::get_if<std::uint64_t>(&*item)) return Json(*value);
  if (const auto* value = std::get_if<double>(&*item)) return Json(*value);
  if (const auto* value = std::get_if<MsgpackText>(&*item)) return Json(to_utf8_replacing(value->text));
  if (const auto* value = std::get_if<MsgpackBytes>(&*item)) return Json(to_utf8_replacing(value->bytes));
  if (const auto* array = std::get_if<MsgpackArray>(&*item)) return json_array(array->count, depth, budget);
  if (const auto* map = std::get_if<MsgpackMap>(&*item)) return json_object(map->count, depth, budget);
  return refuse("expected a plain value, got an extension");
}

Result<Json> MsgpackCursor::json_array(std::size_t count, std::size_t depth, std::size_t& budget) {
  JsonArray array;
  for (; count > 0; --count) {
    auto item = json_value(depth + 1, budget);
    if (!item) return item;
    array.push_back(std::move(*item));
  }
  return Json(std::move(array));
}

Result<Json> MsgpackCursor::json_object(std::size_t count, std::size_t depth, std::size_t& budget) {
  JsonObject object;
  for (; count > 0; --count) {
    const auto key = json_value(depth + 1, budget);
    if (!key) return key;
    // As text within text each level of such keys would double in length.
    if (key->is_structured()) return refuse("a key of a map is an array or a map");
    auto value = json_value(depth + 1, budget);
    if (!value) return value;
    object.insert_or_assign(to_display_text(*key), std::move(*value));
  }
  return Json(std::move(object));
}

}  // namespace kiln::wire
