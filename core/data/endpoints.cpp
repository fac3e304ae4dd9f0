// SPDX-License-Identifier: MIT
#include "core/data/endpoint.h"
#include "core/data/handlers.h"
#include "core/model/resources.h"

namespace kiln::data {
namespace {

using Patterns = std::vector<std::string_view>;

template <class Row>
Endpoint list(Patterns patterns, Handler handler, bool is_root = false) {
  return {EndpointKind::collection, Resource<Row>::type, Resource<Row>::plural, field_infos<Row>,
          std::move(patterns),      handler,             is_root};
}
template <class Row>
Endpoint one(Patterns patterns, Handler handler) {
  return {EndpointKind::single, Resource<Row>::type, Resource<Row>::plural, field_infos<Row>,
          std::move(patterns),  handler,             false};
}
template <class Row>
Endpoint raw(EndpointKind kind, Patterns patterns) {
  return {kind, Resource<Row>::type, Resource<Row>::plural, field_infos<Row>, std::move(patterns), not_rows, false};
}
Endpoint properties(Patterns patterns) {
  return {EndpointKind::single, "sourcedproperties", "properties", {}, std::move(patterns), get_properties, false};
}

void add_build_endpoints(std::vector<Endpoint>& table) {
  table.push_back(one<Build>({"builds/n:buildid", "builders/n:builderid/builds/n:build_number",
                              "builders/s:buildername/builds/n:build_number"},
                             get_builds));
  table.push_back(list<Build>({"builds", "builders/n:builderid/builds", "builders/s:buildername/builds",
                               "buildrequests/n:buildrequestid/builds", "changes/n:changeid/builds",
                               "workers/n:workerid/builds"},
                              get_builds, true));
  table.push_back(list<Build>({"builds/n:buildid/triggered_builds"}, get_triggered_builds));
  table.push_back(one<BuildRequest>({"buildrequests/n:buildrequestid"}, get_buildrequests));
  for (Endpoint waiting : {one<WaitingRequestRow>({"buildrequests/n:buildrequestid/waiting"}, get_waiting),
                           list<WaitingRequestRow>({"builders/n:builderid/waiting"}, get_waiting)}) {
    waiting.is_own = true;
    table.push_back(std::move(waiting));
  }
  table.push_back(
      list<BuildRequest>({"buildrequests", "builders/n:builderid/buildrequests"}, get_buildrequests, true));
}

void add_builder_endpoints(std::vector<Endpoint>& table) {
  const Patterns data{"builders/n:builderid/builds/n:build_number/data",
                      "builders/s:buildername/builds/n:build_number/data", "builds/n:buildid/data"};
  table.push_back(list<BuildData>(data, get_build_data));
  table.push_back(one<BuildData>({"builders/n:builderid/builds/n:build_number/data/i:name",
                                  "builders/s:buildername/builds/n:build_number/data/i:name",
                                  "builds/n:buildid/data/i:name"},
                                 get_build_data));
  table.push_back(raw<BuildData>(EndpointKind::raw, {"builders/n:builderid/builds/n:build_number/data/i:name/value",
                                                     "builders/s:buildername/builds/n:build_number/data/i:name/value",
                                                     "builds/n:buildid/data/i:name/value"}));
  table.push_back(one<Builder>({"builders/n:builderid", "builders/s:buildername",
                                "masters/n:masterid/builders/n:builderid"},
                               get_builders));
  table.push_back(list<Builder>({"builders", "masters/n:masterid/builders", "projects/n:projectid/builders",
                                 "workers/n:workerid/builders"},
                                get_builders, true));
}

void add_code_endpoints(std::vector<Endpoint>& table) {
  table.push_back(one<Codebase>({"codebases/n:codebaseid", "projects/n:projectid/codebases/i:codebasename"},
                                get_codebases));
  table.push_back(list<Codebase>({"codebases"}, get_codebases, true));
  table.push_back(one<Commit>({"commits/n:commitid"}, get_commits));
  table.push_back(one<Commit>({"codebases/n:codebaseid/commits_by_revision/s:revision"}, get_commits));
  table.push_back(list<Commit>({"codebases/n:codebaseid/commits"}, get_commits));
  table.push_back(
      one<CommitGraph>({"codebases/n:codebaseid/commit_range/n:commitid1/n:commitid2/commits_common_parent"},
                       get_commit_graph));
  table.push_back(one<Branch>({"branches/n:branchid"}, get_branches));
  table.push_back(list<Branch>({"codebases/n:codebaseid/branches"}, get_branches));
}

void add_worker_endpoints(std::vector<Endpoint>& table) {
  table.push_back(one<Worker>(
      {"workers/n:workerid", "workers/i:name", "masters/n:masterid/workers/n:workerid",
       "masters/n:masterid/workers/i:name", "masters/n:masterid/builders/n:builderid/workers/n:workerid",
       "masters/n:masterid/builders/n:builderid/workers/i:name", "builders/n:builderid/workers/n:workerid",
       "builders/n:builderid/workers/i:name"},
      get_workers));
  table.push_back(list<Worker>({"workers", "masters/n:masterid/workers",
                                "masters/n:masterid/builders/n:builderid/workers", "builders/n:builderid/workers"},
                               get_workers, true));
}

void add_step_endpoints(std::vector<Endpoint>& table) {
  table.push_back(one<Step>(
      {"steps/n:stepid", "builds/n:buildid/steps/i:step_name", "builds/n:buildid/steps/n:step_number",
       "builders/n:builderid/builds/n:build_number/steps/i:step_name",
       "builders/n:builderid/builds/n:build_number/steps/n:step_number",
       "builders/s:buildername/builds/n:build_number/steps/i:step_name",
       "builders/s:buildername/builds/n:build_number/steps/n:step_number"},
      get_steps));
  table.push_back(list<Step>({"builds/n:buildid/steps", "builders/n:builderid/builds/n:build_number/steps",
                              "builders/s:buildername/builds/n:build_number/steps"},
                             get_steps));
  table.push_back(one<Log>({"logs/n:logid", "steps/n:stepid/logs/i:log_slug",
                            "builds/n:buildid/steps/i:step_name/logs/i:log_slug",
                            "builds/n:buildid/steps/n:step_number/logs/i:log_slug",
                            "builders/n:builderid/builds/n:build_number/steps/i:step_name/logs/i:log_slug",
                            "builders/n:builderid/builds/n:build_number/steps/n:step_number/logs/i:log_slug",
                            "builders/s:buildername/builds/n:build_number/steps/i:step_name/logs/i:log_slug",
                            "builders/s:buildername/builds/n:build_number/steps/n:step_number/logs/i:log_slug"},
                           get_logs));
  table.push_back(list<Log>({"steps/n:stepid/logs", "builds/n:buildid/steps/i:step_name/logs",
                             "builds/n:buildid/steps/n:step_number/logs",
                             "builders/n:builderid/builds/n:build_number/steps/i:step_name/logs",
                             "builders/n:builderid/builds/n:build_number/steps/n:step_number/logs",
                             "builders/s:buildername/builds/n:build_number/steps/i:step_name/logs",
                             "builders/s:buildername/builds/n:build_number/steps/n:step_number/logs"},
                            get_logs));
}

void add_log_text_endpoints(std::vector<Endpoint>& table) {
  Endpoint contents =
      one<LogContents>({"logchunks", "logs/n:logid/contents", "steps/n:stepid/logs/i:log_slug/contents",
                        "builds/n:buildid/steps/i:step_name/logs/i:log_slug/contents",
                        "builds/n:buildid/steps/n:step_number/logs/i:log_slug/contents",
                        "builders/n:builderid/builds/n:build_number/steps/i:step_name/logs/i:log_slug/contents",
                        "builders/n:builderid/builds/n:build_number/steps/n:step_number/logs/i:log_slug/contents"},
                       not_rows);
  contents.is_root = true;
  table.push_back(std::move(contents));
  table.push_back(raw<LogContents>(
      EndpointKind::raw, {"logs/n:logid/raw", "steps/n:stepid/logs/i:log_slug/raw",
                          "builds/n:buildid/steps/i:step_name/logs/i:log_slug/raw",
                          "builds/n:buildid/steps/n:step_number/logs/i:log_slug/raw",
                          "builders/n:builderid/builds/n:build_number/steps/i:step_name/logs/i:log_slug/raw",
                          "builders/n:builderid/builds/n:build_number/steps/n:step_number/logs/i:log_slug/raw"}));
  table.push_back(raw<LogContents>(
      EndpointKind::raw_inline,
      {"logs/n:logid/raw_inline", "steps/n:stepid/logs/i:log_slug/raw_inline",
       "builds/n:buildid/steps/i:step_name/logs/i:log_slug/raw_inline",
       "builds/n:buildid/steps/n:step_number/logs/i:log_slug/raw_inline",
       "builders/n:builderid/builds/n:build_number/steps/i:step_name/logs/i:log_slug/raw_inline",
       "builders/n:builderid/builds/n:build_number/steps/n:step_number/logs/i:log_slug/raw_inline"}));
}

void add_source_endpoints(std::vector<Endpoint>& table) {
  table.push_back(one<Buildset>({"buildsets/n:bsid"}, get_buildsets));
  table.push_back(list<Buildset>({"buildsets"}, get_buildsets, true));
  table.push_back(one<Change>({"changes/n:changeid"}, get_changes));
  table.push_back(list<Change>({"changes", "builders/n:builderid/builds/n:build_number/changes",
                                "builds/n:buildid/changes", "sourcestamps/n:ssid/changes"},
                               get_changes, true));
  table.push_back(one<ChangeSource>({"changesources/n:changesourceid",
                                     "masters/n:masterid/changesources/n:changesourceid"},
                                    get_changesources));
  table.push_back(list<ChangeSource>({"changesources", "masters/n:masterid/changesources"}, get_changesources, true));
  table.push_back(one<Master>({"masters/n:masterid", "builders/n:builderid/masters/n:masterid"}, get_masters));
  table.push_back(list<Master>({"masters", "builders/n:builderid/masters"}, get_masters, true));
  table.push_back(one<SourceStamp>({"sourcestamps/n:ssid"}, get_sourcestamps));
  table.push_back(list<SourceStamp>({"sourcestamps", "buildsets/:buildsetid/sourcestamps"}, get_sourcestamps, true));
}

void add_scheduler_endpoints(std::vector<Endpoint>& table) {
  table.push_back(one<Scheduler>({"schedulers/n:schedulerid", "masters/n:masterid/schedulers/n:schedulerid"},
                                 get_schedulers));
  table.push_back(list<Scheduler>({"schedulers", "masters/n:masterid/schedulers"}, get_schedulers, true));
  table.push_back(one<ForceScheduler>({"forceschedulers/i:schedulername"}, get_forceschedulers));
  Endpoint invariants = list<InvariantCheck>({"invariants"}, get_invariants);
  invariants.is_own = true;
  table.push_back(std::move(invariants));
  table.push_back(list<ForceScheduler>({"forceschedulers", "builders/:builderid/forceschedulers"},
                                       get_forceschedulers, true));
  table.push_back(list<RootLink>({""}, get_rootlinks));
  table.push_back(list<PathSpec>({"application.spec"}, get_spec));
  table.push_back(one<Project>({"projects/n:projectid", "projects/i:projectname"}, get_projects));
  table.push_back(list<Project>({"projects"}, get_projects, true));
}

void add_property_endpoints(std::vector<Endpoint>& table) {
  table.push_back(properties({"buildsets/n:bsid/properties"}));
  table.push_back(properties({"builders/n:builderid/builds/n:build_number/properties", "builds/n:buildid/properties"}));
  table.push_back(list<PropertyRow>({"builds/n:buildid/property_list", "buildsets/n:bsid/properties_list"},
                                    get_property_list));
  table.push_back(list<PropertyRow>({"changes/n:changeid/properties_list"}, get_change_property_list));
}

void add_test_result_endpoints(std::vector<Endpoint>& table) {
  table.push_back(list<TestResult>({"test_result_sets/n:test_result_setid/results"}, get_test_results));
  table.push_back(list<TestResultSet>({"test_result_sets", "builders/n:builderid/test_result_sets",
                                       "builders/s:buildername/test_result_sets", "builds/n:buildid/test_result_sets",
                                       "steps/n:stepid/test_result_sets"},
                                      get_test_result_sets));
  table.push_back(
      list<TestResultSet>({"codebases/n:codebaseid/commit_range/n:commitid1/n:commitid2/test_result_sets"},
                          get_test_result_sets));
  table.push_back(one<TestResultSet>({"test_result_sets/n:test_result_setid"}, get_test_result_sets));
}

}  // namespace

std::span<const Endpoint> endpoints() {
  static const auto* const table = [] {  // never freed: handlers may run during exit
    auto* made = new std::vector<Endpoint>;
    add_builder_endpoints(*made);
    add_build_endpoints(*made);
    add_code_endpoints(*made);
    add_worker_endpoints(*made);
    add_step_endpoints(*made);
    add_log_text_endpoints(*made);
    add_source_endpoints(*made);
    add_scheduler_endpoints(*made);
    add_property_endpoints(*made);
    add_test_result_endpoints(*made);
    return made;
  }();
  return *table;
}

}  // namespace kiln::data
