// SPDX-License-Identifier: MIT
#include "core/wire/banana.h"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>
#include <utility>

namespace kiln::wire {
namespace {

enum : unsigned char {
  type_list = 0x80,
  type_int = 0x81,
  type_string = 0x82,
  type_neg = 0x83,
  type_float = 0x84,
  type_long_int = 0x85,
  type_long_neg = 0x86,
  type_vocab = 0x87,
};

constexpr std::size_t float_size = 8;
constexpr std::size_t kept_capacity = 1024 * 1024;  // a larger buffer is given back after use
constexpr std::uint64_t int_limit = 0x7fffffff;     // above it an integer is sent as LONGINT

// The index in the table is the number on the wire.
// clang-format off
constexpr std::array<std::string_view, 32> vocabulary = {
    "", "None", "class", "dereference", "reference", "dictionary", "function", "instance", "list",
    "module", "persistent", "tuple", "unpersistable", "copy", "cache", "cached", "remote",
    "local", "lcache", "version", "login", "password", "challenge", "logged_in", "not_logged_in",
    "cachemessage", "message", "answer", "error", "decref", "decache", "uncache",
};
// clang-format on

std::size_t vocabulary_index(std::string_view word) {
  constexpr std::size_t longest = 13;
  if (word.empty() || word.size() > longest) return 0;
  for (std::size_t i = 1; i < vocabulary.size(); ++i) {
    if (vocabulary[i] == word) return i;
  }
  return 0;
}

Error refuse(std::string what) { return make_error(Errc::bad_input, "banana: " + std::move(what)); }

Error refuse_length(std::size_t limit) {
  return refuse("expression longer than " + std::to_string(limit) + " bytes");
}

void append_prefix(std::string& out, std::uint64_t number) {
  do {
    out += static_cast<char>(number & 0x7f);
    number >>= 7;
  } while (number != 0);
}

void append_header(std::string& out, std::uint64_t number, unsigned char type) {
  append_prefix(out, number);
  out += static_cast<char>(type);
}

// The digits as a number; nothing when it needs more than 64 bits.
std::optional<std::uint64_t> to_unsigned(std::string_view digits) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    const auto digit = static_cast<std::uint64_t>(static_cast<unsigned char>(digits[i]));
    if (digit == 0) continue;
    const std::size_t shift = 7 * i;
    if (shift >= 64 || (digit << shift) >> shift != digit) return std::nullopt;
    number |= digit << shift;
  }
  return number;
}

BananaElement integer_element(std::string_view digits, bool negative) {
  BananaElement element;
  const auto number = to_unsigned(digits);
  constexpr auto top = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (number && *number <= top + (negative ? 1 : 0)) {
    element.kind = BananaKind::integer;
    element.integer = static_cast<std::int64_t>(negative ? ~*number + 1 : *number);
    return element;
  }
  while (digits.back() == 0) digits.remove_suffix(1);
  element.kind = BananaKind::big_integer;
  element.big_integer = BigInteger{negative, std::string(digits)};
  return element;
}

double read_real(std::string_view bytes) {
  std::uint64_t bits = 0;
  for (const char c : bytes) bits = bits << 8 | static_cast<unsigned char>(c);
  return std::bit_cast<double>(bits);
}

Value read_value(BananaCursor& cursor) {
  BananaElement element = cursor.next();
  switch (element.kind) {
    case BananaKind::integer:
      return {element.integer};
    case BananaKind::big_integer:
      return {std::move(element.big_integer)};
    case BananaKind::real:
      return {element.real};
    case BananaKind::string:
      return {element.bytes};
    case BananaKind::list:
    case BananaKind::none:
      break;
  }
  Value::List items;
  items.reserve(element.count);
  for (std::size_t i = 0; i < element.count; ++i) items.push_back(read_value(cursor));
  return {std::move(items)};
}

}  // namespace

double to_double(const BigInteger& value) {
  double number = 0;
  for (auto digit = value.digits.rbegin(); digit != value.digits.rend(); ++digit) {
    number = number * 128 + static_cast<unsigned char>(*digit);
  }
  return value.negative ? -number : number;
}

std::string_view BananaCursor::take(std::size_t size) {
  const std::string_view bytes = data_.substr(position_, size);
  position_ += size;
  return bytes;
}

BananaElement BananaCursor::fail() {
  position_ = data_.size();
  return {};
}

BananaElement BananaCursor::next() {
  const std::size_t start = position_;
  std::size_t end = start;
  while (end < data_.size() && static_cast<unsigned char>(data_[end]) < 0x80) ++end;
  if (end == data_.size()) return fail();
  const std::string_view digits = data_.substr(start, end - start);
  const auto type = static_cast<unsigned char>(data_[end]);
  position_ = end + 1;
  if (type == type_int || type == type_long_int) return integer_element(digits, false);
  if (type == type_neg || type == type_long_neg) return integer_element(digits, true);

  BananaElement element;
  const std::size_t left = data_.size() - position_;
  if (type == type_float) {
    if (left < float_size) return fail();
    element.kind = BananaKind::real;
    element.real = read_real(take(float_size));
    return element;
  }
  const auto number = to_unsigned(digits);
  if (!number) return fail();
  if (type == type_vocab) {
    if (*number == 0 || *number >= vocabulary.size()) return fail();
    element.kind = BananaKind::string;
    element.bytes = vocabulary[*number];
  } else if (type == type_string) {
    if (*number > left) return fail();
    element.kind = BananaKind::string;
    element.bytes = take(*number);
  } else if (type == type_list && *number <= left) {
    element.kind = BananaKind::list;
    element.count = *number;
  } else {
    return fail();
  }
  return element;
}

std::string_view BananaCursor::skip() {
  const std::size_t start = position_;
  for (std::size_t missing = 1; missing > 0; --missing) {
    const BananaElement element = next();
    if (element.kind == BananaKind::none) return {};
    if (element.kind == BananaKind::list) missing += element.count;
  }
  return data_.substr(start, position_ - start);
}

Value parse_value(std::string_view expression) {
  BananaCursor cursor(expression);
  return read_value(cursor);
}

Result<> BananaFramer::add_prefix(unsigned char digit) {
  if (++prefix_size_ > banana_prefix_limit) return refuse("number prefix longer than 64 bytes");
  if (prefix_size_ <= 9) {
    number_ |= static_cast<std::uint64_t>(digit) << (7 * (prefix_size_ - 1));
  } else if (digit != 0) {
    number_overflows_ = true;
  }
  return {};
}

Result<> BananaFramer::start_payload(std::size_t size) {
  if (size > limits_.bytes - bytes_) return refuse_length(limits_.bytes);
  payload_left_ = size;
  if (size == 0) end_element();
  return {};
}

Result<> BananaFramer::start_list() {
  if (number_ == 0) {
    end_element();
    return {};
  }
  open_lists_.push_back(number_);
  if (open_lists_.size() > limits_.depth) {
    return refuse("lists nested deeper than " + std::to_string(limits_.depth));
  }
  return {};
}

Result<> BananaFramer::start_element(unsigned char type) {
  if (++elements_ > limits_.elements) {
    return refuse("expression of more than " + std::to_string(limits_.elements) + " elements");
  }
  if (bytes_ > limits_.bytes) return refuse_length(limits_.bytes);
  if (type > type_vocab) return refuse("unknown element type " + std::to_string(type));
  const bool too_big = number_overflows_ || number_ > banana_size_limit;
  if (too_big && type == type_list) return refuse("list of more than 655360 elements");
  if (too_big && type == type_string) return refuse("byte string longer than 655360 bytes");
  if (type == type_vocab && (too_big || number_ == 0 || number_ >= vocabulary.size())) {
    return refuse("unknown vocabulary index");
  }
  if (type == type_list) return start_list();
  if (type == type_string) return start_payload(static_cast<std::size_t>(number_));
  return start_payload(type == type_float ? float_size : 0);
}

void BananaFramer::end_element() {
  while (!open_lists_.empty()) {
    if (--open_lists_.back() > 0) return;
    open_lists_.pop_back();
  }
  complete_ = true;
}

Result<std::optional<std::size_t>> BananaFramer::advance(std::string_view input) {
  std::size_t position = 0;
  while (position < input.size()) {
    if (payload_left_ > 0) {
      const std::size_t size = std::min(payload_left_, input.size() - position);
      position += size;
      bytes_ += size;
      payload_left_ -= size;
      if (payload_left_ == 0) end_element();
    } else {
      const auto byte = static_cast<unsigned char>(input[position++]);
      ++bytes_;
      const auto result = byte < 0x80 ? add_prefix(byte) : start_element(byte);
      if (result.has_error()) return result.error();
      if (byte >= 0x80) {
        number_ = 0;
        prefix_size_ = 0;
        number_overflows_ = false;
      }
    }
    if (complete_) {
      complete_ = false;
      elements_ = 0;
      bytes_ = 0;
      return std::optional<std::size_t>(position);
    }
  }
  return std::optional<std::size_t>();
}

void BananaDecoder::feed(std::span<const char> input) {
  input_ = std::string_view(input.data(), input.size());
  complete_.clear();
  if (complete_.capacity() > kept_capacity) complete_.shrink_to_fit();
}

Result<std::optional<std::string_view>> BananaDecoder::next() {
  if (error_) return *error_;
  const auto end = framer_.advance(input_);
  if (end.has_error()) {
    error_ = end.error();
    return *error_;
  }
  if (!*end) {
    pending_.append(input_);
    input_ = {};
    return std::optional<std::string_view>();
  }
  const std::string_view expression = input_.substr(0, **end);
  input_.remove_prefix(**end);
  if (pending_.empty()) return std::optional(expression);
  pending_.append(expression);
  complete_.swap(pending_);
  pending_.clear();
  return std::optional<std::string_view>(complete_);
}

void append_list(std::string& out, std::size_t count) { append_header(out, count, type_list); }

void append_integer(std::string& out, std::int64_t value) {
  if (value >= 0) {
    const auto number = static_cast<std::uint64_t>(value);
    append_header(out, number, number <= int_limit ? type_int : type_long_int);
  } else {
    const auto number = ~static_cast<std::uint64_t>(value) + 1;
    append_header(out, number, number <= int_limit + 1 ? type_neg : type_long_neg);
  }
}

void append_integer(std::string& out, const BigInteger& value) {
  out += value.digits;
  out += static_cast<char>(value.negative ? type_long_neg : type_long_int);
}

void append_real(std::string& out, double value) {
  const auto bits = std::bit_cast<std::uint64_t>(value);
  out += static_cast<char>(type_float);
  for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>(bits >> shift & 0xff);
}

void append_plain_string(std::string& out, std::string_view bytes) {
  append_header(out, bytes.size(), type_string);
  out += bytes;
}

void append_string(std::string& out, std::string_view bytes) {
  if (const std::size_t index = vocabulary_index(bytes)) {
    append_header(out, index, type_vocab);
  } else {
    append_plain_string(out, bytes);
  }
}

void append_value(std::string& out, const Value& value) {
  if (const auto* list = std::get_if<Value::List>(&value.data)) {
    append_list(out, list->size());
    for (const Value& item : *list) append_value(out, item);
  } else if (const auto* bytes = std::get_if<std::string_view>(&value.data)) {
    append_string(out, *bytes);
  } else if (const auto* integer = std::get_if<std::int64_t>(&value.data)) {
    append_integer(out, *integer);
  } else if (const auto* big = std::get_if<BigInteger>(&value.data)) {
    append_integer(out, *big);
  } else {
    append_real(out, std::get<double>(value.data));
  }
}

}  // namespace kiln::wire
