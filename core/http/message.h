// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/result.h"
#include "core/script/auth.h"

// Requests and answers as the handlers see them: plain values, no socket and no parser.
namespace kiln::http {

using Headers = std::vector<std::pair<std::string, std::string>>;

struct Request {
  std::string method;
  std::string target;             // as sent
  std::vector<std::string> path;  // decoded elements of the target: "/api/v2/" -> "api", "v2", ""
  std::string query;              // as sent, without '?'
  Headers headers;                // names in lower case
  std::string body;
  std::string peer;  // address, for the access log
  script::User user;  // nobody in particular unless a good session says who
  enum class Session { none, good, refused } session = Session::none;
  bool is_http_1_0 = false;
  bool keep_alive = true;

  // The first header of that (lower-case) name; empty: none.
  std::string_view header(std::string_view name) const;
};

// Asks for the next piece of a body; an empty one is the end.
using BodyPull = std::function<void(Reply<std::string>)>;

struct Response {
  int status = 200;
  std::string reason;  // empty: the usual one
  Headers headers;     // without Date, Content-Length, Connection
  std::shared_ptr<const std::string> body;
  std::string_view static_body;  // instead of `body`, for what lives in the executable
  BodyPull more;                 // the body goes on, in chunks

  std::string_view text() const { return body ? std::string_view(*body) : static_body; }
};

bool is_json_request(const Request& request);

// Called exactly once, on the loop thread.
using Respond = std::function<void(Response)>;

Response make_response(int status, std::string_view content_type, std::string body);
// Status line and headers. `keep_alive` false adds Connection: close.
std::string write_head(const Response& response, const Request& request, bool keep_alive);
std::string_view standard_reason(int status);
// The form of Date and Expires.
std::string http_date(std::int64_t epoch_seconds);

// %41 -> A; `+` -> space when asked. Wrong escapes stay as they are.
std::string decode_percent(std::string_view text, bool plus_is_space);
// Splits target into path and query of the request.
void parse_target(Request& request);
std::vector<std::pair<std::string, std::string>> parse_query(std::string_view query);

}  // namespace kiln::http
