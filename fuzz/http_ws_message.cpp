// SPDX-License-Identifier: MIT
#include <cstdint>
#include <cstdlib>

#include "core/base/json.h"
#include "core/http/ws_commands.h"

using namespace kiln;

namespace {

class Ignore : public data::Subscriber {
 public:
  void deliver(const data::Message&) override {}
};

}  // namespace

// Lines are frames of one websocket client: each gets an answer that is JSON, and nothing stays behind.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  data::EventBus bus;
  Ignore subscriber;
  {
    http::WsCommands commands(bus, subscriber);
    while (!text.empty()) {
      const std::size_t end = text.find('\n');
      if (parse_json(commands.answer(text.substr(0, end))).has_error()) std::abort();
      if (end == std::string_view::npos) break;
      text.remove_prefix(end + 1);
    }
    bus.publish({"new", Master{MasterId(1), "m", true, 1}});
  }
  if (bus.subscriptions() != 0) std::abort();
  return 0;
}
