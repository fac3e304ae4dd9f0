// SPDX-License-Identifier: MIT
// Any bytes: what is read as items can be written and read again alike, and the three ways of reading agree.
#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/wire/msgpack.h"

using namespace kiln;
using namespace kiln::wire;

namespace {

// The items of one whole value, packed again.
std::string transcode(std::string_view value) {
  std::string out;
  for (MsgpackCursor cursor(value); !cursor.at_end();) append_msgpack(out, cursor.next().value());
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto value = MsgpackCursor(bytes).skip();
  const auto json = MsgpackCursor(bytes).json();
  if (!value) {
    KILN_CHECK(!json);
    return 0;
  }
  const std::string packed = transcode(*value);
  KILN_CHECK(packed.size() <= value->size() + 4 * value->size());  // only 32 bit reals grow
  KILN_CHECK(transcode(packed) == packed);
  KILN_CHECK(MsgpackCursor(packed).skip().value() == packed);
  if (!json) return 0;
  std::string from_json;
  append_msgpack(from_json, *json);
  std::string again;
  append_msgpack(again, MsgpackCursor(from_json).json().value());
  KILN_CHECK(again == from_json);
  return 0;
}
