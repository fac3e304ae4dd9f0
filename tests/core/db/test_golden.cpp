// SPDX-License-Identifier: MIT
#include <algorithm>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "core/db/build_store.h"
#include "core/db/builder_store.h"
#include "core/db/buildset_store.h"
#include "core/db/change_store.h"
#include "core/db/log_store.h"
#include "core/db/master_store.h"
#include "core/db/request_store.h"
#include "core/db/scheduler_store.h"
#include "core/db/sourcestamp_store.h"
#include "core/db/state_store.h"
#include "core/db/step_store.h"
#include "core/db/worker_store.h"
#include "core/model/row_json.h"
#include "tests/core/db/database_host.h"

using namespace kiln;
using namespace kiln::testing;

// The database that Buildbot 4.3.0 left behind, and what its REST interface had answered from it.
namespace {

struct Request {
  std::vector<std::string> path;
  std::vector<std::pair<std::string, std::string>> args;
};

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, separator);) parts.push_back(part);
  return parts;
}

Request parse_request(const std::string& url) {
  const std::size_t mark = url.find('?');
  Request request;
  request.path = split(url.substr(1, mark == std::string::npos ? mark : mark - 1), '/');
  if (mark == std::string::npos) return request;
  for (const std::string& item : split(url.substr(mark + 1), '&')) {
    const std::size_t equals = item.find('=');
    request.args.emplace_back(item.substr(0, equals), item.substr(equals + 1));
  }
  return request;
}

FilterOp op_of(const std::string& name) {
  const std::vector<std::string> names{"eq", "ne", "lt", "le", "gt", "ge", "contains", "in", "notin"};
  return static_cast<FilterOp>(std::find(names.begin(), names.end(), name) - names.begin());
}

template <class Row>
Json value_of(const std::string& field, const std::string& text) {
  for (const FieldInfo& info : field_infos<Row>) {
    if (info.name != field) continue;
    if (info.type == FieldType::boolean) return text == "true";
    if (info.type == FieldType::integer || info.type == FieldType::datetime) return std::stoll(text);
  }
  return Json(text);
}

template <class Row>
ResultSpec spec_of(const Request& request) {
  ResultSpec spec;
  for (const auto& [name, value] : request.args) {
    if (name == "limit") {
      spec.limit = std::stoll(value);
    } else if (name == "offset") {
      spec.offset = std::stoll(value);
    } else if (name == "field") {
      spec.fields.push_back(value);
    } else if (name == "property") {
      spec.properties.push_back(value);
    } else if (name == "order") {
      const bool descending = value.front() == '-';
      spec.order.push_back({value.substr(descending ? 1 : 0), descending});
    } else {
      const std::size_t mark = name.find("__");
      const std::string field = name.substr(0, mark);
      const FilterOp op = mark == std::string::npos ? FilterOp::eq : op_of(name.substr(mark + 2));
      const auto same = std::find_if(spec.filters.begin(), spec.filters.end(),
                                     [&](const Filter& f) { return f.field == field && f.op == op; });
      Filter& filter = same == spec.filters.end() ? spec.filters.emplace_back(Filter{field, op, {}}) : *same;
      filter.values.push_back(value_of<Row>(field, value));
    }
  }
  return spec;
}

bool is_number(const std::string& text) { return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; }); }

template <class IdType>
std::optional<IdType> id_at(const Request& request, const std::string& parent) {
  for (std::size_t i = 0; i + 1 < request.path.size(); ++i) {
    if (request.path[i] == parent && is_number(request.path[i + 1])) return IdType(std::stoll(request.path[i + 1]));
  }
  return std::nullopt;
}
std::optional<std::string> name_at(const Request& request, const std::string& parent) {
  for (std::size_t i = 0; i + 1 < request.path.size(); ++i) {
    if (request.path[i] == parent && !is_number(request.path[i + 1])) return request.path[i + 1];
  }
  return std::nullopt;
}
std::optional<std::int64_t> value_of(std::optional<Id<struct AnyTag>> id) {
  return id ? std::optional(id->value) : std::nullopt;
}
std::optional<std::int64_t> number_at(const Request& request, const std::string& parent) {
  return value_of(id_at<Id<struct AnyTag>>(request, parent));
}

db::BuildPath build_path(const Request& request) {
  db::BuildPath path{.id = {}, .builder = id_at<BuilderId>(request, "builders"), .builder_name = name_at(request, "builders"), .number = {}};
  if (path.builder || path.builder_name) {
    path.number = number_at(request, "builds");
  } else {
    path.id = id_at<BuildId>(request, "builds");
  }
  return path;
}
db::StepScope step_scope(const Request& request) {
  db::StepScope scope{.id = {}, .build = build_path(request), .number = {}, .name = name_at(request, "steps")};
  if (scope.build.empty()) {
    scope.id = id_at<StepId>(request, "steps");
  } else {
    scope.number = number_at(request, "steps");
  }
  return scope;
}

// What depends on which masters and workers were there at the time; and a patch's bytes, which upstream's REST loses.
void drop_live_values(Json& row) {
  if (Json* stamps = row.get_object().if_contains("sourcestamps"); stamps != nullptr) {
    for (Json& stamp : stamps->as_array()) drop_live_values(stamp);
  }
  if (Json* patch = row.get_object().if_contains("patch"); patch != nullptr && patch->is_object()) {
    patch->get_object().erase("body");
  }
  for (const char* key : {"masterids", "master", "active", "last_active", "connected_to", "configured_on"}) {
    row.get_object().erase(key);
  }
}

template <class Row, class Scope>
Json answer_of(DatabaseHost& host, const Request& request, const Scope& scope,
               Result<Rows<Row>> (*query)(db::Connection&, const Scope&, const ResultSpec&), bool is_collection) {
  const ResultSpec spec = spec_of<Row>(request);
  const auto page = host.read([&](db::Connection& connection) { return query(connection, scope, spec); });
  JsonArray rows;
  for (const Row& row : page.rows) {
    std::string text;
    append_row(text, row, field_mask<Row>(spec.fields));
    rows.push_back(parse_json(text).value());
    drop_live_values(rows.back());
  }
  JsonObject meta;
  if (is_collection) meta["total"] = page.total.value();
  return JsonObject{{std::string(Resource<Row>::plural), rows}, {"meta", meta}};
}

Json answer_of(DatabaseHost& host, const Request& request) {
  const bool one = request.path.size() > 1 && request.path.size() % 2 == 0;
  const std::string kind = request.path[request.path.size() - (one ? 2 : 1)];
  const auto ask = [&](const auto& scope, auto query) { return answer_of(host, request, scope, query, !one); };
  if (kind == "builders") {
    return ask(db::BuilderScope{.id = id_at<BuilderId>(request, "builders"), .name = name_at(request, "builders"),
                                .master = {}, .project = {}, .worker = id_at<WorkerId>(request, "workers")},
               db::query_builders);
  }
  if (kind == "triggered_builds") {
    return ask(db::BuildScope{.path = {}, .request = {}, .change = {}, .worker = {}, .triggered_by = id_at<BuildId>(request, "builds")}, db::query_builds);
  }
  if (kind == "builds") {
    return ask(db::BuildScope{.path = build_path(request), .request = id_at<RequestId>(request, "buildrequests"),
                              .change = id_at<ChangeId>(request, "changes"),
                              .worker = id_at<WorkerId>(request, "workers"), .triggered_by = {}},
               db::query_builds);
  }
  if (kind == "steps") return ask(step_scope(request), db::query_steps);
  if (kind == "logs") {
    return ask(db::LogScope{.id = id_at<LogId>(request, "logs"), .step = step_scope(request), .slug = name_at(request, "logs")},
               db::query_logs);
  }
  if (kind == "buildrequests") {
    return ask(db::RequestScope{.id = id_at<RequestId>(request, "buildrequests"), .builder = id_at<BuilderId>(request, "builders")},
               db::query_requests);
  }
  if (kind == "buildsets") return ask(db::BuildsetScope{.id = id_at<BuildsetId>(request, "buildsets")}, db::query_buildsets);
  if (kind == "sourcestamps") {
    return ask(db::SourceStampScope{.id = id_at<SourceStampId>(request, "sourcestamps"), .buildset = id_at<BuildsetId>(request, "buildsets")},
               db::query_sourcestamps);
  }
  if (kind == "changes") {
    return ask(db::ChangeScope{.id = id_at<ChangeId>(request, "changes"), .build = build_path(request),
                               .sourcestamp = id_at<SourceStampId>(request, "sourcestamps")},
               db::query_changes);
  }
  if (kind == "workers") {
    return ask(db::WorkerScope{.id = id_at<WorkerId>(request, "workers"), .name = {}, .master = {}, .builder = id_at<BuilderId>(request, "builders")},
               db::query_workers);
  }
  if (kind == "masters") return ask(db::MasterScope{.id = id_at<MasterId>(request, "masters"), .builder = id_at<BuilderId>(request, "builders")}, db::query_masters);
  if (kind == "schedulers") return ask(db::SchedulerScope{.id = id_at<SchedulerId>(request, "schedulers"), .master = {}}, db::query_schedulers);
  if (kind == "changesources") return ask(db::ChangeSourceScope{.id = id_at<ChangeSourceId>(request, "changesources"), .master = {}}, db::query_change_sources);
  throw std::runtime_error("no rule for " + kind);
}

// Upstream's live associations while it answered: the stop of the master had removed them from the file.
void restore_associations(DatabaseHost& host) {
  const auto connection = host.connect();
  connection->script(
      "DELETE FROM builder_masters; INSERT INTO builder_masters VALUES (1,4,1),(2,6,1),(3,3,1),(4,2,1),(5,5,1),(6,1,1);"
      "INSERT INTO configured_workers VALUES (1,2,3),(2,5,3),(3,4,1),(4,1,2),(5,3,2),(6,5,2),(7,6,2);"
      "UPDATE masters SET active = 1 WHERE id = 1; UPDATE masters SET active = 0 WHERE id <> 1;").value();
}

std::string golden_copy(const TemporaryDirectory& directory) {
  std::filesystem::copy_file(KILN_TEST_DATA "/db/golden.sqlite", directory.path() / "state.sqlite");
  std::filesystem::permissions(directory.path() / "state.sqlite", std::filesystem::perms::owner_write, std::filesystem::perm_options::add);
  return "sqlite:///" + (directory.path() / "state.sqlite").string();
}

}  // namespace

TEST_CASE("queries on an upstream database give what upstream's REST interface gave") {
  const TemporaryDirectory directory;
  DatabaseHost host(golden_copy(directory));
  restore_associations(host);
  host.connect()->run("DELETE FROM masters WHERE id <> 1").value();  // the one that opened it just now
  std::ifstream file(KILN_TEST_DATA "/db/rest.json");
  std::ostringstream text;
  text << file.rdbuf();
  const Json golden = parse_json(text.str()).value();
  int compared = 0;
  for (const Json& item : golden.as_array()) {
    const std::string url(item.at("url").as_string());
    const Request request = parse_request(url);
    if (request.path.back() == "properties") continue;  // below
    CAPTURE(url);
    Json expected = item.at("body");
    for (auto& [key, value] : expected.as_object()) {
      if (!value.is_array()) continue;
      for (Json& row : value.as_array()) drop_live_values(row);
    }
    std::string ours, theirs;
    append_sorted_json(ours, answer_of(host, request));
    append_sorted_json(theirs, expected);
    CHECK(ours == theirs);
    ++compared;
  }
  CHECK(compared > 100);
}

TEST_CASE("properties, tags, lists and state of an upstream database") {
  const TemporaryDirectory directory;
  DatabaseHost host(golden_copy(directory));
  restore_associations(host);
  std::ifstream file(KILN_TEST_DATA "/db/rest.json");
  std::ostringstream text;
  text << file.rdbuf();
  int compared = 0;
  const Json golden = parse_json(text.str()).value();
  for (const Json& item : golden.as_array()) {
    const Request request = parse_request(std::string(item.at("url").as_string()));
    if (request.path.back() != "properties") continue;
    const std::int64_t id = std::stoll(request.path[1]);
    const auto properties = host.read([&](db::Connection& connection) {
      return request.path[0] == "builds" ? db::query_build_properties(connection, BuildId(id))
                                         : db::query_buildset_properties(connection, BuildsetId(id));
    });
    std::string ours, theirs;
    append_properties_json(ours, properties);
    append_sorted_json(theirs, item.at("body").at("properties").at(0));
    CHECK(ours == theirs);
    ++compared;
  }
  CHECK(compared == 2);
  const auto builders = host.read([](db::Connection& connection) { return db::query_builders(connection, {.id = {}, .name = "main", .master = {}, .project = {}, .worker = {}}, {}); });
  REQUIRE(builders.rows.size() == 1);
  CHECK(builders.rows[0].masterids == std::vector{MasterId(1)});
  const auto workers = host.read([](db::Connection& connection) { return db::query_workers(connection, {.id = WorkerId(2), .name = {}, .master = {}, .builder = {}}, {}); });
  CHECK(workers.rows.at(0).configured_on.size() == 4);
  const auto stamp = host.read([](db::Connection& connection) { return db::query_sourcestamps(connection, {.id = SourceStampId(10), .buildset = {}}, {}); });
  CHECK(stamp.rows.at(0).patch.value().body == "--- a.txt\n+++ a.txt\n@@ -1 +1 @@\n-a\n+A\n");
  const auto secret = host.read([](db::Connection& connection) { return db::get_state(connection, "www", "buildbot.www.service.WWWService", "session_secret"); });
  CHECK(secret == Json("4f4870aef8f5b4c9f1c83e8edb0b460e"));
  CHECK(host.read([](db::Connection& connection) { return db::get_state(connection, "www", "x", "session_secret"); }) == std::nullopt);
}

TEST_CASE("a master starts on an upstream database and gives it back") {
  const TemporaryDirectory directory;
  DatabaseHost host(golden_copy(directory));
  const Snapshot& snapshot = host.snapshot();
  REQUIRE(snapshot.requests.size() == 1);
  CHECK(snapshot.requests[0].id == RequestId(1));
  REQUIRE(snapshot.buildsets.size() == 1);
  CHECK(snapshot.buildsets[0].buildset.sourcestamps.size() == 1);
  CHECK(snapshot.buildsets[0].properties.find("scheduler")->value == Json("hourly"));
  CHECK(snapshot.classified_changes.size() == 5);
  CHECK(snapshot.workers.size() == 3);
  CHECK(snapshot.schedulers.size() == 11);
  CHECK(snapshot.reconciled_builds.empty());
  // Hashes are upstream's: the same names are found, not added.
  writes::ApplyConfig config;
  config.builders.push_back({.name = "main", .description = {}, .description_format = {}, .description_html = {}, .tags = {"tagA"}, .worker_names = {"w-pb"}});
  config.workers = {{"w-pb", "buildbot.worker.base.Worker"}};
  CHECK(write_now(host, config).child_ids == std::vector<std::int64_t>{4, 2});
  writes::AddBuildset set = buildset_for({BuilderId(4)}, "abc123");
  set.buildset.sourcestamps[0].project = "proj-a";
  CHECK(write_now(host, set).child_ids.at(1) == 2);
  write_now(host, writes::StopMaster{3000});
  for (const char* table : {"builder_masters", "configured_workers", "connected_workers", "scheduler_masters", "changesource_masters"}) {
    CHECK(host.integer(std::string("SELECT count(*) FROM ") + table) == 0);
  }
  CHECK(host.integer("SELECT count(*) FROM masters WHERE active = 1") == 0);
}
