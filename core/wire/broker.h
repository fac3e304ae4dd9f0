// SPDX-License-Identifier: MIT
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/base/result.h"
#include "core/wire/banana.h"
#include "core/wire/jelly.h"
#include "core/wire/pb_failure.h"
#include "core/wire/updates.h"

namespace kiln::wire {

using CallId = Id<struct PbCallTag>;
using Kwargs = std::vector<std::pair<std::string, Jelly>>;

// The object that every connection has from its start; only `login` is called on it.
constexpr ObjectId root_object{0};
constexpr std::int64_t protocol_version = 6;

// What an exported object stands for. `key` is a number of the host.
struct Challenger {
  std::string username;
  std::string challenge;
  auto operator<=>(const Challenger&) const = default;
};
template <class Tag>
struct HostObject {
  std::uint64_t key = 0;
  auto operator<=>(const HostObject&) const = default;
};
using Perspective = HostObject<struct PerspectiveTag>;
using Command = HostObject<struct CommandTag>;
using FileWriter = HostObject<struct FileWriterTag>;
using FileReader = HostObject<struct FileReaderTag>;
using TryBuildset = HostObject<struct TryBuildsetTag>;
using TryRequest = HostObject<struct TryRequestTag>;
using TryBuild = HostObject<struct TryBuildTag>;
using Bot = HostObject<struct BotTag>;                            // client side
using WorkerForBuilder = HostObject<struct WorkerForBuilderTag>;  // client side
using Exported = std::variant<Challenger, Perspective, Command, FileWriter, FileReader, TryBuildset,
                              TryRequest, TryBuild, Bot, WorkerForBuilder>;

// A call of the peer that waits for answer() or error(), or expects neither.
struct PeerCall {
  std::int64_t id = 0;
  bool wants_answer = true;
};

// What feed() reports, in the order of the peer's bytes.

// The greeting is over: calls may be made.
struct Connected {};

// To be answered with Broker::challenge(), also for unknown names.
struct LoginRequested {
  PeerCall call;
  std::string username;
};

// To be checked with Broker::verify_login(), then answered with a Perspective or a failure.
struct LoginAnswered {
  PeerCall call;
  std::string username;
  std::string challenge;
  std::string response;
  std::optional<ObjectId> mind;  // the object of a worker that the master calls
};

struct Called {
  PeerCall call;
  ObjectId object;
  Exported target;
  std::string method;
  std::vector<Jelly> args;
  Kwargs kwargs;
};

// `update` on a Command; to be answered with updates.number. Texts are valid until the next feed().
struct CommandUpdated {
  PeerCall call;
  Command command;
  Updates updates;
};

struct Answered {
  CallId call;
  std::variant<Jelly, PbFailure> outcome;
};

// The peer holds no reference to the object any more; its id is gone.
struct Released {
  ObjectId id;
  Exported object;
};

// The peer broke the protocol: send the output, then cut the connection.
struct Closed {
  Error why;
};

using Action = std::variant<Connected, LoginRequested, LoginAnswered, Called, CommandUpdated,
                            Answered, Released, Closed>;
using Actions = std::vector<Action>;

// One side of one Perspective Broker connection: takes received bytes, gives actions and bytes to
// send. Knows no socket, clock or thread; whoever owns the connection owns it and writes
// take_output() whenever it has fed it or called it.
class Broker {
 public:
  enum class Role { server, client };
  static constexpr std::size_t export_limit = 1024;

  explicit Broker(Role role);

  // `input` must stay alive until the next feed(). Nothing is reported after Closed.
  Actions feed(std::span<const char> input);
  // All bytes to send since the last time.
  std::string take_output() { return std::exchange(output_, {}); }

  // Errors: bad_input when an argument cannot be sent, see append_jelly(), or refers to an unknown
  // object. The id is also given when no answer is wanted, but no Answered follows then.
  Result<CallId> call(ObjectId object, std::string_view method, std::vector<Jelly> args,
                      Kwargs kwargs = {}, bool wants_answer = true);
  // Errors: as call(); the peer then gets a failure instead.
  Result<> answer(PeerCall call, const Jelly& value);
  void error(PeerCall call, const PbFailure& failure);
  // Gives back one reference to an object of the peer: each RemoteRef received is one.
  void decref(ObjectId object);

  // The id under which `object` is sent; the same object keeps its id while the peer refers to it.
  // Errors: busy when the peer holds export_limit objects.
  Result<ObjectId> export_object(Exported object);
  const Exported* find_object(ObjectId id) const;
  // Forgets an export that the peer has never been sent; does nothing otherwise.
  void withdraw(ObjectId id);

  // Errors: as export_object(). `challenge` is 16 random bytes.
  Result<> challenge(const LoginRequested& request, std::string_view challenge);
  // Compares in constant time, and on success lifts the tight limits that hold for strangers.
  bool verify_login(const LoginAnswered& login, std::string_view password);
  // For hosts that check the login by other means.
  void lift_limits();

 private:
  enum class State { awaiting_dialect, awaiting_version, running, closed };
  struct Export {
    Exported object;
    std::size_t references = 0;
    bool is_spent = false;  // a Challenger that has been used
  };
  struct Message;

  Result<> receive(std::string_view expression, Actions& actions);
  Result<> receive_greeting(std::string_view expression);
  Result<> receive_word(std::string_view expression, Actions& actions);
  Result<> receive_version(BananaCursor& cursor, Actions& actions);
  Result<> receive_message(BananaCursor& cursor, Actions& actions);
  Result<> receive_answer(BananaCursor& cursor, bool is_error, Actions& actions);
  Result<> receive_decref(BananaCursor& cursor, Actions& actions);
  void dispatch(const Message& message, Actions& actions);
  void dispatch_login(const Message& message, Actions& actions);
  void dispatch_respond(const Message& message, Export& entry, Actions& actions);
  void dispatch_update(const Message& message, Command command, Actions& actions);
  void send_version();
  Result<> check_references(const Jelly& jelly) const;
  void count_references(const Jelly& jelly);

  Role role_;
  State state_ = State::awaiting_dialect;
  BananaDecoder decoder_;
  std::string output_;
  std::map<ObjectId, Export> exports_;
  std::map<Exported, ObjectId> ids_;
  std::int64_t last_object_ = 0;
  std::int64_t last_call_ = 0;
  std::set<CallId> waiting_;
};

}  // namespace kiln::wire
