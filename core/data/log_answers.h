// SPDX-License-Identifier: MIT
#pragma once

#include "core/data/api.h"

namespace kiln::data {

struct LogQuery {
  db::Connection& db;
  const logs::LogStore& logs;
  const Endpoint& endpoint;
  const PathArgs& args;
  const ResultSpec& spec;
  bool indent = false;
};

// Errors: not_found when there is no such log or range.
Result<Answer> log_contents(const LogQuery& query);
Result<Answer> raw_log(const LogQuery& query);
Result<Answer> build_data_value(const LogQuery& query);

}  // namespace kiln::data
