// SPDX-License-Identifier: MIT
#include "core/db/url.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>

#include "core/db/try.h"

namespace kiln::db {
namespace {

Error bad_url(std::string_view text, std::string_view why) {
  return make_error(Errc::bad_input, fmt::format("database url '{}': {}", text, why));
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 && hex_digit(text[i + 2]) >= 0) {
      out += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::pair<std::string_view, std::string_view> cut(std::string_view text, std::size_t at) {
  if (at == std::string_view::npos) return {text, {}};
  return {text.substr(0, at), text.substr(at + 1)};
}

// Arguments that mean something to Buildbot or its driver, and nothing here.
bool is_driver_argument(std::string_view name) {
  constexpr std::array names{"serialize_access", "max_idle", "storage_engine", "charset", "check_same_thread"};
  return std::any_of(names.begin(), names.end(), [&](std::string_view n) { return n == name; });
}

std::chrono::milliseconds milliseconds_of(const std::string& seconds, std::chrono::milliseconds fallback) {
  char* end = nullptr;
  const double value = std::strtod(seconds.c_str(), &end);
  const bool good = end != seconds.c_str() && *end == '\0' && value >= 0 && value < 1e6;
  return good ? std::chrono::milliseconds(static_cast<std::int64_t>(value * 1000)) : fallback;
}

std::vector<std::pair<std::string, std::string>> query_options(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> options;
  while (!query.empty()) {
    const auto [item, rest] = cut(query, query.find('&'));
    query = rest;
    const auto [name, value] = cut(item, item.find('='));
    if (!name.empty() && !is_driver_argument(name)) {
      options.emplace_back(percent_decoded(name), percent_decoded(value));
    }
  }
  return options;
}

Result<DatabaseUrl> parse_sqlite(std::string_view text, std::string_view rest, const std::filesystem::path& basedir) {
  const auto [path, query] = cut(rest, rest.find('?'));
  DatabaseUrl url;
  url.dialect = Dialect::sqlite;
  for (const auto& [name, value] : query_options(query)) {
    if (name == "timeout") url.lock_timeout = milliseconds_of(value, url.lock_timeout);
  }
  if (path.empty() || path == "/" || path == "/:memory:") {
    static std::atomic<int> count{0};
    url.in_memory = true;
    url.file = fmt::format("kiln-memory-{}", ++count);
    return url;
  }
  if (path.front() != '/') {
    return bad_url(text, "a file follows three slashes, as in sqlite:///state.sqlite");
  }
  url.file = (basedir / path.substr(1)).lexically_normal().string();
  return url;
}

void add_host(DatabaseUrl& url, std::string_view host_port) {
  if (host_port.empty()) return;
  std::string_view host = host_port;
  std::string_view port;
  const std::size_t bracket = host_port.rfind(']');  // [::1]:5432
  const std::size_t colon = host_port.rfind(':');
  if (colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket)) {
    std::tie(host, port) = cut(host_port, colon);
  }
  if (host.size() > 1 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  if (!host.empty()) url.options.emplace_back("host", percent_decoded(host));
  if (!port.empty()) url.options.emplace_back("port", std::string(port));
}

Result<DatabaseUrl> parse_postgresql(std::string_view rest) {
  DatabaseUrl url;
  url.dialect = Dialect::postgresql;
  const auto [address, query] = cut(rest, rest.find('?'));
  const auto [authority, database] = cut(address, address.find('/'));
  std::string_view host_port = authority;
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
    const auto [user, password] = cut(authority.substr(0, at), authority.substr(0, at).find(':'));
    host_port = authority.substr(at + 1);
    if (!user.empty()) url.options.emplace_back("user", percent_decoded(user));
    if (!password.empty()) url.options.emplace_back("password", percent_decoded(password));
  }
  add_host(url, host_port);
  if (!database.empty()) url.options.emplace_back("dbname", percent_decoded(database));
  for (auto& option : query_options(query)) url.options.push_back(std::move(option));
  return url;
}

}  // namespace

std::string DatabaseUrl::display() const {
  if (dialect == Dialect::sqlite) return in_memory ? "sqlite://" : file;
  const auto option = [&](std::string_view name) {
    const auto it = std::find_if(options.rbegin(), options.rend(), [&](const auto& o) { return o.first == name; });
    return it == options.rend() ? std::string() : it->second;
  };
  return fmt::format("postgresql://{}/{}", option("host"), option("dbname"));
}

Result<DatabaseUrl> parse_url(std::string_view text, const std::filesystem::path& basedir) {
  std::string whole(text);
  constexpr std::string_view placeholder = "%(basedir)s";
  for (std::size_t at = whole.find(placeholder); at != std::string::npos; at = whole.find(placeholder)) {
    whole.replace(at, placeholder.size(), basedir.string());
  }
  const std::size_t colon = whole.find("://");
  if (colon == std::string::npos) return bad_url(text, "not of the form sqlite:///state.sqlite");
  const std::string_view scheme = cut(std::string_view(whole).substr(0, colon), whole.substr(0, colon).find('+')).first;
  const std::string_view rest = std::string_view(whole).substr(colon + 3);
  if (scheme == "sqlite") return parse_sqlite(whole, rest, basedir);
  if (scheme == "postgresql" || scheme == "postgres") return parse_postgresql(rest);
  if (scheme == "mysql" || scheme == "mariadb") {
    return bad_url(scheme, "MySQL is not supported, use SQLite or PostgreSQL");
  }
  return bad_url(scheme, "unknown kind of database, use sqlite: or postgresql:");
}

}  // namespace kiln::db
