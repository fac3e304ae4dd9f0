// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/http/message.h"

namespace kiln::http {

// Bytes of a connection in, requests out; knows no socket. Bounded by its limits whatever comes in.
class RequestReader {
 public:
  struct Limits {
    std::uint32_t header_bytes = 32 * 1024;
    std::uint64_t body_bytes = 8 * 1024 * 1024;
  };
  explicit RequestReader(Limits limits);
  RequestReader(RequestReader&&) noexcept;
  RequestReader& operator=(RequestReader&&) noexcept;
  ~RequestReader();

  // Takes bytes as they come; they may hold several requests.
  void feed(std::string_view bytes);

  struct Failure {
    int status;
    std::string text;
  };
  struct Step {
    std::optional<Request> request;
    std::optional<Failure> failure;  // the connection cannot go on
  };
  // The next complete request, if there is one.
  Step next();

  // True once after a request head with `Expect: 100-continue` whose body has not come yet.
  bool take_wants_continue();
  // Part of a request has come, not all of it.
  bool is_in_request() const;
  // What follows the last request: for a protocol that takes the connection over.
  std::string take_rest();

 private:
  struct Parser;
  Limits limits_;
  std::string buffer_;
  std::unique_ptr<Parser> parser_;
};

}  // namespace kiln::http
