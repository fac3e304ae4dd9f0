// SPDX-License-Identifier: MIT
#pragma once

#include <boost/json/value.hpp>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace kiln {

// Any JSON value: property values, worker info, force fields. Objects keep their order.
using Json = boost::json::value;
using JsonObject = boost::json::object;
using JsonArray = boost::json::array;

// Compact JSON with non-ASCII escaped, as the REST API answers.
std::string dump_json(const Json& value);
void append_json(std::string& out, const Json& value);
// Appends `text` as a quoted JSON string; bytes that are not UTF-8 become U+FFFD; non-ASCII becomes \uXXXX.
void append_json_string(std::string& out, std::string_view text);

// JSON with `, ` and `: ` between the parts, as Python's json.dumps writes into the database.
std::string dump_json_spaced(const Json& value);

// Errors: bad_input with the position. Depth is limited to 100.
Result<Json> parse_json(std::string_view text);

// Python's str() of a plain value: True, None, 1.5, text itself.
std::string to_display_text(const Json& value);

}  // namespace kiln
