// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/base/ids.h"
#include "core/base/json.h"
#include "core/model/properties.h"
#include "core/model/results.h"

// Plain rows, with the meaning and the names that REST gives them (reference/rest.md section 3).
namespace kiln {

struct Master {
  MasterId id;
  std::string name;  // "<host>:<absolute base directory>"
  bool active = false;
  EpochSeconds last_active = 0;
};

struct Builder {
  BuilderId id;
  std::string name;
  std::vector<MasterId> masterids;  // active masters that have it configured
  std::optional<std::string> description;
  std::optional<std::string> description_format;
  std::optional<std::string> description_html;
  std::optional<ProjectId> projectid;
  std::vector<std::string> tags;
};

struct ConfiguredOn {
  BuilderId builderid;
  MasterId masterid;
  friend bool operator==(const ConfiguredOn&, const ConfiguredOn&) = default;
};

struct Worker {
  WorkerId id;
  std::string name;
  std::vector<MasterId> connected_to;
  std::vector<ConfiguredOn> configured_on;
  JsonObject workerinfo;  // admin, host, access_uri, version
  bool paused = false;
  std::optional<std::string> pause_reason;
  bool graceful = false;
};

struct Patch {
  PatchId id;
  int level = 0;
  std::string subdir;
  std::string author;
  std::string comment;
  std::string body;  // bytes
};

struct SourceStamp {
  SourceStampId id;
  std::optional<std::string> branch;
  std::optional<std::string> revision;
  std::string repository;
  std::string project;
  std::string codebase;
  std::optional<Patch> patch;
  EpochSeconds created_at = 0;
};

struct Change {
  ChangeId id;
  std::vector<ChangeId> parent_changeids;
  std::string author;
  std::optional<std::string> committer;
  std::vector<std::string> files;
  std::string comments;
  std::optional<std::string> revision;
  EpochSeconds when_timestamp = 0;
  std::optional<std::string> branch;
  std::optional<std::string> category;
  std::optional<std::string> revlink;
  Properties properties;
  std::string repository;
  std::string project;
  std::string codebase;
  SourceStamp sourcestamp;
};

struct Buildset {
  BuildsetId id;
  std::optional<std::string> external_idstring;
  std::string reason;
  std::optional<BuildId> rebuilt_buildid;
  EpochSeconds submitted_at = 0;
  bool complete = false;
  std::optional<EpochSeconds> complete_at;
  std::optional<int> results;  // -1 while incomplete, as stored
  std::vector<SourceStamp> sourcestamps;
  std::optional<BuildId> parent_buildid;
  std::optional<std::string> parent_relationship;
};

struct BuildRequest {
  RequestId id;
  BuildsetId buildsetid;
  BuilderId builderid;
  int priority = 0;
  bool claimed = false;
  std::optional<EpochSeconds> claimed_at;
  std::optional<MasterId> claimed_by_masterid;
  bool complete = false;
  std::optional<int> results;  // -1 while incomplete, as stored
  EpochSeconds submitted_at = 0;
  std::optional<EpochSeconds> complete_at;
  bool waited_for = false;
  std::optional<Properties> properties;  // only when asked for: null in REST otherwise
};

struct Build {
  BuildId id;
  std::int64_t number = 0;  // per builder, from 1
  BuilderId builderid;
  RequestId buildrequestid;
  WorkerId workerid;
  MasterId masterid;
  EpochSeconds started_at = 0;
  bool complete = false;
  std::optional<EpochSeconds> complete_at;
  std::int64_t locks_duration_s = 0;
  std::optional<Results> results;
  std::string state_string;
  Properties properties;  // only those asked for
};

struct Url {
  std::string name;
  std::string url;
  friend bool operator==(const Url&, const Url&) = default;
};

struct Step {
  StepId id;
  std::int64_t number = 0;  // in its build, from 0
  std::string name;
  BuildId buildid;
  std::optional<EpochSeconds> started_at;
  std::optional<EpochSeconds> locks_acquired_at;
  bool complete = false;
  std::optional<EpochSeconds> complete_at;
  std::optional<Results> results;
  std::string state_string;
  std::vector<Url> urls;
  bool hidden = false;
};

enum class LogType : char { stream = 's', text = 't', html = 'h', deleted = 'd' };

struct Log {
  LogId id;
  std::string name;
  std::string slug;
  StepId stepid;
  bool complete = false;
  std::int64_t num_lines = 0;
  LogType type = LogType::stream;
};

struct Scheduler {
  SchedulerId id;
  std::string name;
  bool enabled = true;
  std::optional<Master> master;  // the active master that runs it
};

struct ChangeSource {
  ChangeSourceId id;
  std::string name;
  std::optional<Master> master;
};

}  // namespace kiln
