// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/system/error_code.hpp>
#include <functional>
#include <memory>

#include "core/net/stream.h"

namespace kiln::http {

// The bytes of one connection, plain or TLS, by callbacks. At most one read and one write at a time; callbacks never
// run inside the call. The caller keeps the transport alive until they have run.
class Transport {
 public:
  using Done = std::function<void(const boost::system::error_code&, std::size_t)>;
  using WriteBuffers = std::array<boost::asio::const_buffer, 2>;

  virtual ~Transport() = default;
  virtual boost::asio::any_io_executor executor() = 0;
  // The TLS handshake; at once on plain connections.
  virtual void start(Done done) = 0;
  virtual void read_some(boost::asio::mutable_buffer buffer, Done done) = 0;
  // All of it.
  virtual void write(const WriteBuffers& buffers, Done done) = 0;
  // Says that nothing more will be sent; the peer may still be read.
  virtual void finish_writing() = 0;
  // Ends the connection: pending operations fail.
  virtual void close() = 0;
};

std::unique_ptr<Transport> make_transport(net::Socket socket, const net::TlsContext& tls);

}  // namespace kiln::http
