// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "core/data/event_bus.h"
#include "core/http/message.h"
#include "core/http/transport.h"

namespace kiln::http {

// One websocket client. Loop thread; keeps itself alive while the connection lives. A client that does not take what it
// subscribed to is cut off, the others never wait for it.
class WebSocket {
 public:
  virtual ~WebSocket() = default;
  virtual void start() = 0;
  // Says good-bye (1001) and ends.
  virtual void close() = 0;
  // Ends at once.
  virtual void cut() = 0;
};

// `rest`: bytes that came behind the request. `closed` is called once.
std::shared_ptr<WebSocket> make_websocket(std::unique_ptr<Transport> transport, const Request& request,
                                          std::string rest, data::EventBus& bus,
                                          std::function<void(WebSocket*)> closed);

}  // namespace kiln::http
