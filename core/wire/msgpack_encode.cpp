// SPDX-License-Identifier: MIT
#include <bit>
#include <utility>

#include "core/wire/msgpack.h"

namespace kiln::wire {
namespace {

void append_number(std::string& out, unsigned char lead, std::uint64_t number, std::size_t size) {
  out += static_cast<char>(lead);
  for (std::size_t left = size; left > 0; --left) out += static_cast<char>(number >> (8 * (left - 1)));
}

// The head of what has a size: `leads` are those of 1, 2 and 4 bytes; 0: there is none.
struct SizeLeads {
  unsigned char one, two, four;
};
void append_size(std::string& out, SizeLeads leads, std::size_t size) {
  KILN_CHECK(size <= 0xFFFF'FFFF);
  if (size <= 0xFF && leads.one != 0) return append_number(out, leads.one, size, 1);
  if (size <= 0xFFFF) return append_number(out, leads.two, size, 2);
  append_number(out, leads.four, size, 4);
}

void append_unsigned(std::string& out, std::uint64_t number) {
  if (number < 0x80) {
    out += static_cast<char>(number);
  } else if (number <= 0xFF) {
    append_number(out, 0xCC, number, 1);
  } else if (number <= 0xFFFF) {
    append_number(out, 0xCD, number, 2);
  } else if (number <= 0xFFFF'FFFF) {
    append_number(out, 0xCE, number, 4);
  } else {
    append_number(out, 0xCF, number, 8);
  }
}

void append_negative(std::string& out, std::int64_t number) {
  const auto bits = static_cast<std::uint64_t>(number);
  if (number >= -0x20) {
    out += static_cast<char>(number);
  } else if (number >= -0x80) {
    append_number(out, 0xD0, bits, 1);
  } else if (number >= -0x8000) {
    append_number(out, 0xD1, bits, 2);
  } else if (number >= -0x8000'0000LL) {
    append_number(out, 0xD2, bits, 4);
  } else {
    append_number(out, 0xD3, bits, 8);
  }
}

struct Appender {
  std::string& out;

  void operator()(MsgpackNil) const { out += '\xC0'; }
  void operator()(bool value) const { out += value ? '\xC3' : '\xC2'; }
  void operator()(std::int64_t value) const {
    value < 0 ? append_negative(out, value) : append_unsigned(out, static_cast<std::uint64_t>(value));
  }
  void operator()(std::uint64_t value) const { append_unsigned(out, value); }
  void operator()(double value) const { append_number(out, 0xCB, std::bit_cast<std::uint64_t>(value), 8); }
  void operator()(MsgpackText value) const {
    if (value.text.size() < 0x20) {
      out += static_cast<char>(0xA0 | value.text.size());
    } else {
      append_size(out, {0xD9, 0xDA, 0xDB}, value.text.size());
    }
    out += value.text;
  }
  void operator()(MsgpackBytes value) const {
    append_size(out, {0xC4, 0xC5, 0xC6}, value.bytes.size());
    out += value.bytes;
  }
  void operator()(MsgpackExtension value) const {
    const std::size_t size = value.bytes.size();
    if (std::has_single_bit(size) && size <= 16) {
      out += static_cast<char>(0xD4 + std::countr_zero(size));
    } else {
      append_size(out, {0xC7, 0xC8, 0xC9}, size);
    }
    out += static_cast<char>(value.type);
    out += value.bytes;
  }
  void operator()(MsgpackArray value) const {
    if (value.count < 0x10) {
      out += static_cast<char>(0x90 | value.count);
    } else {
      append_size(out, {0, 0xDC, 0xDD}, value.count);
    }
  }
  void operator()(MsgpackMap value) const {
    if (value.count < 0x10) {
      out += static_cast<char>(0x80 | value.count);
    } else {
      append_size(out, {0, 0xDE, 0xDF}, value.count);
    }
  }
};

struct ArgAppender {
  std::string& out;

  void operator()(const Json& value) const { append_msgpack(out, value); }
  void operator()(const Bytes& value) const { append_msgpack(out, MsgpackItem(MsgpackBytes{value.value})); }
  void operator()(const Obfuscated& value) const { append_msgpack(out, MsgpackItem(MsgpackText{value.real})); }
  void operator()(const RemoteRef&) const { KILN_CHECK(!"msgpack knows no references"); }
  void operator()(const ArgList& list) const {
    append_msgpack(out, MsgpackItem(MsgpackArray{list.size()}));
    for (const Arg& item : list) append_msgpack(out, item);
  }
  void operator()(const ArgDict& dict) const {
    append_msgpack(out, MsgpackItem(MsgpackMap{dict.size()}));
    for (const auto& [name, value] : dict) {
      append_msgpack(out, MsgpackItem(MsgpackText{name}));
      append_msgpack(out, value);
    }
  }
};

}  // namespace

void append_msgpack(std::string& out, const MsgpackItem& item) { std::visit(Appender{out}, item); }

void append_msgpack(std::string& out, const Json& value) {
  const Appender append{out};
  if (value.is_null()) return append(MsgpackNil{});
  if (value.is_bool()) return append(value.get_bool());
  if (value.is_int64()) return append(value.get_int64());
  if (value.is_uint64()) return append(value.get_uint64());
  if (value.is_double()) return append(value.get_double());
  if (value.is_string()) return append(MsgpackText{value.get_string()});
  if (const auto* array = value.if_array()) {
    append(MsgpackArray{array->size()});
    for (const Json& item : *array) append_msgpack(out, item);
    return;
  }
  append(MsgpackMap{value.get_object().size()});
  for (const auto& [key, item] : value.get_object()) {
    append(MsgpackText{key});
    append_msgpack(out, item);
  }
}

void append_msgpack(std::string& out, const Arg& arg) { std::visit(ArgAppender{out}, arg.data); }

}  // namespace kiln::wire
