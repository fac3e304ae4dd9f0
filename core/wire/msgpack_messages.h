// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "core/base/result.h"
#include "core/wire/msgpack_peer.h"
#include "core/wire/updates.h"
#include "core/wire/worker_messages.h"

// What master and worker say to each other over msgpack, as types; worker_messages.h is the same for Perspective Broker.
namespace kiln::wire {

// What a worker reports. Views, also those in `updates`, are valid as long as the message is.
struct MsgpackUpdate {
  std::string_view command;
  Updates updates;
};
struct MsgpackComplete {
  std::string_view command;
  std::optional<std::string> failure;
};
struct MsgpackTransfer {
  std::string_view command;
  TransferRequest request;
};
using MsgpackReport = std::variant<MsgpackUpdate, MsgpackComplete, MsgpackTransfer>;

// Errors: not_supported for an unknown op, bad_input for wrong fields; the text is what the worker must be told.
Result<MsgpackReport> read_report(const MsgpackRequested& request);

// How workers cut output into lines and pieces; upstream's values.
ArgDict worker_settings();

// Requests of the master. Each waits for an answer.
SequenceNumber request_print(MsgpackPeer& peer, std::string_view message);
SequenceNumber request_keepalive(MsgpackPeer& peer);
SequenceNumber request_worker_info(MsgpackPeer& peer);
SequenceNumber request_settings(MsgpackPeer& peer);
SequenceNumber request_shutdown(MsgpackPeer& peer);

struct MsgpackCommand {
  std::optional<std::string> builder;  // none: a command of the attach sequence
  std::string id;
  std::string name;
  ArgDict args;
};
SequenceNumber request_start(MsgpackPeer& peer, MsgpackCommand command);
SequenceNumber request_interrupt(MsgpackPeer& peer, const std::string& builder, const std::string& command_id,
                                 const std::string& why);

}  // namespace kiln::wire
