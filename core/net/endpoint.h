// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace kiln::net {

// Where a server listens, as configurations write it: `9989`, `tcp:9989`, `tcp:9989:interface=127.0.0.1`,
// `tcp6:9989`, `ssl:9989:privateKey=k.pem:certKey=c.pem`, `unix:/path:mode=600`, `systemd:domain=INET:index=0`.
// A `:` inside a value is written `\:`.
struct Endpoint {
  enum class Kind { tcp, ssl, unix_socket, systemd };
  Kind kind = Kind::tcp;

  // tcp and ssl
  std::uint16_t port = 0;  // 0: any free one
  std::string interface;   // address to listen on; empty: all of the family
  bool is_ipv6 = false;
  int backlog = 128;

  // ssl
  std::string private_key_file;
  std::string certificate_file;
  std::string extra_chain_file;

  // unix_socket
  std::string path;
  unsigned mode = 0666;

  // systemd
  std::optional<int> systemd_index;
  std::string systemd_name;

  bool operator==(const Endpoint&) const = default;
};

// Errors: bad_input quoting the text.
Result<Endpoint> parse_endpoint(std::string_view text);

// For messages: `tcp port 9989 on 127.0.0.1`, `unix socket "/path"`.
std::string to_string(const Endpoint& endpoint);

// True when other machines can connect: neither a loopback address nor a unix socket.
bool is_public(const Endpoint& endpoint);

}  // namespace kiln::net
