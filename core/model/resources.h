// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <string_view>
#include <tuple>
#include <utility>

#include "core/model/field.h"

// The one resource table: each REST type once (reference/rest.md section 3). Whoever writes JSON, parses filters, maps
// fields to SQL or describes the interface iterates it; a new field is one line here.
namespace kiln {

// Resource<Row>::type, plural, fields (a tuple of Field in upstream's order), event_paths (`:field` is filled in).
template <class Row>
struct Resource;

template <std::size_t N>
using Paths = std::array<std::string_view, N>;

template <>
struct Resource<Master> {
  static constexpr std::string_view type = "master", plural = "masters";
  static constexpr std::tuple fields{
      field("masterid", &Master::id), field("name", &Master::name), field("active", &Master::active),
      field_as(FieldType::datetime, "last_active", &Master::last_active)};
  static constexpr Paths<1> event_paths{"masters/:masterid"};
};

template <>
struct Resource<Builder> {
  static constexpr std::string_view type = "builder", plural = "builders";
  static constexpr std::tuple fields{field("builderid", &Builder::id),
                                     field("name", &Builder::name),
                                     field("masterids", &Builder::masterids),
                                     field("description", &Builder::description),
                                     field("description_format", &Builder::description_format),
                                     field("description_html", &Builder::description_html),
                                     field("projectid", &Builder::projectid),
                                     field("tags", &Builder::tags)};
  static constexpr Paths<1> event_paths{"builders/:builderid"};
};

template <>
struct Resource<ConfiguredOn> {
  static constexpr std::string_view type = "master_builder", plural = "master_builders";
  static constexpr std::tuple fields{field("masterid", &ConfiguredOn::masterid),
                                     field("builderid", &ConfiguredOn::builderid)};
  static constexpr Paths<0> event_paths{};
};

template <>
struct Resource<Worker> {
  static constexpr std::string_view type = "worker", plural = "workers";
  static constexpr std::tuple fields{field("workerid", &Worker::id),
                                     field("name", &Worker::name),
                                     entity_field("connected_to", "master_id", &Worker::connected_to),
                                     entity_field("configured_on", "master_builder", &Worker::configured_on),
                                     field("workerinfo", &Worker::workerinfo),
                                     field("paused", &Worker::paused),
                                     field("pause_reason", &Worker::pause_reason),
                                     field("graceful", &Worker::graceful)};
  static constexpr Paths<1> event_paths{"workers/:workerid"};
};

template <>
struct Resource<Patch> {
  static constexpr std::string_view type = "patch", plural = "patches";
  static constexpr std::tuple fields{field("patchid", &Patch::id),     field_as(FieldType::binary, "body", &Patch::body),
                                     field("level", &Patch::level),    field("subdir", &Patch::subdir),
                                     field("author", &Patch::author),  field("comment", &Patch::comment)};
  static constexpr Paths<0> event_paths{};
};

template <>
struct Resource<SourceStamp> {
  static constexpr std::string_view type = "sourcestamp", plural = "sourcestamps";
  static constexpr std::tuple fields{
      field("ssid", &SourceStamp::id),
      field("revision", &SourceStamp::revision),
      field("branch", &SourceStamp::branch),
      field("repository", &SourceStamp::repository),
      field("project", &SourceStamp::project),
      field("codebase", &SourceStamp::codebase),
      entity_field("patch", "patch", &SourceStamp::patch),
      field_as(FieldType::datetime, "created_at", &SourceStamp::created_at)};
  static constexpr Paths<0> event_paths{};
};

template <>
struct Resource<Change> {
  static constexpr std::string_view type = "change", plural = "changes";
  static constexpr std::tuple fields{field("changeid", &Change::id),
                                     field("parent_changeids", &Change::parent_changeids),
                                     field("author", &Change::author),
                                     field("committer", &Change::committer),
                                     field("files", &Change::files),
                                     field("comments", &Change::comments),
                                     field("revision", &Change::revision),
                                     field("when_timestamp", &Change::when_timestamp),
                                     field("branch", &Change::branch),
                                     field("category", &Change::category),
                                     field("revlink", &Change::revlink),
                                     field("properties", &Change::properties),
                                     field("repository", &Change::repository),
                                     field("project", &Change::project),
                                     field("codebase", &Change::codebase),
                                     entity_field("sourcestamp", "sourcestamp", &Change::sourcestamp)};
  static constexpr Paths<1> event_paths{"changes/:changeid"};
};

template <>
struct Resource<Buildset> {
  static constexpr std::string_view type = "buildset", plural = "buildsets";
  static constexpr std::tuple fields{field("bsid", &Buildset::id),
                                     field("external_idstring", &Buildset::external_idstring),
                                     field("reason", &Buildset::reason),
                                     field("rebuilt_buildid", &Buildset::rebuilt_buildid),
                                     field("submitted_at", &Buildset::submitted_at),
                                     field("complete", &Buildset::complete),
                                     field("complete_at", &Buildset::complete_at),
                                     field("results", &Buildset::results),
                                     entity_field("sourcestamps", "sourcestamp", &Buildset::sourcestamps),
                                     field("parent_buildid", &Buildset::parent_buildid),
                                     field("parent_relationship", &Buildset::parent_relationship)};
  static constexpr Paths<1> event_paths{"buildsets/:bsid"};
};

template <>
struct Resource<BuildRequest> {
  static constexpr std::string_view type = "buildrequest", plural = "buildrequests";
  static constexpr std::tuple fields{
      field("buildrequestid", &BuildRequest::id),
      field("buildsetid", &BuildRequest::buildsetid),
      field("builderid", &BuildRequest::builderid),
      field("priority", &BuildRequest::priority),
      field("claimed", &BuildRequest::claimed),
      field_as(FieldType::datetime, "claimed_at", &BuildRequest::claimed_at),
      field("claimed_by_masterid", &BuildRequest::claimed_by_masterid),
      field("complete", &BuildRequest::complete),
      field("results", &BuildRequest::results),
      field_as(FieldType::datetime, "submitted_at", &BuildRequest::submitted_at),
      field_as(FieldType::datetime, "complete_at", &BuildRequest::complete_at),
      field("waited_for", &BuildRequest::waited_for),
      field("properties", &BuildRequest::properties)};
  static constexpr Paths<3> event_paths{
      "buildsets/:buildsetid/builders/:builderid/buildrequests/:buildrequestid", "buildrequests/:buildrequestid",
      "builders/:builderid/buildrequests/:buildrequestid"};
};

template <>
struct Resource<Build> {
  static constexpr std::string_view type = "build", plural = "builds";
  static constexpr std::tuple fields{field("buildid", &Build::id),
                                     field("number", &Build::number),
                                     field("builderid", &Build::builderid),
                                     field("buildrequestid", &Build::buildrequestid),
                                     field("workerid", &Build::workerid),
                                     field("masterid", &Build::masterid),
                                     field_as(FieldType::datetime, "started_at", &Build::started_at),
                                     field("complete", &Build::complete),
                                     field_as(FieldType::datetime, "complete_at", &Build::complete_at),
                                     field("locks_duration_s", &Build::locks_duration_s),
                                     field("results", &Build::results),
                                     field("state_string", &Build::state_string),
                                     field("properties", &Build::properties)};
  static constexpr Paths<3> event_paths{"builders/:builderid/builds/:number", "builds/:buildid",
                                        "workers/:workerid/builds/:buildid"};
};

template <>
struct Resource<Url> {
  static constexpr std::string_view type = "Url", plural = "Urls";
  static constexpr std::tuple fields{field("name", &Url::name), field("url", &Url::url)};
  static constexpr Paths<0> event_paths{};
};

template <>
struct Resource<Step> {
  static constexpr std::string_view type = "step", plural = "steps";
  static constexpr std::tuple fields{field("stepid", &Step::id),
                                     field("number", &Step::number),
                                     field_as(FieldType::identifier, "name", &Step::name),
                                     field("buildid", &Step::buildid),
                                     field_as(FieldType::datetime, "started_at", &Step::started_at),
                                     field_as(FieldType::datetime, "locks_acquired_at", &Step::locks_acquired_at),
                                     field("complete", &Step::complete),
                                     field_as(FieldType::datetime, "complete_at", &Step::complete_at),
                                     field("results", &Step::results),
                                     field("state_string", &Step::state_string),
                                     entity_field("urls", "Url", &Step::urls),
                                     field("hidden", &Step::hidden)};
  static constexpr Paths<2> event_paths{"builds/:buildid/steps/:stepid", "steps/:stepid"};
};

template <>
struct Resource<Log> {
  static constexpr std::string_view type = "log", plural = "logs";
  static constexpr std::tuple fields{field("logid", &Log::id),
                                     field("name", &Log::name),
                                     field_as(FieldType::identifier, "slug", &Log::slug),
                                     field("stepid", &Log::stepid),
                                     field("complete", &Log::complete),
                                     field("num_lines", &Log::num_lines),
                                     field("type", &Log::type)};
  static constexpr Paths<2> event_paths{"logs/:logid", "steps/:stepid/logs/:slug"};
};

template <>
struct Resource<LogContents> {
  static constexpr std::string_view type = "logchunk", plural = "logchunks";
  static constexpr std::tuple fields{field("logid", &LogContents::logid), field("firstline", &LogContents::firstline),
                                     field("content", &LogContents::content)};
  static constexpr Paths<0> event_paths{};
};

template <>
struct Resource<Scheduler> {
  static constexpr std::string_view type = "scheduler", plural = "schedulers";
  static constexpr std::tuple fields{field("schedulerid", &Scheduler::id), field("name", &Scheduler::name),
                                     field("enabled", &Scheduler::enabled),
                                     entity_field("master", "master", &Scheduler::master)};
  static constexpr Paths<1> event_paths{"schedulers/:schedulerid"};
};

template <>
struct Resource<ForceScheduler> {
  static constexpr std::string_view type = "forcescheduler", plural = "forceschedulers";
  static constexpr std::tuple fields{
      field_as(FieldType::identifier, "name", &ForceScheduler::name),
      field("button_name", &ForceScheduler::button_name),
      field("label", &ForceScheduler::label),
      field_as(FieldType::list_of_identifier, "builder_names", &ForceScheduler::builder_names),
      field("enabled", &ForceScheduler::enabled),
      field_as(FieldType::list_of_json, "all_fields", &ForceScheduler::all_fields)};
  static constexpr Paths<0> event_paths{};
};

template <>
struct Resource<WaitingRequestRow> {
  static constexpr std::string_view type = "waitingrequest", plural = "waitingrequests";
  static constexpr std::tuple fields{
      field("buildrequestid", &WaitingRequestRow::id), field("builderid", &WaitingRequestRow::builderid),
      field("position", &WaitingRequestRow::position), field("text", &WaitingRequestRow::text),
      field_as(FieldType::list_of_json, "reasons", &WaitingRequestRow::reasons),
      field_as(FieldType::datetime, "predicted_start_at", &WaitingRequestRow::predicted_start_at)};
  static constexpr Paths<0> event_paths{};
};

template <>
struct Resource<ChangeSource> {
  static constexpr std::string_view type = "changesource", plural = "changesources";
  static constexpr std::tuple fields{field("changesourceid", &ChangeSource::id), field("name", &ChangeSource::name),
                                     entity_field("master", "master", &ChangeSource::master)};
  static constexpr Paths<0> event_paths{};
};

template <>
struct Resource<Project> {
  static constexpr std::string_view type = "project", plural = "projects";
  static constexpr std::tuple fields{field("projectid", &Project::id),
                                     field_as(FieldType::identifier, "name", &Project::name),
                                     field_as(FieldType::identifier, "slug", &Project::slug),
                                     field("active", &Project::active),
                                     field("description", &Project::description),
                                     field("description_format", &Project::description_format),
                                     field("description_html", &Project::description_html)};
  static constexpr Paths<1> event_paths{"projects/:projectid"};
};

template <>
struct Resource<Codebase> {
  static constexpr std::string_view type = "codebase", plural = "codebases";
  static constexpr std::tuple fields{field("codebaseid", &Codebase::id), field("projectid", &Codebase::projectid),
                                     field_as(FieldType::identifier, "name", &Codebase::name),
                                     field_as(FieldType::identifier, "slug", &Codebase::slug)};
  static constexpr Paths<1> event_paths{"codebases/:codebaseid"};
};

template <>
struct Resource<Commit> {
  static constexpr std::string_view type = "commit", plural = "commits";
  static constexpr std::tuple fields{field("commitid", &Commit::id),
                                     field("codebaseid", &Commit::codebaseid),
                                     field("author", &Commit::author),
                                     field("committer", &Commit::committer),
                                     field("comments", &Commit::comments),
                                     field("when_timestamp", &Commit::when_timestamp),
                                     field("revision", &Commit::revision),
                                     field("parent_commitid", &Commit::parent_commitid)};
  static constexpr Paths<2> event_paths{"commits/:commitid", "codebases/:codebaseid/commits/:commitid"};
};

template <>
struct Resource<CommitGraph> {
  static constexpr std::string_view type = "commit_graph", plural = "commit_graphs";
  static constexpr std::tuple fields{field("common", &CommitGraph::common), field("to1", &CommitGraph::to1),
                                     field("to2", &CommitGraph::to2)};
  static constexpr Paths<0> event_paths{};
};

template <>
struct Resource<Branch> {
  static constexpr std::string_view type = "branch", plural = "branches";
  static constexpr std::tuple fields{field("branchid", &Branch::id), field("codebaseid", &Branch::codebaseid),
                                     field("name", &Branch::name), field("commitid", &Branch::commitid),
                                     field("last_timestamp", &Branch::last_timestamp)};
  static constexpr Paths<1> event_paths{"branches/:branchid"};
};

template <>
struct Resource<BuildData> {
  static constexpr std::string_view type = "build_data", plural = "build_data";
  static constexpr std::tuple fields{field("buildid", &BuildData::buildid), field("name", &BuildData::name),
                                     field("length", &BuildData::length),
                                     field_as(FieldType::binary, "value", &BuildData::value),
                                     field("source", &BuildData::source)};
  static constexpr Paths<0> event_paths{};
};

template <>
struct Resource<TestResultSet> {
  static constexpr std::string_view type = "test_result_set", plural = "test_result_sets";
  static constexpr std::tuple fields{field("test_result_setid", &TestResultSet::id),
                                     field("builderid", &TestResultSet::builderid),
                                     field("buildid", &TestResultSet::buildid),
                                     field("stepid", &TestResultSet::stepid),
                                     field("description", &TestResultSet::description),
                                     field("category", &TestResultSet::category),
                                     field("value_unit", &TestResultSet::value_unit),
                                     field("tests_passed", &TestResultSet::tests_passed),
                                     field("tests_failed", &TestResultSet::tests_failed),
                                     field("complete", &TestResultSet::complete)};
  static constexpr Paths<1> event_paths{"test_result_sets/:test_result_setid"};
};

template <>
struct Resource<TestResult> {
  static constexpr std::string_view type = "test_result", plural = "test_results";
  static constexpr std::tuple fields{field("test_resultid", &TestResult::id),
                                     field("builderid", &TestResult::builderid),
                                     field("test_result_setid", &TestResult::test_result_setid),
                                     field("test_name", &TestResult::test_name),
                                     field("test_code_path", &TestResult::test_code_path),
                                     field("line", &TestResult::line),
                                     field("duration_ns", &TestResult::duration_ns),
                                     field("value", &TestResult::value)};
  static constexpr Paths<1> event_paths{"test_result_sets/:test_result_setid/results"};
};

template <>
struct Resource<RootLink> {
  static constexpr std::string_view type = "rootlink", plural = "rootlinks";
  static constexpr std::tuple fields{field("name", &RootLink::name)};
  static constexpr Paths<0> event_paths{};
};

template <>
struct Resource<PathSpec> {
  static constexpr std::string_view type = "spec", plural = "specs";
  static constexpr std::tuple fields{field("path", &PathSpec::path), field("type", &PathSpec::type),
                                     field("plural", &PathSpec::plural), field("type_spec", &PathSpec::type_spec)};
  static constexpr Paths<0> event_paths{};
};

template <>
struct Resource<PropertyRow> {
  static constexpr std::string_view type = "_property", plural = "_properties";
  static constexpr std::tuple fields{field("name", &PropertyRow::name), field("source", &PropertyRow::source),
                                     field_as(FieldType::json, "value", &PropertyRow::value)};
  static constexpr Paths<0> event_paths{};
};

template <class Row>
inline constexpr std::size_t field_count = std::tuple_size_v<decltype(Resource<Row>::fields)>;

// Calls `visit(field)` for each Field of the type, in upstream's order.
template <class Row, class Visit>
constexpr void for_each_field(Visit&& visit) {
  std::apply([&](const auto&... fields) { (visit(fields), ...); }, Resource<Row>::fields);
}

// The fields without their C++ places.
template <class Row>
inline constexpr std::array<FieldInfo, field_count<Row>> field_infos =
    std::apply([](const auto&... fields) { return std::array<FieldInfo, field_count<Row>>{fields.info...}; },
               Resource<Row>::fields);

}  // namespace kiln
