// SPDX-License-Identifier: MIT
#include "core/db/select.h"

#include <fmt/format.h>

#include <algorithm>

namespace kiln::db {
namespace {

constexpr std::string_view nothing = "1 = 0";

const Field* find_field(const Entity& entity, std::string_view name) {
  const auto it = std::find_if(entity.fields.begin(), entity.fields.end(), [&](const Field& f) { return f.name == name; });
  return it == entity.fields.end() ? nullptr : &*it;
}

std::optional<std::int64_t> integer_of(const Json& value) {
  if (value.is_bool()) return value.get_bool() ? 1 : 0;
  if (value.is_int64()) return value.get_int64();
  if (value.is_uint64()) return static_cast<std::int64_t>(value.get_uint64());
  if (value.is_double()) return static_cast<std::int64_t>(value.get_double());
  return std::nullopt;
}

bool is_list(const Field& field) {
  return field.kind == FieldKind::text_list || field.kind == FieldKind::integer_list;
}

// The expression as one of 0 and 1 where it is a condition.
std::string plain_sql(const Field& field) {
  if (field.kind != FieldKind::present) return std::string(field.sql);
  return fmt::format("(CASE WHEN {} IS NULL THEN 0 ELSE 1 END)", field.sql);
}

std::string_view comparison(FilterOp op) {
  switch (op) {
    case FilterOp::lt: return "<";
    case FilterOp::le: return "<=";
    case FilterOp::gt: return ">";
    default: return ">=";
  }
}

// `complete = true` as a condition that an index can serve.
std::string present_sql(const Field& field, const std::vector<Json>& values) {
  bool wants[2] = {false, false};
  for (const Json& value : values) wants[integer_of(value).value_or(0) != 0 ? 1 : 0] = true;
  if (wants[0] && wants[1]) return "1 = 1";
  if (wants[1]) return fmt::format("{} IS NOT NULL", field.sql);
  if (wants[0]) return fmt::format("{} IS NULL", field.sql);
  return std::string(nothing);
}

}  // namespace

void Select::add_condition(std::string condition) {
  if (!conditions_.empty()) conditions_ += " AND ";
  conditions_ += condition;
}

Result<void> Select::apply(const ResultSpec& spec) {
  for (const Filter& filter : spec.filters) {
    KILN_TRY(std::string sql, filter_sql(filter));
    add_condition(std::move(sql));
  }
  KILN_TRY_VOID(add_order(spec.order));
  if (spec.limit && *spec.limit >= 0) limit_ = spec.limit;  // SQLite's -1: no limit
  if (spec.offset && *spec.offset > 0) offset_ = spec.offset;
  return {};
}

Result<std::string> Select::filter_sql(const Filter& filter) {
  const Field* field = find_field(entity_, filter.field);
  if (field == nullptr) {
    return make_error(Errc::bad_input, fmt::format("cannot filter on field '{}'", filter.field));
  }
  switch (filter.op) {
    case FilterOp::eq:
    case FilterOp::in: return equals_any(*field, filter.values);
    case FilterOp::ne:
    case FilterOp::notin: {
      KILN_TRY(const std::string same, equals_any(*field, filter.values));
      const bool null_counts = entity_.paging == Paging::in_memory && !is_list(*field) &&
                               field->kind != FieldKind::present && same != nothing;
      return null_counts ? fmt::format("({} IS NULL OR NOT ({}))", field->sql, same) : fmt::format("NOT ({})", same);
    }
    case FilterOp::contains: return contains_any(*field, filter.values);
    default:
      if (filter.values.empty()) return std::string(nothing);
      return compared(*field, comparison(filter.op), filter.values.front());
  }
}

Result<std::string> Select::equals_any(const Field& field, const std::vector<Json>& values) {
  if (is_list(field)) return std::string(nothing);  // a list never equals one of its items
  if (field.kind == FieldKind::present) return present_sql(field, values);
  std::string placeholders;
  bool null = false;
  for (const Json& value : values) {
    if (value.is_null()) {
      null = true;
      continue;
    }
    KILN_TRY_VOID(bind_json(field, value));
    placeholders += placeholders.empty() ? "?" : ", ?";
  }
  if (placeholders.empty()) return null ? fmt::format("{} IS NULL", field.sql) : std::string(nothing);
  const std::string any = placeholders.size() == 1 ? fmt::format("{} = ?", field.sql)
                                                   : fmt::format("{} IN ({})", field.sql, placeholders);
  return null ? fmt::format("({} IS NULL OR {})", field.sql, any) : any;
}

Result<std::string> Select::compared(const Field& field, std::string_view op, const Json& value) {
  if (is_list(field) || value.is_null()) return std::string(nothing);
  KILN_TRY_VOID(bind_json(field, value));
  return fmt::format("{} {} ?", collated(field), op);
}

Result<std::string> Select::contains_any(const Field& field, const std::vector<Json>& values) {
  if (field.kind != FieldKind::text && !is_list(field)) return std::string(nothing);
  std::vector<std::string> parts;
  for (const Json& value : values) {
    if (value.is_null()) continue;
    KILN_TRY_VOID(bind_json(field, value));
    if (is_list(field)) {
      parts.push_back(fmt::format("? IN ({})", field.sql));
    } else {
      parts.push_back(fmt::format("{}({}, ?) > 0", dialect_ == Dialect::sqlite ? "instr" : "strpos", field.sql));
    }
  }
  if (parts.empty()) return std::string(nothing);
  return fmt::format("({})", fmt::join(parts, " OR "));
}

Result<void> Select::bind_json(const Field& field, const Json& value) {
  if (field.kind == FieldKind::text || field.kind == FieldKind::text_list) {
    if (value.is_string()) {
      bind(std::string_view(value.get_string()));
      return {};
    }
  } else if (const auto number = integer_of(value)) {
    bind(*number);
    return {};
  }
  return make_error(Errc::bad_input, fmt::format("invalid filter value for {}", field.name));
}

std::string Select::collated(const Field& field) const {
  const bool by_locale = field.kind == FieldKind::text && dialect_ == Dialect::postgresql;
  return plain_sql(field) + (by_locale ? " COLLATE \"C\"" : "");
}

Result<void> Select::add_order(const std::vector<SortKey>& order) {
  bool has_id = false;
  for (const SortKey& key : order) {
    const Field* field = find_field(entity_, key.field);
    if (field == nullptr || is_list(*field)) {
      return make_error(Errc::bad_input, fmt::format("cannot order by field '{}'", key.field));
    }
    if (!order_.empty()) order_ += ", ";
    order_ += collated(*field);
    if (key.descending) order_ += " DESC";
    // SQLite has null as the smallest value; PostgreSQL has to be told, and then finds no index for it.
    if (dialect_ == Dialect::postgresql && field->nullable) order_ += key.descending ? " NULLS LAST" : " NULLS FIRST";
    has_id = has_id || field->sql == entity_.id;
  }
  if (!order_.empty() && !has_id) order_ += fmt::format(", {}", entity_.id);
  return {};
}

std::string Select::page_sql() const {
  std::string sql = fmt::format("SELECT {} FROM {}", entity_.columns, entity_.from);
  if (!conditions_.empty()) sql += fmt::format(" WHERE {}", conditions_);
  const std::string_view fallback = default_order_.empty() ? entity_.id : std::string_view(default_order_);
  sql += fmt::format(" ORDER BY {}", order_.empty() ? fallback : std::string_view(order_));
  if (limit_) {
    sql += " LIMIT ?";
  } else if (offset_ && dialect_ == Dialect::sqlite) {
    sql += " LIMIT -1";
  }
  if (offset_) sql += " OFFSET ?";
  return sql;
}

std::vector<Value> Select::condition_values() const {
  std::vector<Value> values;
  values.reserve(values_.size() + 2);
  for (const Owned& value : values_) {
    if (const auto* number = std::get_if<std::int64_t>(&value)) {
      values.emplace_back(*number);
    } else {
      values.emplace_back(std::string_view(std::get<std::string>(value)));
    }
  }
  return values;
}

std::vector<Value> Select::page_values() const {
  std::vector<Value> values = condition_values();
  if (limit_) values.emplace_back(*limit_);
  if (offset_) values.emplace_back(*offset_);
  return values;
}

Result<std::optional<std::int64_t>> Select::total(Connection& connection, std::size_t returned) const {
  const auto count = static_cast<std::int64_t>(returned);
  if (entity_.paging == Paging::in_sql || (!limit_ && !offset_)) return std::optional(count);
  std::string sql = fmt::format("SELECT count(*) FROM {}", entity_.from);
  if (!conditions_.empty()) sql += fmt::format(" WHERE {}", conditions_);
  const std::vector<Value> values = condition_values();
  return connection.integer_values(sql, values);
}

}  // namespace kiln::db
