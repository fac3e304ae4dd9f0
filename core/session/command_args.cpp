// SPDX-License-Identifier: MIT
#include "core/session/command_args.h"

#include <optional>
#include <string_view>

#include "core/base/big_integer.h"

namespace kiln::session {
namespace {

Result<wire::Arg> to_arg(const Json& value);

std::optional<std::string> from_latin1(std::string_view text) {
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto lead = static_cast<unsigned char>(text[i]);
    if (lead < 0x80) {
      bytes += text[i];
    } else if ((lead == 0xC2 || lead == 0xC3) && i + 1 < text.size()) {
      bytes += static_cast<char>((lead & 0x03) << 6 | (static_cast<unsigned char>(text[++i]) & 0x3F));
    } else {
      return std::nullopt;
    }
  }
  return bytes;
}

Result<wire::Arg> to_obfuscated(const Json& value) {
  const auto* pair = value.if_array();
  if (pair == nullptr || pair->size() != 2 || !(*pair)[0].is_string() || !(*pair)[1].is_string()) {
    return make_error(Errc::bad_input, "__obfuscated__ must be [real, shown]");
  }
  return wire::Arg{wire::Obfuscated{std::string((*pair)[0].get_string()), std::string((*pair)[1].get_string())}};
}

Result<wire::Arg> to_bytes(const Json& value) {
  auto bytes = value.is_string() ? from_latin1(value.get_string()) : std::nullopt;
  if (!bytes) return make_error(Errc::bad_input, "__bytes__ must be latin-1 text");
  return wire::Arg{wire::Bytes{std::move(*bytes)}};
}

Result<wire::Arg> object_to_arg(const JsonObject& object) {
  if (object.size() == 1) {
    const auto& only = *object.begin();
    if (only.key() == "__obfuscated__") return to_obfuscated(only.value());
    if (only.key() == "__bytes__") return to_bytes(only.value());
  }
  auto dict = to_args(object);
  if (!dict) return dict.error();
  return wire::Arg{std::move(*dict)};
}

Result<wire::Arg> to_arg(const Json& value) {
  if (digits_of(value)) return wire::Arg{value};
  if (const auto* object = value.if_object()) return object_to_arg(*object);
  const auto* array = value.if_array();
  if (array == nullptr) return wire::Arg{value};
  wire::ArgList list;
  for (const Json& item : *array) {
    auto arg = to_arg(item);
    if (!arg) return arg.error();
    list.push_back(std::move(*arg));
  }
  return wire::Arg{std::move(list)};
}

}  // namespace

Result<wire::ArgDict> to_args(const JsonObject& args) {
  wire::ArgDict dict;
  for (const auto& [key, value] : args) {
    auto arg = to_arg(value);
    if (!arg) return make_error(Errc::bad_input, "argument \"" + std::string(key) + "\": " + arg.error().what);
    dict.emplace_back(std::string(key), std::move(*arg));
  }
  return dict;
}

}  // namespace kiln::session
