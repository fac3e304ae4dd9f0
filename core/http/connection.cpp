// SPDX-License-Identifier: MIT
#include "core/http/connection.h"

#include <fmt/format.h>

#include "core/base/log.h"
#include "core/base/text.h"
#include "core/http/origin.h"
#include "core/http/site.h"

namespace kiln::http {
namespace {

using boost::system::error_code;
using std::chrono::seconds;

constexpr seconds reading_limit{60};   // for a whole request, and between requests
constexpr seconds writing_limit{300};  // for one piece of an answer
constexpr seconds linger_limit{2};

}  // namespace

Connection::Connection(std::unique_ptr<Transport> transport, std::string peer, Needs needs)
    : transport_(std::move(transport)),
      peer_(std::move(peer)),
      needs_(std::move(needs)),
      reader_(RequestReader::Limits{}) {}

void Connection::start() {
  transport_->start([self = shared_from_this()](const error_code& error, std::size_t) {
    if (error) return self->close();
    self->read();
  });
}

void Connection::close() {
  if (state_ == State::closed) return;
  state_ = State::closed;
  if (transport_ != nullptr) transport_->close();
  needs_.closed(this);
}

void Connection::finish() {
  finishing_ = true;
  if (is_idle()) close();
}

bool Connection::is_overdue(Clock::time_point now) const {
  switch (state_) {
    case State::reading: return now - since_ > (lingering_ ? linger_limit : reading_limit);
    case State::writing: return now - since_ > writing_limit;
    default: return false;
  }
}

void Connection::set_state(State state) {
  state_ = state;
  since_ = Clock::now();
}

void Connection::read() {
  if (state_ == State::closed) return;
  transport_->read_some(boost::asio::buffer(bytes_), [self = shared_from_this()](const error_code& error,
                                                                                std::size_t size) {
    self->on_read(error, size);
  });
}

void Connection::on_read(const error_code& error, std::size_t size) {
  if (state_ == State::closed) return;
  if (error) return close();
  if (lingering_) return read();
  if (!reader_.is_in_request()) since_ = Clock::now();  // the time of a request counts from its first byte
  reader_.feed({bytes_.data(), size});
  next_request();
}

void Connection::next_request() {
  RequestReader::Step step = reader_.next();
  if (step.failure) return refuse(step.failure->status, step.failure->text);
  if (step.request) return handle(*std::move(step.request));
  if (state_ != State::reading) set_state(State::reading);
  if (!reader_.take_wants_continue()) return read();
  send("HTTP/1.1 100 Continue\r\n\r\n", {}, [this] {
    set_state(State::reading);
    read();
  });
}

bool Connection::is_upgrade(const Request& request) const {
  return request.method == "GET" && request.path.size() == 1 && request.path.front() == "ws" &&
         to_lower_ascii(request.header("upgrade")) == "websocket";
}

void Connection::handle(Request request) {
  request.peer = peer_;
  needs_.site.identify(request);
  request_ = std::make_shared<const Request>(std::move(request));
  keep_alive_ = request_->keep_alive && !finishing_;
  if (is_upgrade(*request_)) {
    set_state(State::handling);
    return needs_.site.check_websocket(*request_, [self = shared_from_this()](Result<void> allowed) {
      self->upgrade(allowed);
    });
  }
  set_state(State::handling);
  needs_.site.handle(request_, [self = shared_from_this()](Response response) {
    self->respond(std::move(response));
  });
}

void Connection::upgrade(const Result<void>& allowed) {
  if (state_ != State::handling) return;
  if (allowed.has_error()) {
    const bool is_forbidden = allowed.error().code == Errc::forbidden;
    return refuse(is_forbidden ? 403 : 500, is_forbidden ? allowed.error().what : "internal error");
  }
  needs_.log.add(*request_, 101, 0);
  state_ = State::closed;
  auto self = shared_from_this();
  needs_.upgrade(std::move(transport_), *request_, reader_.take_rest());
  needs_.closed(this);
}

void Connection::respond(Response response) {
  if (state_ != State::handling) return;
  response_ = std::move(response);
  if (response_.more && request_->is_http_1_0) keep_alive_ = false;
  head_ = write_head(response_, *request_, keep_alive_);
  body_bytes_ = response_.text().size();
  if (request_->method == "HEAD") {
    response_.more = nullptr;
    body_bytes_ = 0;
  }
  // Before the client can know of it; a body that goes on is logged with its length at the end.
  if (!response_.more) needs_.log.add(*request_, response_.status, body_bytes_);
  if (request_->method == "HEAD") {
    return send(head_, {}, [this] { response_done(); });
  }
  if (!response_.more) return send(head_, response_.text(), [this] { response_done(); });
  send(head_, {}, [this] {
    if (response_.text().empty()) return next_piece();
    write_piece(std::string(response_.text()));
  });
}

// The next part of a body that goes on; the client must have taken the one before.
void Connection::next_piece() {
  set_state(State::handling);
  response_.more([self = shared_from_this()](Result<std::string> piece) {
    if (self->state_ == State::closed) return;
    if (piece.has_error()) {
      // The status has been sent already: only a cut connection tells the client.
      log_warning("cannot go on with the answer to {}: {}", self->request_->target, piece.error().what);
      return self->close();
    }
    if (!piece->empty()) return self->write_piece(*std::move(piece));
    if (self->request_->is_http_1_0) return self->response_done();
    self->send("0\r\n\r\n", {}, [raw = self.get()] { raw->response_done(); });
  });
}

void Connection::write_piece(std::string piece) {
  body_bytes_ += piece.size();
  if (request_->is_http_1_0) {
    piece_ = std::move(piece);
    return send(piece_, {}, [this] { next_piece(); });
  }
  head_ = fmt::format("{:x}\r\n", piece.size());
  piece_ = std::move(piece);
  piece_ += "\r\n";
  send(head_, piece_, [this] { next_piece(); });
}

void Connection::response_done() {
  if (response_.more) needs_.log.add(*request_, response_.status, body_bytes_);
  response_ = Response();
  request_.reset();
  if (!keep_alive_ || finishing_) return linger();
  next_request();
}

// What cannot be parsed is answered once; nothing after it can be understood.
void Connection::refuse(int status, const std::string& text) {
  if (request_ == nullptr) {
    Request unknown;
    unknown.method = "-";
    unknown.target = "-";
    unknown.peer = peer_;
    request_ = std::make_shared<const Request>(std::move(unknown));
  }
  keep_alive_ = false;
  set_state(State::handling);
  respond(make_response(status, "text/plain; charset=utf-8", text + "\n"));
}

// A close right after the answer could reset the connection before the client has read it: let it read, and hang up.
void Connection::linger() {
  transport_->finish_writing();
  lingering_ = true;
  set_state(State::reading);
  read();
}

void Connection::send(std::string_view first, std::string_view second, std::function<void()> then) {
  set_state(State::writing);
  const Transport::WriteBuffers buffers{boost::asio::buffer(first.data(), first.size()),
                                        boost::asio::buffer(second.data(), second.size())};
  transport_->write(buffers, [self = shared_from_this(), then = std::move(then)](const error_code& error,
                                                                                  std::size_t) {
    if (self->state_ == State::closed) return;
    if (error) return self->close();
    then();
  });
}

}  // namespace kiln::http
