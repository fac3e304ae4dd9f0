// SPDX-License-Identifier: MIT
#include "tests/core/http/http_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>

namespace kiln::testing {

std::string HttpAnswer::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (key == name) return value;
  }
  return {};
}

HttpClient::HttpClient(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
  const timeval patience{20, 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    throw std::runtime_error("cannot connect to the server under test");
  }
}

HttpClient::~HttpClient() { ::close(socket_); }

bool HttpClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool HttpClient::fill() {
  char bytes[65536];
  const auto got = ::recv(socket_, bytes, sizeof bytes, 0);
  if (got <= 0) return false;
  buffer_.append(bytes, static_cast<std::size_t>(got));
  return true;
}

std::optional<std::string> HttpClient::line() {
  std::size_t end = std::string::npos;
  while ((end = buffer_.find("\r\n")) == std::string::npos) {
    if (!fill()) return std::nullopt;
  }
  std::string text = buffer_.substr(0, end);
  buffer_.erase(0, end + 2);
  return text;
}

std::optional<std::string> HttpClient::take(std::size_t size) {
  while (buffer_.size() < size) {
    if (!fill()) return std::nullopt;
  }
  std::string bytes = buffer_.substr(0, size);
  buffer_.erase(0, size);
  return bytes;
}

std::optional<HttpAnswer> HttpClient::receive(bool has_body) {
  HttpAnswer answer;
  const auto status = line();
  if (!status || status->size() < 12) return std::nullopt;
  answer.status = std::stoi(status->substr(9, 3));
  answer.reason = status->size() > 13 ? status->substr(13) : "";
  for (auto header = line(); header && !header->empty(); header = line()) {
    const std::size_t colon = header->find(": ");
    std::string name = header->substr(0, colon);
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
    answer.headers.emplace_back(name, header->substr(colon + 2));
  }
  if (!has_body || answer.status == 304 || answer.status < 200) return answer;
  if (answer.header("transfer-encoding") == "chunked") {
    while (true) {
      const auto size = line();
      if (!size) return std::nullopt;
      const auto chunk = take(std::stoul(*size, nullptr, 16));
      if (!chunk || !take(2)) return std::nullopt;
      if (chunk->empty()) return answer;
      answer.body += *chunk;
    }
  }
  if (answer.header("content-length").empty()) {  // until the end of the connection
    while (fill()) continue;
    answer.body = std::exchange(buffer_, {});
    return answer;
  }
  auto body = take(std::stoul(answer.header("content-length")));
  if (!body) return std::nullopt;
  answer.body = *std::move(body);
  return answer;
}

bool HttpClient::is_closed_by_server() {
  char bytes[65536];
  while (true) {
    const auto got = ::recv(socket_, bytes, sizeof bytes, 0);
    if (got == 0) return true;
    if (got < 0) return errno != EAGAIN && errno != EWOULDBLOCK;
  }
}

HttpAnswer HttpClient::request(std::string_view method, std::string_view target,
                               const std::vector<std::pair<std::string, std::string>>& headers,
                               std::string_view body) {
  std::string text = std::string(method) + ' ' + std::string(target) + " HTTP/1.1\r\nHost: 127.0.0.1\r\n";
  for (const auto& [name, value] : headers) text += name + ": " + value + "\r\n";
  if (!body.empty()) text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  text += "\r\n";
  text += body;
  if (!send(text)) throw std::runtime_error("the server closed the connection");
  auto answer = receive(method != "HEAD");
  if (!answer) throw std::runtime_error("no answer to " + std::string(method) + " " + std::string(target));
  return *std::move(answer);
}

bool HttpClient::upgrade(std::string_view path, const std::vector<std::pair<std::string, std::string>>& headers) {
  std::vector<std::pair<std::string, std::string>> all{{"Upgrade", "websocket"},
                                                       {"Connection", "Upgrade"},
                                                       {"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="},
                                                       {"Sec-WebSocket-Version", "13"}};
  all.insert(all.end(), headers.begin(), headers.end());
  return request("GET", path, all).status == 101;
}

void HttpClient::send_text(std::string_view text) { send_frame(0x81, text); }

void HttpClient::send_frame(unsigned char first_byte, std::string_view payload, bool masked) {
  std::string frame(1, static_cast<char>(first_byte));
  const unsigned mask_bit = masked ? 0x80U : 0U;
  if (payload.size() < 126) {
    frame += static_cast<char>(mask_bit | payload.size());
  } else {
    frame += static_cast<char>(mask_bit | (payload.size() < 65536 ? 126U : 127U));
    const int bytes = payload.size() < 65536 ? 2 : 8;
    for (int i = bytes - 1; i >= 0; --i) frame += static_cast<char>((payload.size() >> (8 * i)) & 0xFF);
  }
  if (masked) frame.append(4, '\0');  // a mask of zeros leaves the payload as it is
  frame += payload;
  send(frame);
}

std::optional<std::string> HttpClient::receive_text() {
  while (true) {
    const auto head = take(2);
    if (!head) return std::nullopt;
    const auto opcode = static_cast<unsigned char>((*head)[0]) & 0x0FU;
    std::size_t size = static_cast<unsigned char>((*head)[1]) & 0x7FU;
    if (size >= 126) {
      const auto extended = take(size == 126 ? 2 : 8);
      if (!extended) return std::nullopt;
      size = 0;
      for (const char c : *extended) size = (size << 8) | static_cast<unsigned char>(c);
    }
    auto payload = take(size);
    if (!payload || opcode == 8) return std::nullopt;
    if (opcode == 1) return payload;
  }
}

}  // namespace kiln::testing
