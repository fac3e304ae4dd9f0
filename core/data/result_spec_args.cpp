// SPDX-License-Identifier: MIT
#include "core/data/result_spec_args.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <optional>

#include "core/base/text.h"

namespace kiln::data {
namespace {

struct NamedOp {
  std::string_view name;
  FilterOp op;
  bool takes_many;
};
constexpr std::array ops{NamedOp{"eq", FilterOp::eq, true},    NamedOp{"ne", FilterOp::ne, true},
                         NamedOp{"lt", FilterOp::lt, false},   NamedOp{"le", FilterOp::le, false},
                         NamedOp{"gt", FilterOp::gt, false},   NamedOp{"ge", FilterOp::ge, false},
                         NamedOp{"contains", FilterOp::contains, true}, NamedOp{"in", FilterOp::in, true},
                         NamedOp{"notin", FilterOp::notin, true}};

std::optional<std::int64_t> parse_integer(std::string_view text) {
  const auto is_space = [](char c) { return c == ' ' || (c >= '\t' && c <= '\r'); };
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  if (text.size() > 1 && text.front() == '+' && text[1] != '-') text.remove_prefix(1);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<bool> parse_boolean(std::string_view text) {
  const std::string lower = to_lower_ascii(text);
  constexpr std::array<std::string_view, 4> yes{"on", "true", "yes", "1"};
  constexpr std::array<std::string_view, 4> no{"off", "false", "no", "0"};
  if (std::find(yes.begin(), yes.end(), lower) != yes.end()) return true;
  if (std::find(no.begin(), no.end(), lower) != no.end()) return false;
  return std::nullopt;
}

Error bad(std::string what) { return make_error(Errc::bad_input, std::move(what)); }

const FieldInfo* find_field(const Shape& shape, std::string_view name) {
  const auto found = std::find_if(shape.fields.begin(), shape.fields.end(),
                                  [&](const FieldInfo& field) { return field.name == name; });
  return found == shape.fields.end() ? nullptr : &*found;
}

// Arguments of one name, in the order of first appearance.
struct Named {
  std::string name;
  std::vector<std::string> values;
};

std::vector<Named> group(const QueryArgs& args) {
  std::vector<Named> groups;
  for (const auto& [name, value] : args) {
    auto found = std::find_if(groups.begin(), groups.end(), [&](const Named& g) { return g.name == name; });
    if (found == groups.end()) found = groups.insert(groups.end(), Named{name, {}});
    found->values.push_back(value);
  }
  return groups;
}

class SpecParser {
 public:
  explicit SpecParser(const Shape& shape) : shape_(shape) {}

  Result<void> take(const Named& arg) {
    if (arg.name == "limit") return take_count(arg, spec_.limit, "invalid limit");
    if (arg.name == "offset") return take_count(arg, spec_.offset, "invalid offset");
    if (arg.name == "order") return take_order(arg);
    if (arg.name == "field") return take_fields(arg);
    if (arg.name == "property") {
      spec_.properties = arg.values;
      return {};
    }
    if (const FieldInfo* field = find_field(shape_, arg.name)) return add_filter(*field, FilterOp::eq, arg);
    return take_operator(arg);
  }

  Result<ResultSpec> finish() {
    if (!spec_.fields.empty()) {
      for (const SortKey& key : spec_.order) {
        if (!is_selected(key.field)) return bad("cannot order on un-selected fields");
      }
      for (const Filter& filter : spec_.filters) {
        if (!is_selected(filter.field)) return bad("cannot filter on un-selected fields");
      }
    }
    if (!shape_.is_collection && !spec_.filters.empty()) return bad("this is not a collection");
    return std::move(spec_);
  }

 private:
  bool is_selected(const std::string& name) const {
    return std::find(spec_.fields.begin(), spec_.fields.end(), name) != spec_.fields.end();
  }

  static Result<void> take_count(const Named& arg, std::optional<std::int64_t>& count, const char* error) {
    count = parse_integer(arg.values.front());
    if (!count) return bad(error);
    return {};
  }

  Result<void> take_order(const Named& arg) {
    for (const std::string& value : arg.values) {
      const bool descending = value.starts_with('-');
      std::string name = descending ? value.substr(1) : value;
      if (find_field(shape_, name) == nullptr) return bad("no such field '" + name + "'");
      spec_.order.push_back({std::move(name), descending});
    }
    return {};
  }

  Result<void> take_fields(const Named& arg) {
    for (const std::string& name : arg.values) {
      if (find_field(shape_, name) == nullptr) return bad("no such field '" + name + "'");
    }
    spec_.fields = arg.values;
    return {};
  }

  // `f__op=v`. As upstream, one that cannot be understood is ignored when it has `__`.
  Result<void> take_operator(const Named& arg) {
    const std::size_t split = arg.name.rfind("__");
    if (split == std::string::npos) return bad("unrecognized query parameter '" + arg.name + "'");
    const std::string_view op_name = std::string_view(arg.name).substr(split + 2);
    const FieldInfo* field = find_field(shape_, std::string_view(arg.name).substr(0, split));
    const auto op = std::find_if(ops.begin(), ops.end(), [&](const NamedOp& o) { return o.name == op_name; });
    if (field == nullptr || op == ops.end()) return {};
    if (arg.values.size() > 1 && !op->takes_many) return {};
    return add_filter(*field, op->op, arg);
  }

  Result<void> add_filter(const FieldInfo& field, FilterOp op, const Named& arg) {
    Filter filter{std::string(field.name), op, {}};
    for (const std::string& text : arg.values) {
      auto value = parse_filter_value(field.type, text);
      if (value.has_error()) return bad("invalid filter value for " + arg.name);
      filter.values.push_back(*std::move(value));
    }
    spec_.filters.push_back(std::move(filter));
    return {};
  }

  const Shape& shape_;
  ResultSpec spec_;
};

}  // namespace

Result<Json> parse_filter_value(FieldType type, std::string_view text) {
  switch (type) {
    case FieldType::integer:
    case FieldType::datetime:
    case FieldType::list_of_integer:
      if (const auto value = parse_integer(text)) return Json(*value);
      return bad("not an integer");
    case FieldType::boolean:
      if (const auto value = parse_boolean(text)) return Json(*value);
      return bad("not a boolean");
    case FieldType::string:
    case FieldType::identifier:
    case FieldType::list_of_string:
    case FieldType::list_of_identifier: {
      Json value;
      value.emplace_string() = text;
      return value;
    }
    default: return bad("values of this type cannot be compared");
  }
}

Result<ResultSpec> parse_result_spec(const QueryArgs& args, const Shape& shape) {
  SpecParser parser(shape);
  for (const Named& arg : group(args)) {
    if (auto taken = parser.take(arg); taken.has_error()) return taken.error();
  }
  return parser.finish();
}

}  // namespace kiln::data
