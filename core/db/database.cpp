// SPDX-License-Identifier: MIT
#include "core/db/database.h"

#include <chrono>

#include "core/db/schema.h"
#include "core/db/snapshot.h"

namespace kiln::db {
namespace {

EpochSeconds system_now() {
  using std::chrono::duration_cast;
  return duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

Result<bool> is_empty(Connection& connection) {
  for (const char* table : {"alembic_version", "migrate_version", "builders"}) {
    KILN_TRY(const bool found, has_table(connection, table));
    if (found) return false;
  }
  return true;
}

Result<std::unique_ptr<Connection>> open_checked(const DatabaseUrl& url, bool create) {
  const bool may_create = create || url.in_memory;
  KILN_TRY(auto connection, may_create ? connect_creating(url) : connect(url, Access::write));
  if (may_create) {
    KILN_TRY(const bool empty, is_empty(*connection));
    if (empty) KILN_TRY_VOID(create_schema(*connection));
  }
  KILN_TRY_VOID(check_version(*connection));
  KILN_TRY_VOID(add_own_objects(*connection));
  return connection;
}

}  // namespace

Result<std::unique_ptr<Database>> Database::open(Options options) {
  KILN_CHECK(options.post_to_loop != nullptr);
  KILN_TRY(DatabaseUrl url, parse_url(options.url, options.basedir));
  KILN_TRY(auto connection, open_checked(url, options.create));
  Writer::Options writer{std::move(url), std::move(options.post_to_loop), std::move(options.now),
                         std::move(options.on_unit_refused)};
  if (!writer.now) writer.now = system_now;
  return std::unique_ptr<Database>(new Database(std::move(writer), std::move(connection), options.reader_count));
}

Database::Database(Writer::Options options, std::unique_ptr<Connection> connection, int reader_count)
    : post_to_loop_(options.post_to_loop),
      writer_(options, std::move(connection)),
      readers_(options.url, reader_count),
      own_reader_(options.url) {}

Database::~Database() { shutdown(); }

Result<Snapshot> Database::start_master(const std::string& master_name, EpochSeconds now) {
  KILN_TRY(Snapshot snapshot, db::start_master(writer_.connection(), master_name, now));
  writer_.start(snapshot.master);
  return snapshot;
}

void Database::shutdown() {
  writer_.stop();
  readers_.stop();
}

Result<void> create_database(const std::string& url, const std::filesystem::path& basedir) {
  KILN_TRY(const DatabaseUrl parsed, parse_url(url, basedir));
  KILN_TRY(const auto connection, open_checked(parsed, true));
  return {};
}

}  // namespace kiln::db
