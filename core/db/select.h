// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/db/connection.h"
#include "core/model/result_spec.h"

namespace kiln::db {

enum class FieldKind {
  integer,
  boolean,    // 0 or 1
  present,    // a boolean that means: the expression is not NULL
  text,
  text_list,  // the expression is a subquery of the list's items
  integer_list,
};

// A REST field and the SQL expression that gives it.
struct Field {
  std::string_view name;
  FieldKind kind;
  std::string_view sql;
  bool nullable = false;
};

// Where Buildbot pages a collection decides its meta.total and how `ne` treats null (reference/rest.md section 2).
enum class Paging {
  in_sql,     // total: rows returned; null is not "not equal" to anything
  in_memory,  // total: rows before limit and offset; null is a value like others
};

// How the rows of one type are selected.
struct Entity {
  std::string_view columns;
  std::string_view from;
  std::string_view id;  // the expression that makes every order total
  std::span<const Field> fields;
  Paging paging;
};

// A SELECT in the making. Conditions are joined by AND; values are always bound.
class Select {
 public:
  Select(const Connection& connection, const Entity& entity) : dialect_(connection.dialect()), entity_(entity) {}

  template <class... Args>
  Select& where(std::string_view condition, const Args&... args) {
    add_condition(std::string(condition));
    (bind(args), ...);
    return *this;
  }
  // Filters, order, limit and offset. Errors: bad_input for a field that has no SQL.
  Result<void> apply(const ResultSpec& spec);
  // Used when the spec has no order of its own; default: by id.
  void default_order(std::string_view sql) { default_order_ = sql; }
  Dialect dialect() const { return dialect_; }

  // The page; make_row is Row -> T.
  template <class MakeRow>
  auto rows(Connection& connection, MakeRow&& make_row)
      -> Result<Rows<std::invoke_result_t<MakeRow, const Row&>>> {
    Rows<std::invoke_result_t<MakeRow, const Row&>> page;
    if (limit_) page.rows.reserve(static_cast<std::size_t>(std::min<std::int64_t>(*limit_, 1000)));
    const std::vector<Value> values = page_values();
    KILN_TRY_VOID(connection.each(page_sql(), values, [&](const Row& row) { page.rows.push_back(make_row(row)); }));
    KILN_TRY(page.total, total(connection, page.rows.size()));
    return page;
  }

 private:
  using Owned = std::variant<std::int64_t, std::string>;

  void bind(std::string_view text) { values_.emplace_back(std::string(text)); }
  template <class T>
    requires(std::is_integral_v<T>)
  void bind(T number) {
    values_.emplace_back(static_cast<std::int64_t>(number));
  }
  template <class Tag>
  void bind(Id<Tag> id) {
    values_.emplace_back(id.value);
  }

  void add_condition(std::string condition);
  Result<std::string> filter_sql(const Filter& filter);
  Result<std::string> equals_any(const Field& field, const std::vector<Json>& values);
  Result<std::string> compared(const Field& field, std::string_view op, const Json& value);
  Result<std::string> contains_any(const Field& field, const std::vector<Json>& values);
  Result<void> bind_json(const Field& field, const Json& value);
  std::string collated(const Field& field) const;
  Result<void> add_order(const std::vector<SortKey>& order);

  std::string page_sql() const;
  std::vector<Value> page_values() const;
  std::vector<Value> condition_values() const;
  Result<std::optional<std::int64_t>> total(Connection& connection, std::size_t returned) const;

  Dialect dialect_;
  const Entity& entity_;
  std::string conditions_;
  std::vector<Owned> values_;
  std::string order_;
  std::string default_order_;
  std::optional<std::int64_t> limit_;
  std::optional<std::int64_t> offset_;
};

}  // namespace kiln::db
