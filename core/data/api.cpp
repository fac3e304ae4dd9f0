// SPDX-License-Identifier: MIT
#include "core/data/api.h"

#include "core/base/log.h"
#include "core/data/handlers.h"
#include "core/data/json_text.h"
#include "core/data/log_answers.h"

namespace kiln::data {

struct Api::Job {
  const Endpoint& endpoint;
  PathArgs args;
  ResultSpec spec;
  script::ConfigPtr config;
  const logs::LogStore& logs;
  std::vector<WaitingRequestRow> waiting;
  std::vector<InvariantCheck> invariants;
  bool indent = false;
  std::function<void(Answer&)> finish;
};

namespace {

// The wall for exceptions of handlers on a reader thread, which serves others as well.
template <class R, class Work>
Result<R> guarded(const std::string& what, Work&& work) {
  try {
    return work();
  } catch (const std::exception& error) {
    log_error("cannot answer {}: {}", what, error.what());
    return make_error(Errc::fatal, "internal error");
  }
}

// What it shows changes without any write to the database.
bool is_live(const Endpoint& endpoint) {
  return endpoint.type == Resource<WaitingRequestRow>::type || endpoint.type == Resource<InvariantCheck>::type;
}

bool is_log_text(const Endpoint& endpoint) { return endpoint.type == "logchunk"; }

Result<RowText> found(const Query& query) {
  auto rows = query.endpoint.handler(query);
  if (rows.has_value() && query.endpoint.kind == EndpointKind::single && rows->count == 0) {
    return make_error(Errc::not_found, query.endpoint.not_found_text(query.args));
  }
  return rows;
}

// {"builds":[...],"meta":{...}}, keys sorted.
std::string envelope(const Endpoint& endpoint, const RowText& rows) {
  std::string meta = "\"meta\":{";
  if (endpoint.kind == EndpointKind::collection) {
    meta += "\"total\":" + std::to_string(rows.total.value_or(static_cast<std::int64_t>(rows.count)));
  }
  meta += '}';
  std::string text;
  text.reserve(rows.json.size() + 64);
  text += '{';
  if (endpoint.plural > "meta") text += meta + ',';
  text += '"';
  text += endpoint.plural;
  text += "\":[";
  text += rows.json;
  text += ']';
  if (endpoint.plural < "meta") text += ',' + meta;
  text += '}';
  return text;
}

Result<Json> to_json(const Endpoint& endpoint, const RowText& rows) {
  if (endpoint.kind == EndpointKind::collection) return parse_json('[' + rows.json + ']');
  return parse_json(rows.json);
}

Result<Json> contents_as_json(const LogQuery& query) {
  auto answer = log_contents(query);
  if (answer.has_error()) return answer.error();
  std::string text = std::move(answer->body);
  while (answer->rest != nullptr) {
    const auto piece = answer->rest->next(query.db);
    if (piece.has_error()) return piece.error();
    if (piece->empty()) break;
    text += *piece;
  }
  auto document = parse_json(text);
  if (document.has_error()) return document.error();
  return document->at("logchunks").at(0);
}

// A missing row is None in Python, a wrong path is an error.
Result<Json> null_when_missing(Result<Json> answer) {
  if (answer.has_error() && answer.error().code == Errc::not_found) return Json();
  return answer;
}

}  // namespace

Result<Answer> Api::run_rows(const Job& job, db::Connection& db) {
  const auto rows = found({db, job.endpoint, job.args, job.spec, job.config, job.waiting, job.invariants});
  if (rows.has_error()) return rows.error();
  Answer answer;
  answer.body = envelope(job.endpoint, *rows);
  if (job.indent) answer.body = indent_json(answer.body);
  answer.is_cacheable = !is_live(job.endpoint);
  return answer;
}

Result<Answer> Api::run(const Job& job, db::Connection& db) {
  const LogQuery query{db, job.logs, job.endpoint, job.args, job.spec, job.indent};
  Result<Answer> answer = Answer();
  if (job.endpoint.kind == EndpointKind::raw && !is_log_text(job.endpoint)) {
    answer = build_data_value(query);
  } else if (is_log_text(job.endpoint)) {
    answer = job.endpoint.kind == EndpointKind::single ? log_contents(query) : raw_log(query);
  } else {
    answer = run_rows(job, db);
  }
  if (answer.has_value() && job.finish) job.finish(*answer);
  return answer;
}

Result<Json> Api::run_json(const Job& job, db::Connection& db) {
  if (is_log_text(job.endpoint)) {
    return null_when_missing(contents_as_json({db, job.logs, job.endpoint, job.args, job.spec, false}));
  }
  const auto rows = found({db, job.endpoint, job.args, job.spec, job.config, job.waiting, job.invariants});
  if (rows.has_error()) return null_when_missing(rows.error());
  return to_json(job.endpoint, *rows);
}

Api::Job Api::job(EndpointMatch match, ResultSpec spec) const {
  const Endpoint& endpoint = *match.endpoint;
  Job job{endpoint, std::move(match.args), std::move(spec), needs_.config(), needs_.logs, {}, {}, false, nullptr};
  if (endpoint.type == Resource<WaitingRequestRow>::type && needs_.waiting) job.waiting = needs_.waiting(job.args);
  if (endpoint.type == Resource<InvariantCheck>::type && needs_.invariants) job.invariants = needs_.invariants();
  return job;
}

void Api::get(GetRequest request, Reply<Answer> reply) {
  auto match = match_endpoint(request.path);
  if (match.has_error()) return reply(match.error());
  const Endpoint& endpoint = *match->endpoint;
  const bool is_raw = endpoint.kind == EndpointKind::raw || endpoint.kind == EndpointKind::raw_inline;
  auto spec = is_raw ? ResultSpec()
                     : parse_result_spec(request.args, {endpoint.fields, endpoint.kind == EndpointKind::collection});
  if (spec.has_error()) return reply(spec.error());
  auto job = std::make_shared<Job>(this->job(*std::move(match), *std::move(spec)));
  job->indent = request.indent;
  job->finish = std::move(request.finish);
  needs_.db.read<Answer>(
      [job](db::Connection& db) {
        return guarded<Answer>(std::string(job->endpoint.plural), [&] { return run(*job, db); });
      },
      std::move(reply));
}

void Api::next_piece(std::shared_ptr<BodySource> source, Reply<std::string> reply) {
  needs_.db.read<std::string>(
      [source](db::Connection& db) {
        return guarded<std::string>("with more of a log", [&] { return source->next(db); });
      },
      std::move(reply));
}

void Api::get_json(const std::string& path, ResultSpec spec, Reply<Json> reply) {
  auto match = match_endpoint(path.empty() ? std::vector<std::string>() : split_path(path));
  if (match.has_error()) return reply(match.error());
  const Endpoint& endpoint = *match->endpoint;
  if (endpoint.kind == EndpointKind::raw || endpoint.kind == EndpointKind::raw_inline) {
    return reply(make_error(Errc::not_supported, "cannot answer '" + path + "' as JSON: it is a file"));
  }
  const auto job = std::make_shared<const Job>(this->job(*std::move(match), std::move(spec)));
  needs_.db.read<Json>(
      [job](db::Connection& db) {
        return guarded<Json>(std::string(job->endpoint.plural), [&] { return run_json(*job, db); });
      },
      std::move(reply));
}

}  // namespace kiln::data
