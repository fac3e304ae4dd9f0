// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/net/stream.h"

namespace kiln::session {

// What one binary message of a worker may hold: a block of a file, a buffer of output, a list of files.
constexpr std::size_t websocket_message_limit = 16 * 1024 * 1024;

// The server's side of one websocket on an accepted socket, plain or TLS. Loop thread. At most one read and one write at
// a time. Errors of all: peer_gone, bad_input when the peer breaks the protocol.
class WebSocket {
 public:
  // What the peer wants, from its HTTP request.
  struct Request {
    bool is_upgrade = false;  // to a websocket
    std::optional<std::string> authorization;
  };
  virtual ~WebSocket() = default;
  virtual net::Task<Result<Request>> receive_request() = 0;
  // Then exactly one of the two. An answer without websocket ends the connection.
  virtual net::Task<Result<>> accept() = 0;
  virtual net::Task<Result<>> answer(int status, std::string_view reason) = 0;

  // The next binary message, valid until the next read; texts are passed over, pings answered.
  virtual net::Task<Result<std::string_view>> read() = 0;
  // One binary message, which must stay alive.
  virtual net::Task<Result<>> write(std::string_view message) = 0;
  // Says good-bye and waits until the peer has, too.
  virtual net::Task<void> close() = 0;
  // Ends the connection at once; pending operations fail.
  virtual void cut() = 0;
};

std::unique_ptr<WebSocket> make_websocket(net::Socket socket, const net::TlsContext& tls);

}  // namespace kiln::session
