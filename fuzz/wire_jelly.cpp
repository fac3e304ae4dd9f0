// SPDX-License-Identifier: MIT
// Any expression: what is a Python value is encoded and decoded alike, and reading typed messages
// never fails badly.
#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/wire/worker_messages.h"

using namespace kiln;
using namespace kiln::wire;

namespace {

void read_as_everything(const Jelly& jelly) {
  (void)to_json(jelly);
  (void)read_failure(jelly);
  (void)read_worker_info(jelly);
  (void)read_builder_objects(jelly);
  (void)read_commands(jelly);
  (void)read_version(jelly);
  for (const char* method : {"write", "read", "utime"}) {
    (void)read_transfer_request(Called{.call = {},
                                       .object = {},
                                       .target = FileWriter{},
                                       .method = method,
                                       .args = {jelly},
                                       .kwargs = {}});
  }
}

void check_round_trip(const Jelly& jelly) {
  std::string encoded;
  if (append_jelly(encoded, jelly).has_error()) return;
  BananaDecoder decoder;
  decoder.feed(encoded);
  const auto expression = decoder.next();
  // What was shared in the input may be too large or deep when written out.
  if (expression.has_error()) return;
  KILN_CHECK(expression->has_value());
  const auto again = read_jelly(parse_value(**expression));
  if (again.has_error()) return;
  std::string encoded_again;
  KILN_CHECK(append_jelly(encoded_again, *again).has_value());
  KILN_CHECK(encoded == encoded_again);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  BananaDecoder decoder;
  decoder.feed(std::span(reinterpret_cast<const char*>(data), size));
  while (true) {
    const auto expression = decoder.next();
    if (expression.has_error() || !*expression) return 0;
    const auto updates = read_updates(**expression);
    const auto jelly = read_jelly(parse_value(**expression));
    if (jelly.has_error()) continue;
    read_as_everything(*jelly);
    check_round_trip(*jelly);
    for (const Jelly& other : {Jelly(JellyTuple{{JellyList{{*jelly}}}})}) {
      std::string encoded;
      if (append_jelly(encoded, other).has_value()) (void)read_updates(encoded);
    }
  }
}
