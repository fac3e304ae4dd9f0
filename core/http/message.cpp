// SPDX-License-Identifier: MIT
#include "core/http/message.h"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <ctime>

namespace kiln::http {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// A header may not smuggle in a line of its own.
void append_header_text(std::string& out, std::string_view text) {
  for (const char c : text) out += c == '\r' || c == '\n' || c == '\0' ? ' ' : c;
}

std::int64_t now_s() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

// Made anew once a second at most.
const std::string& current_date() {
  thread_local std::int64_t made_at = 0;
  thread_local std::string text;
  if (const std::int64_t now = now_s(); now != made_at) {
    made_at = now;
    text = http_date(now);
  }
  return text;
}

}  // namespace

std::string_view Request::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (key == name) return value;
  }
  return {};
}

bool is_json_request(const Request& request) {
  const std::string_view type = request.header("content-type");
  return type.substr(0, type.find(';')) == "application/json";
}

Response make_response(int status, std::string_view content_type, std::string body) {
  Response response;
  response.status = status;
  response.headers.emplace_back("Content-Type", content_type);
  response.body = std::make_shared<const std::string>(std::move(body));
  return response;
}

std::string_view standard_reason(int status) {
  switch (status) {
    case 101: return "Switching Protocols";
    case 200: return "OK";
    case 202: return "Accepted";
    case 302: return "Found";
    case 304: return "Not Modified";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 413: return "Payload Too Large";
    case 414: return "URI Too Long";
    case 426: return "Upgrade Required";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 503: return "Service Unavailable";
    default: return "Unknown";
  }
}

std::string http_date(std::int64_t epoch_seconds) {
  const std::time_t time = epoch_seconds;
  std::tm parts{};
  gmtime_r(&time, &parts);
  std::array<char, 64> text{};
  const std::size_t size = std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return std::string(text.data(), size);
}

std::string write_head(const Response& response, const Request& request, bool keep_alive) {
  std::string head = fmt::format("HTTP/1.1 {} ", response.status);
  append_header_text(head, response.reason.empty() ? standard_reason(response.status) : response.reason);
  head += "\r\nDate: ";
  head += current_date();
  head += "\r\n";
  for (const auto& [name, value] : response.headers) {
    head += name;
    head += ": ";
    append_header_text(head, value);
    head += "\r\n";
  }
  if (response.more && request.is_http_1_0) {
    head += "Connection: close\r\n\r\n";
    return head;
  }
  if (response.more) {
    head += "Transfer-Encoding: chunked\r\n";
  } else if (response.status != 304) {
    head += fmt::format("Content-Length: {}\r\n", response.text().size());
  }
  if (!keep_alive) {
    head += "Connection: close\r\n";
  } else if (request.is_http_1_0) {
    head += "Connection: keep-alive\r\n";
  }
  head += "\r\n";
  return head;
}

std::string decode_percent(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_space) {
      out += ' ';
    } else if (text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 && hex_digit(text[i + 2]) >= 0) {
      out += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

void parse_target(Request& request) {
  std::string_view target = request.target;
  if (const std::size_t fragment = target.find('#'); fragment != std::string_view::npos) {
    target = target.substr(0, fragment);
  }
  // The absolute form, as to a proxy: only its path counts.
  if (const std::size_t scheme = target.find("://"); scheme != std::string_view::npos && target.front() != '/') {
    const std::size_t slash = target.find('/', scheme + 3);
    target = slash == std::string_view::npos ? std::string_view("/") : target.substr(slash);
  }
  const std::size_t question = target.find('?');
  request.query = question == std::string_view::npos ? std::string() : std::string(target.substr(question + 1));
  std::string_view path = target.substr(0, question);
  if (path.starts_with('/')) path.remove_prefix(1);
  request.path.clear();
  while (true) {
    const std::size_t slash = path.find('/');
    request.path.push_back(decode_percent(path.substr(0, slash), false));
    if (slash == std::string_view::npos) return;
    path.remove_prefix(slash + 1);
  }
}

std::vector<std::pair<std::string, std::string>> parse_query(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> args;
  while (!query.empty()) {
    const std::size_t end = query.find('&');
    const std::string_view part = query.substr(0, end);
    const std::size_t equals = part.find('=');
    // As Python's parse_qs with blank values kept: a part without '=' is a name with an empty value.
    if (!part.empty()) {
      const std::string_view value = equals == std::string_view::npos ? std::string_view() : part.substr(equals + 1);
      args.emplace_back(decode_percent(part.substr(0, equals), true), decode_percent(value, true));
    }
    if (end == std::string_view::npos) break;
    query.remove_prefix(end + 1);
  }
  return args;
}

}  // namespace kiln::http
