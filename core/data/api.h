// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/base/json.h"
#include "core/data/endpoint.h"
#include "core/data/result_spec_args.h"
#include "core/db/database.h"
#include "core/logs/log_store.h"
#include "core/model/extra_entities.h"
#include "core/script/config.h"

namespace kiln {
struct InvariantCheck;
}

namespace kiln::data {

// More of an answer's body, made piece by piece.
class BodySource {
 public:
  virtual ~BodySource() = default;
  // Reader thread. Empty: the end.
  virtual Result<std::string> next(db::Connection& db) = 0;
};

// What a GET gives.
struct Answer {
  std::string content_type;  // empty: JSON
  std::string filename;      // of an attachment; empty: inline
  std::string body;
  std::shared_ptr<BodySource> rest;  // null: `body` is all
  bool is_cacheable = false;         // the same as long as data_version() and the configuration are
};

struct GetRequest {
  std::vector<std::string> path;  // decoded elements
  QueryArgs args;
  bool indent = false;
  // Runs on the reader thread with the complete answer: compression.
  std::function<void(Answer&)> finish;
};

// All that can be read from a master. Called on the loop thread; rows are read and written as text on the database's
// reader threads, replies come on the loop thread. Owned by app/.
class Api {
 public:
  struct Needs {
    db::Database& db;
    const logs::LogStore& logs;
    std::function<script::ConfigPtr()> config;  // the current one, or null
    // The requests that wait, of those that the path names: one, or a builder's.
    std::function<std::vector<WaitingRequestRow>(const PathArgs&)> waiting;
    std::function<std::vector<InvariantCheck>()> invariants = nullptr;
  };
  explicit Api(Needs needs) : needs_(std::move(needs)) {}

  // Errors: not_found (404), bad_input (400), others (500).
  void get(GetRequest request, Reply<Answer> reply);
  void next_piece(std::shared_ptr<BodySource> source, Reply<std::string> reply);

  // For Python's master.data.get: a list of rows, a row or null. `path`: "builds/7/steps". Contents of logs are a row;
  // raw logs are not answered here.
  void get_json(const std::string& path, ResultSpec spec, Reply<Json> reply);

  std::uint64_t data_version() const { return needs_.db.data_version(); }
  script::ConfigPtr config() const { return needs_.config(); }

 private:
  struct Job;
  Job job(EndpointMatch match, ResultSpec spec) const;
  static Result<Answer> run(const Job& job, db::Connection& db);
  static Result<Json> run_json(const Job& job, db::Connection& db);
  static Result<Answer> run_rows(const Job& job, db::Connection& db);

  Needs needs_;
};

}  // namespace kiln::data
