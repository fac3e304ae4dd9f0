// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/base/json.h"
#include "core/base/result.h"
#include "core/wire/msgpack.h"

namespace kiln::wire {

// The number of a request; each side counts its own from 0.
using SequenceNumber = std::int64_t;

// The fields of one message: its keys, and the bytes of each value, which are well formed.
class MsgpackFields {
 public:
  void add(std::string_view key, std::string_view value) { fields_.emplace_back(key, value); }
  // The last field of that name; nullopt: none.
  std::optional<std::string_view> find(std::string_view key) const;
  // Errors: bad_input: there is no such field, or it is of another type.
  Result<std::string_view> raw(std::string_view key) const;
  Result<std::string_view> text(std::string_view key) const;
  Result<std::string_view> bytes(std::string_view key) const;
  Result<std::int64_t> integer(std::string_view key) const;
  Result<double> number(std::string_view key) const;
  const std::vector<std::pair<std::string_view, std::string_view>>& all() const { return fields_; }

 private:
  std::vector<std::pair<std::string_view, std::string_view>> fields_;
};

// What feed() makes of a message; views are valid as long as the message is.

// To be answered with answer() or refuse().
struct MsgpackRequested {
  SequenceNumber number = 0;
  std::string_view op;
  MsgpackFields fields;
};
// A request of ours was answered: the result, or the text of the peer's exception as an error.
struct MsgpackAnswered {
  SequenceNumber number = 0;
  Result<Json> result;
};
// A message that nobody can answer; the connection may go on.
struct MsgpackIgnored {
  Error why;
};
// The peer does not speak msgpack: the connection must end.
struct MsgpackClosed {
  Error why;
};
using MsgpackAction = std::variant<MsgpackRequested, MsgpackAnswered, MsgpackIgnored, MsgpackClosed>;

// One side of one connection of the protocol msgpack_experimental_v7, master or worker: requests with numbers and their
// answers. Knows no socket, clock or thread; whoever owns the connection owns it and sends take_output() whenever it
// has fed it or called it.
class MsgpackPeer {
 public:
  static constexpr std::size_t field_limit = 64;

  // One whole message.
  MsgpackAction feed(std::string_view message);
  // The messages to send since the last time, oldest first.
  std::vector<std::string> take_output() { return std::exchange(output_, {}); }

  SequenceNumber request(std::string_view op, const ArgDict& fields = {});
  void answer(SequenceNumber number, const Arg& result);
  void refuse(SequenceNumber number, std::string_view exception_text);

 private:
  Result<MsgpackFields> read_fields(std::string_view message) const;
  MsgpackAction take_answer(SequenceNumber number, const MsgpackFields& fields);

  SequenceNumber next_number_ = 0;
  std::set<SequenceNumber> waiting_;
  std::vector<std::string> output_;
};

}  // namespace kiln::wire
