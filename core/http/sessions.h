// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

#include "core/http/message.h"
#include "core/script/config.h"

namespace kiln::http {

// Who asks: a signed cookie says it, nothing is kept here (reference/rest.md section 9). Loop thread.
class Sessions {
 public:
  // `secret`: of the database, so that sessions outlive the master; empty: one that ends with it.
  explicit Sessions(std::string secret);

  // Fills in user and session of the request.
  void identify(Request& request) const;
  // Lets the browser say who it is from now on. `config` may be null.
  void set_user(Response& response, const script::User& user, const script::Config* config) const;
  // The same for nobody in particular; cheap.
  void set_anonymous(Response& response, const script::Config* config);

 private:
  std::string cookie(const script::User& user, const script::Config* config, std::int64_t now_s) const;

  std::string secret_;
  std::string anonymous_cookie_;
  std::int64_t anonymous_made_s_ = 0;
};

// The value of a cookie of a request; empty: there is none. Also where headers are nonsense.
std::string_view cookie_value(const Request& request, std::string_view name);

}  // namespace kiln::http
