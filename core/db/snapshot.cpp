// SPDX-License-Identifier: MIT
#include "core/db/snapshot.h"

#include <algorithm>
#include <unordered_map>

#include "core/base/log.h"
#include "core/db/buildset_store.h"
#include "core/db/change_store.h"
#include "core/db/master_store.h"
#include "core/db/request_store.h"
#include "core/db/scheduler_store.h"
#include "core/db/stored_properties.h"
#include "core/db/worker_store.h"

namespace kiln::db {
namespace {

ResultSpec incomplete_only() {
  ResultSpec spec;
  spec.filters.push_back({"complete", FilterOp::eq, {Json(false)}});
  return spec;
}


bool is_before(const OpenBuildset& open, std::int64_t id) { return open.buildset.id.value < id; }

OpenBuildset* find(Snapshot& snapshot, std::int64_t id) {
  const auto found = std::lower_bound(snapshot.buildsets.begin(), snapshot.buildsets.end(), id, is_before);
  return found != snapshot.buildsets.end() && found->buildset.id.value == id ? &*found : nullptr;
}

// Of each source stamp the newest change, where there is one.
class NewestChanges {
 public:
  explicit NewestChanges(Connection& connection) : connection_(connection) {}

  Result<std::vector<Change>> of(const Buildset& buildset) {
    std::vector<Change> changes;
    for (const SourceStamp& stamp : buildset.sourcestamps) {
      KILN_TRY(const auto* change, of(stamp.id));
      if (*change) changes.push_back(**change);
    }
    return changes;
  }

 private:
  Result<const std::optional<Change>*> of(SourceStampId stamp) {
    if (const auto known = by_stamp_.find(stamp); known != by_stamp_.end()) return &known->second;
    ChangeScope scope;
    scope.sourcestamp = stamp;
    KILN_TRY(auto page, query_changes(connection_, scope, {}));
    std::optional<Change>& change = by_stamp_[stamp];
    if (!page.rows.empty()) change = std::move(page.rows.front());
    return &change;
  }

  Connection& connection_;
  std::unordered_map<SourceStampId, std::optional<Change>> by_stamp_;
};

Result<void> read_buildsets(Connection& connection, Snapshot& snapshot) {
  KILN_TRY(auto open, query_buildsets(connection, {}, incomplete_only()));
  for (Buildset& set : open.rows) snapshot.buildsets.push_back({std::move(set), {}, {}, Results::success});
  std::sort(snapshot.buildsets.begin(), snapshot.buildsets.end(),
            [](const OpenBuildset& a, const OpenBuildset& b) { return a.buildset.id < b.buildset.id; });
  return connection.each(
      "SELECT r.buildsetid, r.results FROM buildrequests r JOIN buildsets bs ON bs.id = r.buildsetid "
      "WHERE bs.complete = 0 AND r.complete = 1 AND r.results IS NOT NULL",
      {}, [&](const Row& row) {
        Results& worst = find(snapshot, row.integer(0))->worst;
        worst = worst_status(worst, static_cast<Results>(row.integer(1)));
      });
}

// A request's buildset may be complete all the same.
Result<bool> has_buildset(Connection& connection, Snapshot& snapshot, const BuildRequest& request) {
  const std::int64_t id = request.buildsetid.value;
  if (find(snapshot, id) != nullptr) return true;
  KILN_TRY(auto one, query_buildsets(connection, {.id = request.buildsetid}, {}));
  if (one.rows.empty()) return false;
  const auto place = std::lower_bound(snapshot.buildsets.begin(), snapshot.buildsets.end(), id, is_before);
  snapshot.buildsets.insert(place, {std::move(one.rows.front()), {}, {}, Results::success});
  return true;
}

Result<void> read_requests(Connection& connection, Snapshot& snapshot) {
  KILN_TRY(auto requests, query_requests(connection, {}, incomplete_only()));
  for (BuildRequest& request : requests.rows) {
    KILN_TRY(const bool is_whole, has_buildset(connection, snapshot, request));
    if (is_whole) {
      snapshot.requests.push_back(std::move(request));
    } else {
      log_warning("database: build request {} has no buildset: left alone", request.id.value);
    }
  }
  return {};
}

// What builds of the buildsets need.
Result<void> complete_buildsets(Connection& connection, Snapshot& snapshot) {
  KILN_TRY_VOID(connection.each(
      "SELECT buildsetid, property_name, property_value FROM buildset_properties WHERE buildsetid IN "
      "(SELECT buildsetid FROM buildrequests WHERE complete = 0)",
      {}, [&](const Row& row) {
        OpenBuildset* open = find(snapshot, row.integer(0));
        if (open != nullptr) set_stored_pair(open->properties, row.view(1), row.view(2));
      }));
  NewestChanges newest(connection);
  for (OpenBuildset& open : snapshot.buildsets) {
    KILN_TRY(open.changes, newest.of(open.buildset));
  }
  return {};
}

Result<void> read_classified_changes(Connection& connection, Snapshot& snapshot) {
  struct Classification {
    SchedulerId scheduler;
    ChangeId change;
    bool important;
  };
  KILN_TRY(const auto rows,
           rows_of(connection, "SELECT schedulerid, changeid, important FROM scheduler_changes ORDER BY schedulerid, changeid",
                   {}, [](const Row& row) {
                     return Classification{SchedulerId(row.integer(0)), ChangeId(row.integer(1)), row.flag(2)};
                   }));
  if (rows.empty()) return {};
  ResultSpec spec;
  Filter& filter = spec.filters.emplace_back(Filter{"changeid", FilterOp::in, {}});
  std::unordered_map<std::int64_t, Change> changes;
  const auto fetch = [&]() -> Result<void> {
    KILN_TRY(auto page, query_changes(connection, {}, spec));
    for (Change& change : page.rows) changes.emplace(change.id.value, std::move(change));
    filter.values.clear();
    return {};
  };
  constexpr std::size_t changes_a_time = 500;
  for (const auto& row : rows) {
    filter.values.emplace_back(row.change.value);
    if (filter.values.size() == changes_a_time) KILN_TRY_VOID(fetch());
  }
  if (!filter.values.empty()) KILN_TRY_VOID(fetch());
  for (const auto& row : rows) {
    if (const auto it = changes.find(row.change.value); it != changes.end()) {
      snapshot.classified_changes.push_back({row.scheduler, it->second, row.important});
    }
  }
  return {};
}

constexpr std::string_view scheduler_states =
    "SELECT o.name, o.class_name, s.name, s.value_json FROM object_state s JOIN objects o ON o.id = s.objectid "
    "WHERE s.name IN ('last_build', 'last_only_if_changed', 'lastTrigger', 'lastCodebases', 'upstream_bsids') "
    "ORDER BY o.id, s.name";

Result<void> read_states(Connection& connection, Snapshot& snapshot) {
  return connection.each(scheduler_states, {}, [&](const Row& row) {
    Result<Json> value = parse_json(row.view(3));
    if (value) {
      snapshot.states.push_back({row.text(0), row.text(1), row.text(2), std::move(*value)});
    } else {
      log_warning("database: the state \"{}\" of \"{}\" is no JSON: left out", row.view(2), row.view(0));
    }
  });
}

// Buildsets that were complete before a dependent scheduler could do its part.
Result<void> read_awaited_buildsets(Connection& connection, Snapshot& snapshot) {
  for (const StoredState& state : snapshot.states) {
    if (state.key != "upstream_bsids" || !state.value.is_array()) continue;
    for (const Json& id : state.value.get_array()) {
      if (!id.is_int64()) continue;
      KILN_TRY(auto page, query_buildsets(connection, {.id = BuildsetId(id.get_int64())}, {}));
      if (!page.rows.empty() && page.rows.front().complete) snapshot.awaited.push_back(std::move(page.rows.front()));
    }
  }
  return {};
}

}  // namespace

Result<Snapshot> start_master(Connection& connection, std::string_view master_name, EpochSeconds now) {
  KILN_TRY(Transaction transaction, Transaction::begin(connection));
  Snapshot snapshot;
  KILN_TRY(snapshot.master, master_row(connection, master_name, now));
  KILN_TRY(snapshot.reconciled_builds, end_master(connection, snapshot.master, now));
  KILN_TRY(const auto expired, expire_masters(connection, snapshot.master, now));
  snapshot.reconciled_builds.insert(snapshot.reconciled_builds.end(), expired.begin(), expired.end());
  KILN_TRY_VOID(mark_active(connection, snapshot.master, now));

  KILN_TRY_VOID(read_buildsets(connection, snapshot));
  KILN_TRY_VOID(read_requests(connection, snapshot));
  KILN_TRY_VOID(complete_buildsets(connection, snapshot));
  KILN_TRY_VOID(read_classified_changes(connection, snapshot));
  KILN_TRY_VOID(read_states(connection, snapshot));
  KILN_TRY_VOID(read_awaited_buildsets(connection, snapshot));
  KILN_TRY(auto workers, query_workers(connection, {}, {}));
  snapshot.workers = std::move(workers.rows);
  KILN_TRY(auto schedulers, query_schedulers(connection, {}, {}));
  snapshot.schedulers = std::move(schedulers.rows);
  KILN_TRY_VOID(transaction.commit());
  return snapshot;
}

}  // namespace kiln::db
