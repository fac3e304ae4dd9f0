// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/http/message.h"
#include "core/script/config.h"

namespace kiln::http {

// Against www.allowed_origins, by default that of buildbotURL; letters in either case are the same. `config` may be
// null: nothing is allowed then.
bool is_allowed_origin(std::string_view origin, const script::Config* config);
// The scheme and host of a URL.
std::string origin_of(std::string_view url);

// The headers that tell a browser that another site's page may read the answer.
void add_cors_headers(Response& response, std::string_view origin);

}  // namespace kiln::http
