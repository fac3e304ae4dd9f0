// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "core/base/json.h"
#include "core/base/result.h"
#include "core/wire/worker_messages.h"

// MessagePack (https://github.com/msgpack/msgpack/blob/master/spec.md), as far as workers need it.
namespace kiln::wire {

// One decoded item: a value, or the head of a container whose items follow. Texts and bytes are
// views into the input; text is not checked to be UTF-8.
struct MsgpackNil {
  bool operator==(const MsgpackNil&) const = default;
};
struct MsgpackText {
  std::string_view text;
  bool operator==(const MsgpackText&) const = default;
};
struct MsgpackBytes {
  std::string_view bytes;
  bool operator==(const MsgpackBytes&) const = default;
};
struct MsgpackExtension {
  std::int8_t type = 0;
  std::string_view bytes;
  bool operator==(const MsgpackExtension&) const = default;
};
struct MsgpackArray {
  std::size_t count = 0;
  bool operator==(const MsgpackArray&) const = default;
};
struct MsgpackMap {
  std::size_t count = 0;  // pairs of key and value
  bool operator==(const MsgpackMap&) const = default;
};
// uint64: only above the largest int64.
using MsgpackItem = std::variant<MsgpackNil, bool, std::int64_t, std::uint64_t, double, MsgpackText,
                                 MsgpackBytes, MsgpackExtension, MsgpackArray, MsgpackMap>;

constexpr std::size_t msgpack_depth_limit = 100;
// What one value may become in memory: a message of small items grows manifold as JSON.
constexpr std::size_t msgpack_json_limit = 1'000'000;

// Reads values from bytes that it does not own. A container's count is never more than the bytes
// that are left could hold.
class MsgpackCursor {
 public:
  explicit MsgpackCursor(std::string_view bytes) : rest_(bytes) {}

  bool at_end() const { return rest_.empty(); }
  // Errors of all: bad_input.
  Result<MsgpackItem> next();
  // The bytes of the next whole value.
  Result<std::string_view> skip();
  // The next whole value. Bytes become text with U+FFFD for what is not UTF-8; extensions are refused.
  Result<Json> json();

 private:
  Result<std::string_view> take(std::size_t size);
  Result<std::uint64_t> take_number(std::size_t size);
  Result<MsgpackItem> next_sized(unsigned char lead);
  Result<MsgpackItem> next_text(std::size_t size);
  Result<MsgpackItem> next_bytes(std::size_t size);
  Result<MsgpackItem> next_extension(std::size_t size);
  Result<MsgpackItem> next_array(std::size_t count);
  Result<MsgpackItem> next_map(std::size_t count);
  Result<> skip_value(std::size_t depth);
  Result<Json> json_value(std::size_t depth, std::size_t& budget);
  Result<Json> json_array(std::size_t count, std::size_t depth, std::size_t& budget);
  Result<Json> json_object(std::size_t count, std::size_t depth, std::size_t& budget);

  std::string_view rest_;
};

// Appends one item in its shortest form; a container's items must follow. Texts, bytes and counts
// are less than 2^32.
void append_msgpack(std::string& out, const MsgpackItem& item);
void append_msgpack(std::string& out, const Json& value);
// Obfuscated becomes what is real: workers know the pair by being a tuple, which msgpack has not.
// There are no references in this protocol.
void append_msgpack(std::string& out, const Arg& arg);

}  // namespace kiln::wire
