// SPDX-License-Identifier: MIT
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "core/data/event_bus.h"

namespace kiln::http {

// The commands of one websocket client (reference/rest.md section 7) and its subscriptions. Knows no socket.
class WsCommands {
 public:
  // `subscriber` gets the messages; its subscriptions end with this object.
  WsCommands(data::EventBus& bus, data::Subscriber& subscriber) : bus_(bus), subscriber_(subscriber) {}
  ~WsCommands() { bus_.drop(subscriber_); }
  WsCommands(const WsCommands&) = delete;
  WsCommands& operator=(const WsCommands&) = delete;

  // The answer to a text frame.
  std::string answer(std::string_view frame);

 private:
  std::string start_consuming(const Json& id, const JsonObject& command);
  std::string stop_consuming(const Json& id, const JsonObject& command);

  data::EventBus& bus_;
  data::Subscriber& subscriber_;
  std::set<std::string> paths_;
};

}  // namespace kiln::http
