// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/base/result.h"
#include "core/model/field.h"
#include "core/model/result_spec.h"

namespace kiln::data {

// Decoded arguments of a URL's query, in order.
using QueryArgs = std::vector<std::pair<std::string, std::string>>;

struct Shape {
  std::span<const FieldInfo> fields;
  bool is_collection = false;
};

// Errors: bad_input with upstream's text (reference/rest.md section 2).
Result<ResultSpec> parse_result_spec(const QueryArgs& args, const Shape& shape);

// A query argument as a value of a field's type; list types take one element.
Result<Json> parse_filter_value(FieldType type, std::string_view text);

}  // namespace kiln::data
