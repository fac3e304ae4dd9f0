// SPDX-License-Identifier: MIT
// Any peer: whatever its messages are, they are answered or ignored, and what we answer is understood by our own side.
// The input holds messages, each behind its size in two bytes.
#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/wire/msgpack_messages.h"

using namespace kiln;
using namespace kiln::wire;

namespace {

// A master that answers every report, with some requests of its own under way.
class Host {
 public:
  Host() {
    request_print(peer_, "attached");
    request_worker_info(peer_);
    request_settings(peer_);
    request_start(peer_, {"b", "1", "shell", {{"command", {Json("true")}}}});
    check_output(4);
  }

  // False when the connection must end.
  bool feed(std::string_view message) {
    const MsgpackAction action = peer_.feed(message);
    if (std::holds_alternative<MsgpackClosed>(action)) return false;
    const auto* request = std::get_if<MsgpackRequested>(&action);
    if (request == nullptr) {
      check_output(0);
      return true;
    }
    const auto report = read_report(*request);
    report ? react(request->number, *report) : peer_.refuse(request->number, report.error().what);
    check_output(1);
    return true;
  }

 private:
  void react(SequenceNumber number, const MsgpackReport& report) {
    if (const auto* update = std::get_if<MsgpackUpdate>(&report)) {
      for (const Update& item : update->updates.items) {
        if (const auto* stream = std::get_if<StreamUpdate>(&item)) text_ += stream->text;
        if (const auto* log = std::get_if<LogFileUpdate>(&item)) text_ += log->text;
      }
    }
    const auto* transfer = std::get_if<MsgpackTransfer>(&report);
    const auto* write = transfer == nullptr ? nullptr : std::get_if<WriteRequest>(&transfer->request);
    write != nullptr ? peer_.answer(number, {Bytes{write->block}}) : peer_.answer(number, {Json(nullptr)});
  }

  void check_output(std::size_t count) {
    const auto output = peer_.take_output();
    KILN_CHECK(output.size() == count);
    MsgpackPeer other;
    for (const auto& message : output) KILN_CHECK(!std::holds_alternative<MsgpackClosed>(other.feed(message)));
  }

  MsgpackPeer peer_;
  std::string text_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  Host host;
  while (bytes.size() > 2) {
    const std::size_t length = static_cast<unsigned char>(bytes[0]) * 256u + static_cast<unsigned char>(bytes[1]);
    const std::string message(bytes.substr(2, length));  // of its own, so that reading beyond it is noticed
    if (!host.feed(message)) break;
    bytes.remove_prefix(2 + message.size());
  }
  return 0;
}
