// SPDX-License-Identifier: MIT
#include "core/data/log_answers.h"

#include <algorithm>

#include "core/data/json_text.h"
#include "core/data/log_text.h"
#include "core/data/scope_args.h"
#include "core/db/build_store.h"
#include "core/db/builder_store.h"
#include "core/db/extra_queries.h"
#include "core/db/log_store.h"
#include "core/db/step_store.h"
#include "core/db/worker_store.h"
#include "core/model/row_json.h"

namespace kiln::data {
namespace {

template <class Row, class Scope>
Result<Row> first_row(db::Connection& db, Result<Rows<Row>> (*read)(db::Connection&, const Scope&, const ResultSpec&),
                      const Scope& scope, const LogQuery& query) {
  auto page = read(db, scope, {});
  if (page.has_error()) return page.error();
  if (page->rows.empty()) return make_error(Errc::not_found, query.endpoint.not_found_text(query.args));
  return std::move(page->rows.front());
}

Result<Log> find_log(const LogQuery& query) {
  const db::LogScope scope = log_scope(query.args);
  if (!scope.id && scope.step.empty()) {  // /logchunks alone names no log
    return make_error(Errc::not_found, query.endpoint.not_found_text(query.args));
  }
  return first_row(query.db, db::query_logs, scope, query);
}

Result<Step> find_step(const LogQuery& query, const Log& log) {
  return first_row(query.db, db::query_steps, db::StepScope{.id = log.stepid, .build = {}, .number = {}, .name = {}},
                   query);
}

Result<LogPlace> find_place(const LogQuery& query) {
  LogPlace place;
  KILN_TRY(place.log, find_log(query));
  KILN_TRY(const Step step, find_step(query, place.log));
  place.build = step.buildid;
  place.step_name = step.name;
  db::BuildScope build_scope;
  build_scope.path.id = step.buildid;
  KILN_TRY(const Build build, first_row(query.db, db::query_builds, build_scope, query));
  place.build_number = build.number;
  db::BuilderScope builder_scope;
  builder_scope.id = build.builderid;
  KILN_TRY(const Builder builder, first_row(query.db, db::query_builders, builder_scope, query));
  place.builder_name = builder.name;
  db::WorkerScope worker_scope;
  worker_scope.id = build.workerid;
  const auto worker = first_row(query.db, db::query_workers, worker_scope, query);
  if (worker.has_value()) place.worker_name = worker->name;  // builds of removed workers have none
  return place;
}

// Characters that can stand unquoted in a header.
std::string plain_filename(std::string name) {
  for (char& c : name) {
    const bool is_plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
                          c == '.' || c == '_';
    if (!is_plain) c = '_';
  }
  return name;
}

std::string raw_filename(const LogPlace& place) {
  return plain_filename(place.builder_name + "_build_" + std::to_string(place.build_number) + "_step_" +
                        place.step_name + "_log_" + place.log.slug);
}

class RawLog : public BodySource {
 public:
  RawLog(LogPieces pieces, bool is_stream) : pieces_(std::move(pieces)), is_stream_(is_stream) {}
  Result<std::string> next(db::Connection& db) override {
    auto piece = pieces_.next(db);
    if (piece.has_error() || !is_stream_) return piece;
    return without_stream_letters(*piece);
  }
  bool at_end() const { return pieces_.at_end(); }

 private:
  LogPieces pieces_;
  bool is_stream_;
};

// The `content` string of a logchunk, then what follows it.
class EscapedLog : public BodySource {
 public:
  EscapedLog(LogPieces pieces, std::string tail) : pieces_(std::move(pieces)), tail_(std::move(tail)) {}
  Result<std::string> next(db::Connection& db) override {
    auto piece = pieces_.next(db);
    if (piece.has_error()) return piece;
    if (piece->empty()) return std::exchange(tail_, {});
    std::string escaped;
    append_json_string(escaped, *piece);
    return escaped.substr(1, escaped.size() - 2);
  }

 private:
  LogPieces pieces_;
  std::string tail_;
};

// The lines that upstream takes a query for: a limit that reaches beyond the end is fine, an empty range is not.
struct LineRange {
  std::int64_t first = 0;
  std::int64_t end = 0;
};
std::optional<LineRange> line_range(const ResultSpec& spec, const Log& log) {
  const std::int64_t first = spec.offset.value_or(0);
  const std::int64_t last =
      spec.limit ? first + *spec.limit - 1 : std::max<std::int64_t>(0, log.num_lines - 1);
  if (first < 0 || first > last) return std::nullopt;
  return LineRange{first, last + 1};
}

// A log that grows may have more lines than its row says yet.
std::int64_t known_lines(const LogQuery& query, const Log& log, BuildId build) {
  if (log.complete) return log.num_lines;
  const auto lines = query.logs.line_count(build, log.id);
  return lines.has_value() ? std::max(*lines, log.num_lines) : log.num_lines;
}

std::string contents_json(const LogContents& row, const LogQuery& query) {
  std::string text = "{\"logchunks\":[";
  append_row(text, row, field_mask<LogContents>(query.spec.fields));
  text += "],\"meta\":{}}";
  return query.indent ? indent_json(text) : text;
}

}  // namespace

Result<Answer> log_contents(const LogQuery& query) {
  KILN_TRY(Log log, find_log(query));
  KILN_TRY(const Step step, find_step(query, log));
  log.num_lines = known_lines(query, log, step.buildid);
  const auto range = line_range(query.spec, log);
  if (!range) return make_error(Errc::not_found, query.endpoint.not_found_text(query.args));

  LogContents row{log.id, range->first, {}};
  Answer answer;
  const FieldMask mask = field_mask<LogContents>(query.spec.fields);
  if ((mask & field_mask<LogContents>({"content"})) == 0) {
    answer.body = contents_json(row, query);
    return answer;
  }
  LogPieces pieces(query.logs, step.buildid, log.id, range->first, std::min(range->end, log.num_lines));
  KILN_TRY(row.content, pieces.next(query.db));
  answer.body = contents_json(row, query);
  if (pieces.at_end()) return answer;
  // The text goes on: cut the JSON behind what there is of it.
  std::string escaped;
  append_json_string(escaped, row.content);
  const std::size_t cut = answer.body.find(escaped) + escaped.size() - 1;
  std::string tail = answer.body.substr(cut);
  answer.body.resize(cut);
  answer.rest = std::make_shared<EscapedLog>(std::move(pieces), std::move(tail));
  return answer;
}

Result<Answer> raw_log(const LogQuery& query) {
  KILN_TRY(const LogPlace place, find_place(query));
  const bool is_stream = place.log.type == LogType::stream;
  Answer answer;
  answer.content_type = place.log.type == LogType::html ? "text/html" : "text/plain";
  if (query.endpoint.kind == EndpointKind::raw) answer.filename = raw_filename(place);
  if (is_stream) {
    answer.body = "Builder: " + place.builder_name + "\nBuild number: " + std::to_string(place.build_number) +
                  "\nWorker name: " + place.worker_name + "\n";
  }
  const std::int64_t end = known_lines(query, place.log, place.build);
  auto source = std::make_shared<RawLog>(LogPieces(query.logs, place.build, place.log.id, 0, end), is_stream);
  KILN_TRY(const std::string piece, source->next(query.db));
  answer.body += piece;
  if (!source->at_end()) answer.rest = std::move(source);
  return answer;
}

Result<Answer> build_data_value(const LogQuery& query) {
  auto rows = db::query_build_data(query.db, {.build = build_path(query.args),
                                              .name = text_arg(query.args, "name"),
                                              .with_value = true});
  if (rows.has_error()) return rows.error();
  if (rows->empty()) return make_error(Errc::not_found, query.endpoint.not_found_text(query.args));
  Answer answer;
  answer.content_type = "application/octet-stream";
  answer.filename = plain_filename(rows->front().name);
  answer.body = rows->front().value.value_or("");
  return answer;
}

}  // namespace kiln::data
