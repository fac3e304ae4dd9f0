// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <libpq-fe.h>

#include <algorithm>
#include <charconv>
#include <cstring>

#include "core/base/log.h"
#include "core/base/text.h"
#include "core/db/dialects.h"

namespace kiln::db {
namespace {

struct Finish {
  void operator()(PGconn* handle) const { PQfinish(handle); }
};
struct Clear {
  void operator()(PGresult* result) const { PQclear(result); }
};
using Handle = std::unique_ptr<PGconn, Finish>;
using Answer = std::unique_ptr<PGresult, Clear>;

constexpr Oid bytea_oid = 17;
constexpr Oid int8_oid = 20;

Errc errc_of(PGconn* handle, const PGresult* result) {
  if (PQstatus(handle) != CONNECTION_OK) return Errc::broken;
  const char* field = result == nullptr ? nullptr : PQresultErrorField(result, PG_DIAG_SQLSTATE);
  const std::string_view state = field == nullptr ? "" : field;
  if (state == "23505") return Errc::conflict;
  if (state == "40001" || state == "40P01" || state == "55P03" || state == "53300") return Errc::busy;
  if (state == "53100" || state == "25006" || state == "58030") return Errc::storage_full;
  if (state.starts_with("08") || state.starts_with("57P")) return Errc::broken;
  return Errc::fatal;
}

Error error_of(PGconn* handle, const PGresult* result, std::string_view sql) {
  const char* message = result == nullptr ? "" : PQresultErrorMessage(result);
  if (*message == '\0') message = PQerrorMessage(handle);
  std::string text(message);
  std::replace(text.begin(), text.end(), '\n', ' ');
  return make_error(errc_of(handle, result), fmt::format("postgresql: {}in: {}", text, sql));
}

bool is_good(const PGresult* result) {
  const ExecStatusType status = PQresultStatus(result);
  return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY;
}

// PostgreSQL refuses bytes that are not UTF-8 and the character NUL.
std::string storable_text(std::string_view text) {
  std::string out = is_valid_utf8(text) ? std::string(text) : to_utf8_replacing(text);
  for (std::size_t at = out.find('\0'); at != std::string::npos; at = out.find('\0', at)) {
    out.replace(at, 1, "\xEF\xBF\xBD");
  }
  return out;
}

// Values in the form libpq takes.
class Parameters {
 public:
  explicit Parameters(std::span<const Value> values) {
    texts_.reserve(values.size());
    for (const Value& value : values) add(value);
    for (std::size_t i = 0; i < texts_.size(); ++i) {
      if (!is_null_[i]) pointers_[i] = texts_[i].c_str();
    }
  }
  int count() const { return static_cast<int>(texts_.size()); }
  const Oid* types() const { return types_.data(); }
  const char* const* pointers() const { return pointers_.data(); }
  const int* lengths() const { return lengths_.data(); }
  const int* formats() const { return formats_.data(); }

 private:
  void add(const Value& value) {
    std::string text;
    Oid type = 0;  // the server finds it out
    int format = 0;
    if (const auto* number = std::get_if<std::int64_t>(&value)) {
      text = std::to_string(*number);
      type = int8_oid;
    } else if (const auto* view = std::get_if<std::string_view>(&value)) {
      text = storable_text(*view);
    } else if (const auto* blob = std::get_if<Blob>(&value)) {
      text = std::string(blob->bytes);
      type = bytea_oid;
      format = 1;
    }
    is_null_.push_back(std::holds_alternative<std::monostate>(value));
    lengths_.push_back(static_cast<int>(text.size()));
    texts_.push_back(std::move(text));
    types_.push_back(type);
    formats_.push_back(format);
    pointers_.push_back(nullptr);
  }

  std::vector<std::string> texts_;
  std::vector<bool> is_null_;
  std::vector<Oid> types_;
  std::vector<const char*> pointers_;
  std::vector<int> lengths_;
  std::vector<int> formats_;
};

std::string numbered_placeholders(std::string_view sql) {
  std::string out;
  int number = 0;
  bool in_text = false;
  for (const char c : sql) {
    if (c == '\'') in_text = !in_text;
    if (c == '?' && !in_text) {
      out += '$';
      out += std::to_string(++number);
    } else {
      out += c;
    }
  }
  return out;
}

class PostgresqlStatement : public Statement {
 public:
  PostgresqlStatement(PGconn* handle, std::string name, std::string sql)
      : handle_(handle), name_(std::move(name)), sql_(std::move(sql)) {}
  ~PostgresqlStatement() override {
    if (prepared_ && PQstatus(handle_) == CONNECTION_OK && PQtransactionStatus(handle_) != PQTRANS_INERROR) {
      Answer(PQexec(handle_, ("DEALLOCATE " + name_).c_str()));
    }
  }
  PostgresqlStatement(const PostgresqlStatement&) = delete;
  PostgresqlStatement& operator=(const PostgresqlStatement&) = delete;

  Result<bool> start(std::span<const Value> values) override {
    const Parameters parameters(values);
    if (!prepared_) {
      const Answer made(PQprepare(handle_, name_.c_str(), sql_.c_str(), parameters.count(), parameters.types()));
      if (!is_good(made.get())) return error_of(handle_, made.get(), sql_);
      prepared_ = true;
    }
    answer_.reset(PQexecPrepared(handle_, name_.c_str(), parameters.count(), parameters.pointers(),
                                 parameters.lengths(), parameters.formats(), 0));
    if (!is_good(answer_.get())) return error_of(handle_, answer_.get(), sql_);
    row_ = -1;
    return next();
  }

  Result<bool> next() override { return ++row_ < PQntuples(answer_.get()); }
  void finish() override { answer_.reset(); }

  std::int64_t rows_changed() const override {
    const std::string_view text = PQcmdTuples(answer_.get());
    std::int64_t count = 0;
    std::from_chars(text.data(), text.data() + text.size(), count);
    return count;
  }

  bool is_null(int column) const override { return PQgetisnull(answer_.get(), row_, column) == 1; }

  std::int64_t integer(int column) const override {
    const std::string_view text = raw(column);
    std::int64_t number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
  }

  std::string_view text(int column) const override {
    if (PQftype(answer_.get(), column) != bytea_oid) return raw(column);
    std::size_t size = 0;
    unsigned char* bytes = PQunescapeBytea(reinterpret_cast<const unsigned char*>(raw(column).data()), &size);
    if (bytes == nullptr) return {};
    bytes_.assign(reinterpret_cast<const char*>(bytes), size);
    PQfreemem(bytes);
    return bytes_;
  }

 private:
  std::string_view raw(int column) const {
    return {PQgetvalue(answer_.get(), row_, column), static_cast<std::size_t>(PQgetlength(answer_.get(), row_, column))};
  }

  PGconn* handle_;
  std::string name_;
  std::string sql_;
  bool prepared_ = false;
  Answer answer_;
  int row_ = -1;
  mutable std::string bytes_;
};

class PostgresqlConnection : public Connection {
 public:
  explicit PostgresqlConnection(Handle handle) : Connection(Dialect::postgresql), handle_(std::move(handle)) {}
  ~PostgresqlConnection() override { drop_statements(); }

  Result<void> script(const std::string& sql) override {
    const Answer answer(PQexec(handle_.get(), sql.c_str()));
    if (!is_good(answer.get())) return error_of(handle_.get(), answer.get(), sql);
    return {};
  }

  Result<void> commit() override {
    const Answer answer(PQexec(handle_.get(), "COMMIT"));
    if (is_good(answer.get())) {
      // The server answers a COMMIT of a failed transaction with success and the word ROLLBACK.
      if (std::strcmp(PQcmdStatus(answer.get()), "COMMIT") == 0) return {};
      return make_error(Errc::fatal, "postgresql: commit of a failed transaction");
    }
    Error error = error_of(handle_.get(), answer.get(), "COMMIT");
    if (error.code == Errc::broken) error.code = Errc::in_doubt;
    return error;
  }
  Result<void> rollback() override { return script("ROLLBACK"); }

 protected:
  // Preparing waits for the first values: their types are part of it.
  Result<std::unique_ptr<Statement>> prepare(std::string_view sql) override {
    return std::unique_ptr<Statement>(std::make_unique<PostgresqlStatement>(
        handle_.get(), fmt::format("kiln_{}", ++prepared_), numbered_placeholders(sql)));
  }

 private:
  Handle handle_;
  std::uint64_t prepared_ = 0;
};

}  // namespace

Result<std::unique_ptr<Connection>> connect_postgresql(const DatabaseUrl& url, Access) {
  std::vector<const char*> keywords{"client_encoding", "fallback_application_name", "connect_timeout", "options"};
  std::vector<const char*> values{"UTF8", "kilnbot", "10", "-c client_min_messages=warning"};
  for (const auto& [keyword, value] : url.options) {
    keywords.push_back(keyword.c_str());
    values.push_back(value.c_str());
  }
  keywords.push_back(nullptr);
  values.push_back(nullptr);
  Handle handle(PQconnectdbParams(keywords.data(), values.data(), 0));
  if (PQstatus(handle.get()) != CONNECTION_OK) {
    std::string why = handle == nullptr ? "out of memory" : PQerrorMessage(handle.get());
    std::replace(why.begin(), why.end(), '\n', ' ');
    return make_error(Errc::broken, fmt::format("cannot connect to {}: {}", url.display(), why));
  }
  PQsetNoticeProcessor(handle.get(), [](void*, const char* message) { log_debug("postgresql: {}", message); }, nullptr);
  return std::unique_ptr<Connection>(std::make_unique<PostgresqlConnection>(std::move(handle)));
}

}  // namespace kiln::db
