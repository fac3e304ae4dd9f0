// SPDX-License-Identifier: MIT
#include "core/net/endpoint.h"

#include <fmt/format.h>

#include <boost/asio/ip/address.hpp>
#include <charconv>
#include <map>
#include <vector>

namespace kiln::net {
namespace {

using Options = std::map<std::string, std::string>;

struct Parts {
  std::vector<std::string> values;
  Options options;
};

Parts split(std::string_view text) {
  Parts parts;
  std::string part;
  std::optional<std::size_t> equals;
  const auto close = [&] {
    if (equals) {
      parts.options[part.substr(0, *equals)] = part.substr(*equals + 1);
    } else {
      parts.values.push_back(part);
    }
    part.clear();
    equals.reset();
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) {
      part += text[++i];
    } else if (text[i] == ':') {
      close();
    } else {
      if (text[i] == '=' && !equals) equals = part.size();
      part += text[i];
    }
  }
  close();
  return parts;
}

template <class Number>
std::optional<Number> to_number(std::string_view text, int base = 10) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<std::string> take(Options& options, const char* name) {
  const auto node = options.extract(name);
  return node.empty() ? std::nullopt : std::optional(node.mapped());
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text), parts_(split(text)) {}

  Result<Endpoint> parse() {
    if (to_number<std::int64_t>(text_)) parts_.values.insert(parts_.values.begin(), "tcp");
    const std::string kind = parts_.values.front();
    if (kind == "tcp" || kind == "tcp4" || kind == "tcp6") {
      read_port(kind == "tcp6");
    } else if (kind == "ssl") {
      read_ssl();
    } else if (kind == "unix") {
      read_unix();
    } else if (kind == "systemd") {
      read_systemd();
    } else {
      fail(fmt::format("unknown kind \"{}\"; use tcp, ssl, unix or systemd", kind));
    }
    if (!parts_.options.empty()) fail(fmt::format("unknown option \"{}\"", parts_.options.begin()->first));
    if (parts_.values.size() > max_values_) fail(fmt::format("unexpected \"{}\"", parts_.values.back()));
    if (error_) return *error_;
    return endpoint_;
  }

 private:
  void fail(const std::string& why) {
    if (!error_) error_ = make_error(Errc::bad_input, fmt::format("bad endpoint \"{}\": {}", text_, why));
  }

  std::optional<std::string> positional(const char* name) {
    max_values_ = 2;
    if (parts_.values.size() > 1) return parts_.values[1];
    return take(parts_.options, name);
  }

  void read_port(bool is_ipv6) {
    endpoint_.is_ipv6 = is_ipv6;
    const auto port = to_number<std::uint16_t>(positional("port").value_or(""));
    if (!port) fail("the port must be a number from 0 to 65535");
    endpoint_.port = port.value_or(0);
    endpoint_.interface = take(parts_.options, "interface").value_or("");
    if (!endpoint_.interface.empty()) read_interface();
    if (const auto backlog = take(parts_.options, "backlog")) {
      endpoint_.backlog = to_number<int>(*backlog).value_or(0);
      if (endpoint_.backlog <= 0) fail("backlog must be a positive number");
    }
  }

  void read_interface() {
    if (endpoint_.interface == "localhost") endpoint_.interface = endpoint_.is_ipv6 ? "::1" : "127.0.0.1";
    boost::system::error_code error;
    const auto address = boost::asio::ip::make_address(endpoint_.interface, error);
    if (error) fail(fmt::format("interface \"{}\" is no IP address", endpoint_.interface));
    if (!error) endpoint_.is_ipv6 = address.is_v6();
  }

  void read_ssl() {
    endpoint_.kind = Endpoint::Kind::ssl;
    read_port(false);
    endpoint_.private_key_file = take(parts_.options, "privateKey").value_or("server.pem");
    endpoint_.certificate_file = take(parts_.options, "certKey").value_or(endpoint_.private_key_file);
    endpoint_.extra_chain_file = take(parts_.options, "extraCertChain").value_or("");
  }

  void read_unix() {
    endpoint_.kind = Endpoint::Kind::unix_socket;
    endpoint_.path = positional("address").value_or("");
    if (endpoint_.path.empty()) fail("the path is missing");
    if (const auto mode = take(parts_.options, "mode")) {
      const auto number = to_number<unsigned>(*mode, 8);
      if (!number || *number > 0777) fail("mode must be an octal number such as 600");
      endpoint_.mode = number.value_or(0) & 0777;
    }
    take(parts_.options, "lockfile");  // stale sockets are found without
    take(parts_.options, "backlog");
  }

  void read_systemd() {
    endpoint_.kind = Endpoint::Kind::systemd;
    endpoint_.systemd_name = take(parts_.options, "name").value_or("");
    if (const auto index = take(parts_.options, "index")) {
      endpoint_.systemd_index = to_number<int>(*index);
      if (!endpoint_.systemd_index || *endpoint_.systemd_index < 0) fail("index must be a number");
    }
    if (endpoint_.systemd_index.has_value() != endpoint_.systemd_name.empty()) fail("give either index or name");
    take(parts_.options, "domain");
  }

  const std::string text_;
  Parts parts_;
  std::size_t max_values_ = 1;
  Endpoint endpoint_;
  std::optional<Error> error_;
};

}  // namespace

Result<Endpoint> parse_endpoint(std::string_view text) { return Parser(text).parse(); }

std::string to_string(const Endpoint& endpoint) {
  switch (endpoint.kind) {
    case Endpoint::Kind::unix_socket: return fmt::format("unix socket \"{}\"", endpoint.path);
    case Endpoint::Kind::systemd: return "systemd socket";
    case Endpoint::Kind::tcp:
    case Endpoint::Kind::ssl: break;
  }
  const char* kind = endpoint.kind == Endpoint::Kind::ssl ? "ssl" : "tcp";
  if (endpoint.interface.empty()) return fmt::format("{} port {}", kind, endpoint.port);
  return fmt::format("{} port {} on {}", kind, endpoint.port, endpoint.interface);
}

bool is_public(const Endpoint& endpoint) {
  if (endpoint.kind == Endpoint::Kind::unix_socket) return false;
  boost::system::error_code error;
  const auto address = boost::asio::ip::make_address(endpoint.interface, error);
  return error || !address.is_loopback();
}

}  // namespace kiln::net
