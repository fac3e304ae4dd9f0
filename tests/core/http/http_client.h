// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kiln::testing {

struct HttpAnswer {
  int status = 0;
  std::string reason;
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  std::string body;                                          // chunks joined, still compressed

  std::string header(std::string_view name) const;
};

// A plain blocking client: sends exactly the bytes it is given. Each wait ends after some seconds.
class HttpClient {
 public:
  explicit HttpClient(std::uint16_t port);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // False: the server has closed the connection.
  bool send(std::string_view bytes);
  // The next answer; nothing: the connection ended first.
  std::optional<HttpAnswer> receive(bool has_body = true);
  // True once the server has closed (or reset) the connection; what came before is dropped.
  bool is_closed_by_server();

  HttpAnswer request(std::string_view method, std::string_view target,
                     const std::vector<std::pair<std::string, std::string>>& headers = {},
                     std::string_view body = {});

  // Websocket frames.
  bool upgrade(std::string_view path, const std::vector<std::pair<std::string, std::string>>& headers = {});
  void send_text(std::string_view text);
  void send_frame(unsigned char first_byte, std::string_view payload, bool masked = true);
  // The next text frame; nothing: closed.
  std::optional<std::string> receive_text();
  int descriptor() const { return socket_; }

 private:
  bool fill();
  std::optional<std::string> line();
  std::optional<std::string> take(std::size_t size);

  int socket_ = -1;
  std::string buffer_;
};

}  // namespace kiln::testing
