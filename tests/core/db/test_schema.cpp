// SPDX-License-Identifier: MIT
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/generators/catch_generators.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <fstream>
#include <set>
#include <sstream>

#include "core/db/schema.h"
#include "tests/core/db/database_host.h"

using namespace kiln;
using namespace kiln::testing;
using Catch::Matchers::ContainsSubstring;

namespace {

std::set<std::string> objects_of(db::Connection& connection) {
  std::set<std::string> objects;
  connection
      .each("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'kiln_%'", {},
            [&](const db::Row& row) { objects.insert(row.text(0)); })
      .value();
  return objects;
}

std::set<std::string> golden_objects() {
  std::ifstream file(KILN_TEST_DATA "/db/schema.sql");
  std::ostringstream text;
  text << file.rdbuf();
  std::set<std::string> objects;
  const std::string all = text.str();
  for (std::size_t start = 0, end; (end = all.find(";\n", start)) != std::string::npos; start = end + 2) {
    objects.insert(all.substr(start, end - start));
  }
  return objects;
}

Error open_error(const std::string& url, const std::filesystem::path& basedir) {
  db::Database::Options options;
  options.url = url;
  options.basedir = basedir;
  options.post_to_loop = [](const std::function<void()>&) {};
  auto result = db::Database::open(std::move(options));
  REQUIRE(result.has_error());
  return result.error();
}

}  // namespace

TEST_CASE("a fresh SQLite database has upstream's schema to the letter") {
  DatabaseHost host(Backend::sqlite_file);
  const auto objects = host.read([](db::Connection& connection) { return Result<std::set<std::string>>(objects_of(connection)); });
  const auto golden = golden_objects();
  REQUIRE(golden.size() > 90);
  CHECK(objects == golden);
}

TEST_CASE("a fresh PostgreSQL database has the same tables, columns and indexes") {
  DatabaseHost host(Backend::postgresql);
  DatabaseHost lite(Backend::sqlite_file);
  using Names = std::set<std::string>;
  const auto names = [](DatabaseHost& from, const std::string& sql) {
    return from.read([&](db::Connection& connection) -> Result<Names> {
      Names found;
      const auto result = connection.each(sql, {}, [&](const db::Row& row) { found.insert(row.text(0)); });
      if (result.has_error()) return result.error();
      return found;
    });
  };
  CHECK(names(host, "SELECT table_name || '.' || column_name || CASE is_nullable WHEN 'NO' THEN '!' ELSE '' END "
                    "FROM information_schema.columns WHERE table_schema = 'public'") ==
        names(lite, "SELECT t.name || '.' || c.name || CASE c.\"notnull\" WHEN 1 THEN '!' ELSE '' END "
                    "FROM sqlite_master t, pragma_table_info(t.name) c WHERE t.type = 'table'"));
  CHECK(names(host, "SELECT indexname FROM pg_indexes WHERE schemaname = 'public' AND indexname NOT LIKE '%_pkey' AND "
                    "indexname <> 'alembic_version_pkc'") ==
        names(lite, "SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"));
  CHECK(host.integer("SELECT count(*) FROM information_schema.table_constraints WHERE constraint_type = 'FOREIGN KEY'") ==
        lite.integer("SELECT count(*) FROM sqlite_master t, pragma_foreign_key_list(t.name) WHERE t.type = 'table'"));
}

TEST_CASE("a database that is not ours to open is refused with a reason") {
  const TemporaryDirectory directory;
  SECTION("missing") {
    const Error error = open_error("sqlite:///state.sqlite", directory.path());
    CHECK(error.code == Errc::not_found);
    CHECK_THAT(error.what, ContainsSubstring("state.sqlite does not exist"));
  }
  SECTION("of another version") {
    REQUIRE(db::create_database("sqlite:///state.sqlite", directory.path()).has_value());
    db::connect(db::parse_url("sqlite:///state.sqlite", directory.path()).value(), db::Access::write)
        .value()->run("UPDATE alembic_version SET version_num = ?", "066").value();
    const Error error = open_error("sqlite:///state.sqlite", directory.path());
    CHECK(error.code == Errc::not_supported);
    CHECK_THAT(error.what, ContainsSubstring("database version is 066, need 067: run"));
  }
  SECTION("not writable") {
    REQUIRE(db::create_database("sqlite:///state.sqlite", directory.path()).has_value());
    namespace fs = std::filesystem;
    fs::permissions(directory.path(), fs::perms(0755));
    fs::permissions(directory.path() / "state.sqlite", fs::perms(0444));
    // Root may write to anything, so somebody else looks.
    const pid_t child = fork();
    if (child == 0) {
      if (geteuid() == 0 && setuid(65534) != 0) _exit(2);
      const auto result = db::connect(db::parse_url("sqlite:///state.sqlite", directory.path()).value(), db::Access::write);
      const bool refused = result.has_error() && result.error().code == Errc::storage_full &&
                           result.error().what.find("not writable") != std::string::npos;
      _exit(refused ? 0 : 1);
    }
    int status = -1;
    waitpid(child, &status, 0);
    CHECK(status == 0);
  }
  SECTION("empty") {
    std::ofstream(directory.path() / "state.sqlite").flush();
    CHECK_THAT(open_error("sqlite:///state.sqlite", directory.path()).what, ContainsSubstring("has no tables"));
  }
  SECTION("not a database") {
    std::ofstream(directory.path() / "state.sqlite") << std::string(4096, 'x');
    CHECK_THAT(open_error("sqlite:///state.sqlite", directory.path()).what, ContainsSubstring("not a database"));
  }
  SECTION("a directory") {
    CHECK_THAT(open_error("sqlite:////tmp", directory.path()).what, ContainsSubstring("cannot open database"));
  }
  SECTION("no server") {
    const Error error = open_error("postgresql://u@/db?host=" + directory.path().string(), directory.path());
    CHECK(error.code == Errc::broken);
    CHECK_THAT(error.what, ContainsSubstring("cannot connect to postgresql://"));
  }
}

TEST_CASE("database urls") {
  const auto parsed = [](const char* text) { return db::parse_url(text, "/base"); };
  CHECK(parsed("sqlite:///state.sqlite").value().file == "/base/state.sqlite");
  CHECK(parsed("sqlite:////srv/db.sqlite?timeout=5").value().file == "/srv/db.sqlite");
  CHECK(parsed("sqlite:///a.sqlite?timeout=0.5").value().lock_timeout == std::chrono::milliseconds(500));
  CHECK(parsed("sqlite:///%(basedir)s/x.sqlite").value().file == "/base/x.sqlite");
  CHECK(parsed("sqlite://").value().in_memory);
  const auto server = parsed("postgresql+psycopg2://us%40er:p%3Aw@db.example:5433/bb?sslmode=require&max_idle=3").value();
  using Options = std::vector<std::pair<std::string, std::string>>;
  CHECK(server.options == Options{{"user", "us@er"}, {"password", "p:w"}, {"host", "db.example"}, {"port", "5433"}, {"dbname", "bb"}, {"sslmode", "require"}});
  CHECK_THAT(server.display(), !ContainsSubstring("p:w"));
  CHECK(parsed("postgresql://[::1]:5432/bb").value().options == Options{{"host", "::1"}, {"port", "5432"}, {"dbname", "bb"}});
  CHECK_THAT(parsed("mysql://u:secret@h/bb").error().what, ContainsSubstring("MySQL is not supported") && !ContainsSubstring("secret"));
  CHECK_THAT(parsed("oracle://h/bb").error().what, ContainsSubstring("unknown kind"));
  CHECK_THAT(parsed("state.sqlite").error().what, ContainsSubstring("not of the form"));
}
