// SPDX-License-Identifier: MIT
#include "core/db/connection.h"

#include <algorithm>

#include "core/base/log.h"
#include "core/db/dialects.h"

namespace kiln::db {
namespace {

// Filters make many texts; this many stay prepared.
constexpr std::size_t max_cached_statements = 256;

}  // namespace

void Connection::GiveBack::operator()(Statement* statement) const {
  statement->finish();
  if (slot != nullptr && slot->statement == nullptr) {
    slot->statement.reset(statement);
  } else {
    delete statement;
  }
}

Result<Connection::Lease> Connection::take(std::string_view sql) {
  auto it = cache_.find(sql);
  if (it == cache_.end()) {
    KILN_TRY(std::unique_ptr<Statement> fresh, prepare(sql));
    if (cache_.size() >= max_cached_statements) drop_oldest_statement();
    it = cache_.emplace(std::string(sql), Cached{}).first;
    it->second.used = ++uses_;
    return Lease(fresh.release(), GiveBack{&it->second});
  }
  it->second.used = ++uses_;
  if (it->second.statement == nullptr) {  // the same text runs already, further out
    KILN_TRY(std::unique_ptr<Statement> second, prepare(sql));
    return Lease(second.release(), GiveBack{nullptr});
  }
  return Lease(it->second.statement.release(), GiveBack{&it->second});
}

void Connection::drop_oldest_statement() {
  auto oldest = cache_.end();
  for (auto it = cache_.begin(); it != cache_.end(); ++it) {
    if (it->second.statement == nullptr) continue;  // in use
    if (oldest == cache_.end() || it->second.used < oldest->second.used) oldest = it;
  }
  if (oldest != cache_.end()) cache_.erase(oldest);
}

Result<std::int64_t> Connection::run_values(std::string_view sql, std::span<const Value> values) {
  KILN_TRY(const Lease lease, take(sql));
  Result<bool> more = lease->start(values);
  while (more.has_value() && *more) more = lease->next();
  if (more.has_error()) return more.error();
  return lease->rows_changed();
}

Result<std::optional<std::int64_t>> Connection::integer_values(std::string_view sql,
                                                               std::span<const Value> values) {
  std::optional<std::int64_t> answer;
  bool first = true;
  KILN_TRY_VOID(each(sql, values, [&](const Row& row) {
    if (std::exchange(first, false)) answer = row.optional_integer(0);
  }));
  return answer;
}

std::string_view Connection::fit(std::string_view text, std::size_t max_characters) const {
  if (is_sqlite() || text.size() <= max_characters) return text;
  std::size_t characters = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool starts_character = (static_cast<unsigned char>(text[i]) & 0xC0U) != 0x80U;
    if (starts_character && ++characters > max_characters) return text.substr(0, i);
  }
  return text;
}

Result<std::unique_ptr<Connection>> connect(const DatabaseUrl& url, Access access) {
  return url.dialect == Dialect::sqlite ? connect_sqlite(url, access, false) : connect_postgresql(url, access);
}

Result<std::unique_ptr<Connection>> connect_creating(const DatabaseUrl& url) {
  return url.dialect == Dialect::sqlite ? connect_sqlite(url, Access::write, true)
                                        : connect_postgresql(url, Access::write);
}

Result<Transaction> Transaction::begin(Connection& connection, Access access) {
  if (connection.is_sqlite()) {
    KILN_TRY_VOID(connection.run(access == Access::write ? "BEGIN IMMEDIATE" : "BEGIN"));
  } else {
    KILN_TRY_VOID(connection.script("BEGIN"));
  }
  return Transaction(&connection);
}

Transaction::~Transaction() {
  if (connection_ == nullptr) return;
  // Fails where the error before has ended the transaction already.
  const Result<void> result = connection_->rollback();
  if (result.has_error()) log_debug("database: rollback: {}", result.error().what);
}

Result<void> Transaction::commit() {
  const Result<void> result = connection_->commit();
  if (result.has_value()) connection_ = nullptr;
  return result;
}

std::string_view ids_sql(Dialect dialect) {
  return dialect == Dialect::sqlite ? "SELECT value FROM json_each(?)" : "SELECT unnest(CAST(? AS bigint[]))";
}

void IdList::add(std::int64_t id) {
  if (!empty()) text_ += ',';
  text_ += std::to_string(id);
}

std::string_view IdList::value() {
  if (!ended_) text_ += dialect_ == Dialect::sqlite ? ']' : '}';
  ended_ = true;
  return text_;
}

}  // namespace kiln::db
