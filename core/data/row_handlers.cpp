// SPDX-License-Identifier: MIT
#include "core/data/handlers.h"
#include "core/data/scope_args.h"
#include "core/db/build_store.h"
#include "core/db/builder_store.h"
#include "core/db/buildset_store.h"
#include "core/db/change_store.h"
#include "core/db/log_store.h"
#include "core/db/master_store.h"
#include "core/db/request_store.h"
#include "core/db/scheduler_store.h"
#include "core/db/sourcestamp_store.h"
#include "core/db/step_store.h"
#include "core/db/worker_store.h"

// Endpoints whose rows are tables that db/ filters and pages.
namespace kiln::data {
namespace {

// The order, limit and offset of a query for one row mean nothing.
ResultSpec row_spec(const Query& query) {
  ResultSpec spec = query.spec;
  if (query.endpoint.kind != EndpointKind::collection) {
    spec.order.clear();
    spec.limit.reset();
    spec.offset.reset();
  }
  return spec;
}

template <class Row, class Scope>
Result<RowText> answer(const Query& query,
                       Result<Rows<Row>> (*read)(db::Connection&, const Scope&, const ResultSpec&),
                       const Scope& scope) {
  auto page = read(query.db, scope, row_spec(query));
  if (page.has_error()) return page.error();
  if (query.endpoint.kind != EndpointKind::collection) {
    page->total.reset();
    if (page->rows.size() > 1) page->rows.resize(1);
  }
  return to_text(*page, query.spec);
}

}  // namespace

Result<RowText> get_masters(const Query& query) {
  return answer(query, db::query_masters,
                db::MasterScope{.id = id_arg<MasterId>(query.args, "masterid"),
                                .builder = id_arg<BuilderId>(query.args, "builderid")});
}

Result<RowText> get_builders(const Query& query) {
  return answer(query, db::query_builders,
                db::BuilderScope{.id = id_arg<BuilderId>(query.args, "builderid"),
                                 .name = text_arg(query.args, "buildername"),
                                 .master = id_arg<MasterId>(query.args, "masterid"),
                                 .project = id_arg<ProjectId>(query.args, "projectid"),
                                 .worker = id_arg<WorkerId>(query.args, "workerid")});
}

Result<RowText> get_builds(const Query& query) {
  return answer(query, db::query_builds,
                db::BuildScope{.path = build_path(query.args),
                               .request = id_arg<RequestId>(query.args, "buildrequestid"),
                               .change = id_arg<ChangeId>(query.args, "changeid"),
                               .worker = id_arg<WorkerId>(query.args, "workerid"),
                               .triggered_by = std::nullopt});
}

Result<RowText> get_triggered_builds(const Query& query) {
  return answer(query, db::query_builds,
                db::BuildScope{.path = {},
                               .request = std::nullopt,
                               .change = std::nullopt,
                               .worker = std::nullopt,
                               .triggered_by = id_arg<BuildId>(query.args, "buildid")});
}

Result<RowText> get_buildrequests(const Query& query) {
  return answer(query, db::query_requests,
                db::RequestScope{.id = id_arg<RequestId>(query.args, "buildrequestid"),
                                 .builder = id_arg<BuilderId>(query.args, "builderid")});
}

Result<RowText> get_buildsets(const Query& query) {
  return answer(query, db::query_buildsets, db::BuildsetScope{.id = id_arg<BuildsetId>(query.args, "bsid")});
}

Result<RowText> get_changes(const Query& query) {
  return answer(query, db::query_changes,
                db::ChangeScope{.id = id_arg<ChangeId>(query.args, "changeid"),
                                .build = build_path(query.args),
                                .sourcestamp = id_arg<SourceStampId>(query.args, "ssid")});
}

Result<RowText> get_sourcestamps(const Query& query) {
  db::SourceStampScope scope{.id = id_arg<SourceStampId>(query.args, "ssid"), .buildset = std::nullopt};
  if (const std::string* buildset = query.args.text("buildsetid")) {
    scope.buildset = BuildsetId(std::atoll(buildset->c_str()));  // not a number: no such buildset
  }
  return answer(query, db::query_sourcestamps, scope);
}

Result<RowText> get_workers(const Query& query) {
  return answer(query, db::query_workers, worker_scope(query.args));
}

Result<RowText> get_steps(const Query& query) { return answer(query, db::query_steps, step_scope(query.args)); }

Result<RowText> get_logs(const Query& query) { return answer(query, db::query_logs, log_scope(query.args)); }

Result<RowText> get_schedulers(const Query& query) {
  return answer(query, db::query_schedulers,
                db::SchedulerScope{.id = id_arg<SchedulerId>(query.args, "schedulerid"),
                                   .master = id_arg<MasterId>(query.args, "masterid")});
}

Result<RowText> get_changesources(const Query& query) {
  return answer(query, db::query_change_sources,
                db::ChangeSourceScope{.id = id_arg<ChangeSourceId>(query.args, "changesourceid"),
                                      .master = id_arg<MasterId>(query.args, "masterid")});
}

}  // namespace kiln::data
