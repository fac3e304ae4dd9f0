// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/json.h"

namespace kiln {

enum class FilterOp { eq, ne, lt, le, gt, ge, contains, in, notin };

struct Filter {
  std::string field;
  FilterOp op = FilterOp::eq;
  std::vector<Json> values;  // already of the field's type; several mean "any of" (none of, for ne and notin)
};

struct SortKey {
  std::string field;
  bool descending = false;
};

// What a REST query asks of a collection (reference/rest.md section 2). Field names are REST's.
struct ResultSpec {
  std::vector<std::string> fields;      // empty: all
  std::vector<std::string> properties;  // names of properties to include; "*" = all
  std::vector<Filter> filters;
  std::vector<SortKey> order;
  std::optional<std::int64_t> limit;
  std::optional<std::int64_t> offset;
};

// A page of rows. `total` is what REST calls meta.total (null for a single entity).
template <class Row>
struct Rows {
  std::vector<Row> rows;
  std::optional<std::int64_t> total;
};

}  // namespace kiln
