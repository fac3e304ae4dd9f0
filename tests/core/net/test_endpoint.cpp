// SPDX-License-Identifier: MIT
#include "core/net/endpoint.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "tests/support/result_text.h"

namespace kiln::net {
namespace {

TEST_CASE("digits alone are a tcp port") {
  const Endpoint endpoint = parse_endpoint("9989").value();
  REQUIRE(endpoint.kind == Endpoint::Kind::tcp);
  REQUIRE(endpoint.port == 9989);
  REQUIRE(endpoint.interface.empty());
  REQUIRE(is_public(endpoint));
}

TEST_CASE("a tcp endpoint names its interface") {
  const Endpoint endpoint = parse_endpoint("tcp:9989:interface=127.0.0.1").value();
  REQUIRE(endpoint.port == 9989);
  REQUIRE(endpoint.interface == "127.0.0.1");
  REQUIRE_FALSE(is_public(endpoint));
  REQUIRE(to_string(endpoint) == "tcp port 9989 on 127.0.0.1");
}

TEST_CASE("the port may be given by name and options in any order") {
  const Endpoint endpoint = parse_endpoint("tcp:interface=127.0.0.1:backlog=7:port=80").value();
  REQUIRE(endpoint.port == 80);
  REQUIRE(endpoint.backlog == 7);
}

TEST_CASE("an IPv6 interface is written with escaped colons") {
  const Endpoint endpoint = parse_endpoint("tcp:9989:interface=\\:\\:1").value();
  REQUIRE(endpoint.interface == "::1");
  REQUIRE(endpoint.is_ipv6);
  REQUIRE_FALSE(is_public(endpoint));
}

TEST_CASE("ssl, unix and systemd endpoints carry their own options") {
  const Endpoint ssl = parse_endpoint("ssl:9990:privateKey=/k.pem:certKey=/c.pem:extraCertChain=/x.pem").value();
  REQUIRE(ssl.kind == Endpoint::Kind::ssl);
  REQUIRE(ssl.private_key_file == "/k.pem");
  REQUIRE(ssl.certificate_file == "/c.pem");
  REQUIRE(ssl.extra_chain_file == "/x.pem");

  const Endpoint unix_socket = parse_endpoint("unix:/run/kiln.sock:mode=600:lockfile=0").value();
  REQUIRE(unix_socket.path == "/run/kiln.sock");
  REQUIRE(unix_socket.mode == 0600);

  REQUIRE(parse_endpoint("systemd:domain=INET:index=1").value().systemd_index == 1);
  REQUIRE(parse_endpoint("systemd:domain=INET:name=web").value().systemd_name == "web");
}

TEST_CASE("what cannot be listened on is refused with the text and the reason") {
  const auto [text, reason] = GENERATE(table<const char*, const char*>({
      {"", "unknown kind"},
      {"tcp", "the port must be a number"},
      {"tcp:", "the port must be a number"},
      {"tcp:http", "the port must be a number"},
      {"70000", "the port must be a number"},
      {"-1", "the port must be a number"},
      {"tcp:80:81", "unexpected \"81\""},
      {"tcp:80:interfaces=127.0.0.1", "unknown option \"interfaces\""},
      {"tcp:80:interface=example.org", "is no IP address"},
      {"tcp:80:backlog=many", "backlog"},
      {"unix:", "the path is missing"},
      {"unix:/a:mode=9", "octal"},
      {"systemd:domain=INET", "either index or name"},
      {"carrier pigeon:1", "unknown kind \"carrier pigeon\""},
  }));
  const auto endpoint = parse_endpoint(text);
  REQUIRE(endpoint.has_error());
  REQUIRE(endpoint.error().code == Errc::bad_input);
  REQUIRE(endpoint.error().what.find(reason) != std::string::npos);
  REQUIRE(endpoint.error().what.find(std::string("\"") + text + "\"") != std::string::npos);
}

}  // namespace
}  // namespace kiln::net
