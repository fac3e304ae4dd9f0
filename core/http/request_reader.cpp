// SPDX-License-Identifier: MIT
#include "core/http/request_reader.h"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "core/base/text.h"

namespace kiln::http {
namespace beast_http = boost::beast::http;

struct RequestReader::Parser {
  explicit Parser(const Limits& limits) {
    parser.header_limit(limits.header_bytes);
    parser.body_limit(limits.body_bytes);
    parser.eager(false);  // one element a call: see can_go_on
  }
  beast_http::request_parser<beast_http::string_body> parser;
  bool continue_taken = false;
};

namespace {

// Beast's chunk parser counts on at least 5 bytes (and reads before its buffer with less than 3). A chunked message that
// is not over always has that many to come: its last chunk is "0", CRLF, CRLF.
constexpr std::size_t smallest_last_chunk = 5;

bool can_go_on(const beast_http::request_parser<beast_http::string_body>& parser, std::string_view bytes) {
  if (bytes.empty() || parser.is_done()) return false;
  const bool in_chunks = parser.is_header_done() && parser.chunked();
  const bool may_begin_chunk = std::string_view("0123456789abcdefABCDEF\r").find(bytes[0]) != std::string_view::npos;
  return !in_chunks || !may_begin_chunk || bytes.size() >= smallest_last_chunk;
}

RequestReader::Failure failure_of(const boost::system::error_code& error) {
  if (error == beast_http::error::header_limit) return {431, "request header is too long"};
  if (error == beast_http::error::body_limit) return {413, "request body is too long"};
  return {400, "bad request"};
}

std::string_view view(boost::beast::string_view text) { return {text.data(), text.size()}; }

Request convert(beast_http::request<beast_http::string_body> message) {
  Request request;
  request.method = view(message.method_string());
  request.target = view(message.target());
  request.is_http_1_0 = message.version() < 11;
  request.keep_alive = message.keep_alive();
  for (const auto& field : message) {
    request.headers.emplace_back(to_lower_ascii(view(field.name_string())), view(field.value()));
  }
  request.body = std::move(message.body());
  parse_target(request);
  return request;
}

}  // namespace

RequestReader::RequestReader(Limits limits) : limits_(limits), parser_(std::make_unique<Parser>(limits)) {}
RequestReader::RequestReader(RequestReader&&) noexcept = default;
RequestReader& RequestReader::operator=(RequestReader&&) noexcept = default;
RequestReader::~RequestReader() = default;

void RequestReader::feed(std::string_view bytes) { buffer_ += bytes; }

RequestReader::Step RequestReader::next() {
  boost::system::error_code error;
  std::size_t used = 0;
  auto& parser = parser_->parser;
  while (can_go_on(parser, std::string_view(buffer_).substr(used))) {
    const std::size_t taken =
        parser.put(boost::asio::buffer(buffer_.data() + used, buffer_.size() - used), error);
    used += taken;
    if (error == beast_http::error::need_more) {
      error = {};
      break;
    }
    if (error || taken == 0) break;
  }
  buffer_.erase(0, used);
  Step step;
  if (error) {
    step.failure = failure_of(error);
  } else if (parser.is_done()) {
    step.request = convert(parser.release());
    parser_ = std::make_unique<Parser>(limits_);
  }
  return step;
}

bool RequestReader::take_wants_continue() {
  auto& parser = parser_->parser;
  if (parser_->continue_taken || !parser.is_header_done() || parser.is_done()) return false;
  parser_->continue_taken = true;
  return boost::beast::iequals(parser.get()[beast_http::field::expect], "100-continue");
}

bool RequestReader::is_in_request() const { return !buffer_.empty() || parser_->parser.got_some(); }

std::string RequestReader::take_rest() { return std::move(buffer_); }

}  // namespace kiln::http
