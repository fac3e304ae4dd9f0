// SPDX-License-Identifier: MIT
#pragma once

#include "core/http/message.h"
#include "core/script/config.h"

// Answers that need nothing but the configuration, which may be null before the first one is loaded.
namespace kiln::http {

Response not_found_page();
Response method_not_allowed(const Request& request);
Response upgrade_required();

Response api_versions(const script::Config* config);
Response config_json(const Request& request, const script::Config* config);
// To the part of the user interface that the argument `redirect` names.
Response redirect_to_page(const Request& request, const script::Config* config);
Response avatar(const Request& request, const script::Config* config);
// The user interface: `/` with the configuration inside, and the files it loads.
Response static_file(const Request& request, const script::Config* config);

// What a browser may know of the configuration: an allow-list, as JSON text.
std::string frontend_config(const script::User& user, const script::Config* config);

}  // namespace kiln::http
