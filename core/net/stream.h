// SPDX-License-Identifier: MIT
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ssl/context.hpp>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/net/endpoint.h"

namespace kiln::net {

template <class T>
using Task = boost::asio::awaitable<T>;

// A TCP or unix socket.
using Socket = boost::asio::generic::stream_protocol::socket;
using TlsContext = std::shared_ptr<boost::asio::ssl::context>;

// One connection's bytes, plain or TLS. Loop thread. At most one read and one write at a time.
class Stream {
 public:
  virtual ~Stream() = default;

  // The TLS handshake; plain connections are ready at once. Errors: peer_gone.
  virtual Task<Result<>> start() = 0;
  // The next bytes, at least one, valid until the next read on any stream with the same `scratch`, which may be
  // shared by all streams of the thread: an idle connection needs no buffer. Errors: peer_gone, also at the end.
  virtual Task<Result<std::span<const char>>> read(std::vector<char>& scratch) = 0;
  // All of `bytes`, which must stay alive. Errors: peer_gone.
  virtual Task<Result<>> write(std::string_view bytes) = 0;
  // Ends the connection at once; pending reads and writes fail.
  virtual void close() = 0;
  // Lets the kernel find out that a silent peer is gone.
  virtual void keep_alive() = 0;
};

std::unique_ptr<Stream> make_stream(Socket socket);
std::unique_ptr<Stream> make_stream(Socket socket, const TlsContext& tls);

// The server's side of an `ssl:` endpoint. Errors: bad_input naming the file that cannot be used.
Result<TlsContext> make_tls_context(const Endpoint& endpoint);

// Lets the kernel find out that a silent peer is gone.
void keep_alive(Socket& socket);

// `127.0.0.1`, without the port, or `unix socket`.
std::string peer_name(const Socket& socket);

}  // namespace kiln::net
