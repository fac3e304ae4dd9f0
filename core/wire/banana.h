// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/base/result.h"

namespace kiln::wire {

// Limits of the protocol itself: a peer that exceeds them is refused, and we never send more.
constexpr std::size_t banana_prefix_limit = 64;
constexpr std::size_t banana_size_limit = 640 * 1024;

// What one whole expression of a peer may cost us.
struct BananaLimits {
  std::size_t depth = 100;
  std::size_t elements = 2'000'000;  // a list of 655360 text values fits
  std::size_t bytes = 32 * 1024 * 1024;
};

// An integer outside int64: base 128 digits, least significant first, the last one not 0.
struct BigInteger {
  bool negative = false;
  std::string digits;

  bool operator==(const BigInteger&) const = default;
};

double to_double(const BigInteger& value);

// One decoded expression. Byte strings and vocabulary words are views into the decoder's input.
struct Value {
  using List = std::vector<Value>;
  std::variant<std::int64_t, double, std::string_view, BigInteger, List> data;

  bool operator==(const Value&) const = default;
};

enum class BananaKind { none, list, integer, big_integer, real, string };

// One element read by a BananaCursor; only the fields of its kind are set.
struct BananaElement {
  BananaKind kind = BananaKind::none;
  std::size_t count = 0;  // list: elements that follow
  std::int64_t integer = 0;
  BigInteger big_integer;
  double real = 0;
  std::string_view bytes;  // string; also a vocabulary word

  bool is_list(std::size_t n) const { return kind == BananaKind::list && count == n; }
  bool is_string(std::string_view text) const {
    return kind == BananaKind::string && bytes == text;
  }
};

// Walks the elements of a whole expression without copying. Past the end, and on bytes that no
// BananaDecoder has accepted, it yields elements of kind none.
class BananaCursor {
 public:
  explicit BananaCursor(std::string_view expression) : data_(expression) {}

  BananaElement next();
  // Moves over one whole expression and returns its bytes; empty when it is not complete.
  std::string_view skip();
  bool at_end() const { return position_ == data_.size(); }

 private:
  std::string_view take(std::size_t size);
  BananaElement fail();

  std::string_view data_;
  std::size_t position_ = 0;
};

// The value at the cursor; `expression` must have come from a BananaDecoder, which bounds its
// depth.
Value parse_value(std::string_view expression);

// Finds the ends of expressions in bytes that come in pieces, and refuses what breaks a limit.
class BananaFramer {
 public:
  explicit BananaFramer(BananaLimits limits) : limits_(limits) {}

  // Reads on. Returns the offset just after the end of the current expression, or nothing when
  // `input` ended before it. After an error the framer must not be used again.
  Result<std::optional<std::size_t>> advance(std::string_view input);
  void set_limits(BananaLimits limits) { limits_ = limits; }

 private:
  Result<> start_element(unsigned char type);
  Result<> start_list();
  Result<> start_payload(std::size_t size);
  Result<> add_prefix(unsigned char digit);
  void end_element();

  BananaLimits limits_;
  std::vector<std::size_t> open_lists_;  // elements still missing, outermost first
  std::size_t prefix_size_ = 0;
  std::uint64_t number_ = 0;
  bool number_overflows_ = false;
  std::size_t payload_left_ = 0;
  std::size_t elements_ = 0;
  std::size_t bytes_ = 0;
  bool complete_ = false;
};

// Cuts a byte stream into whole expressions. An expression that lies within one feed() is not
// copied, another one is copied once.
class BananaDecoder {
 public:
  explicit BananaDecoder(BananaLimits limits = {}) : framer_(limits) {}

  // `input` must stay alive until the next feed(). All views handed out before become invalid.
  void feed(std::span<const char> input);
  // The next whole expression, or nothing when more input is needed. Errors are final: bad_input.
  Result<std::optional<std::string_view>> next();
  void set_limits(BananaLimits limits) { framer_.set_limits(limits); }

 private:
  BananaFramer framer_;
  std::string_view input_;
  std::string pending_;   // the beginning of an expression whose end has not come
  std::string complete_;  // the expression that began in an earlier feed
  std::optional<Error> error_;
};

void append_list(std::string& out, std::size_t count);
void append_integer(std::string& out, std::int64_t value);
void append_integer(std::string& out, const BigInteger& value);
void append_real(std::string& out, double value);
// As a vocabulary word where the `pb` dialect has one. The caller keeps to banana_size_limit.
void append_string(std::string& out, std::string_view bytes);
// Never as a vocabulary word: for what is sent before the dialect is agreed.
void append_plain_string(std::string& out, std::string_view bytes);
void append_value(std::string& out, const Value& value);

}  // namespace kiln::wire
