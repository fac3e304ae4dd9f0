// SPDX-License-Identifier: MIT
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstdint>
#include <functional>
#include <memory>

#include "core/base/result.h"
#include "core/net/endpoint.h"
#include "core/net/stream.h"

namespace kiln::net {

// Accepts connections on one endpoint. Loop thread. Owned by who serves them; destroying it closes the port, not the
// accepted connections.
class Listener {
 public:
  using Accepted = std::function<void(Socket socket)>;
  // Errors: conflict when the address is in use, forbidden, bad_input, not_supported (systemd).
  static Result<std::unique_ptr<Listener>> open(boost::asio::any_io_executor executor, const Endpoint& endpoint,
                                                Accepted accepted);
  ~Listener();

  // As bound: the real port when 0 was asked for.
  const Endpoint& endpoint() const;
  std::uint16_t port() const { return endpoint().port; }
  // Null unless it is an `ssl:` endpoint; for make_stream().
  const TlsContext& tls() const;

 private:
  class Acceptor;
  explicit Listener(std::shared_ptr<Acceptor> acceptor);
  std::shared_ptr<Acceptor> acceptor_;
};

}  // namespace kiln::net
