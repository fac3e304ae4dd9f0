// SPDX-License-Identifier: MIT
#include "core/http/change_hook.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>

#include "core/base/log.h"
#include "core/base/text.h"

namespace kiln::http {
namespace {

using Args = std::vector<std::pair<std::string, std::string>>;

Response html(int status, std::string text) {
  Response response = make_response(status, "text/html", std::move(text));
  response.headers.emplace_back("X-Content-Type-Options", "nosniff");
  return response;
}

// Upstream's reason phrase is the error itself.
Response refused(std::string text) {
  Response response = html(400, text);
  std::replace_if(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
  response.headers.front().second = "text/plain; charset=utf-8";
  response.reason = std::move(text);
  return response;
}

std::optional<std::string> find(const Args& args, std::string_view name) {
  for (const auto& [key, value] : args) {
    if (key == name) return to_utf8_replacing(value);
  }
  return std::nullopt;
}

std::optional<std::string> find_filled(const Args& args, std::string_view name) {
  auto value = find(args, name);
  if (value && value->empty()) value.reset();
  return value;
}

Args arguments_of(const Request& request) {
  Args args = parse_query(request.query);
  const std::string_view type = request.header("content-type");
  if (type.substr(0, type.find(';')) == "application/x-www-form-urlencoded") {
    const Args form = parse_query(request.body);
    args.insert(args.end(), form.begin(), form.end());
  }
  return args;
}

Result<std::vector<std::string>> parse_files(const std::optional<std::string>& text) {
  std::vector<std::string> files;
  if (!text) return files;
  const auto list = parse_json(*text);
  if (list.has_error()) return list.error();
  if (!list->is_array()) return make_error(Errc::bad_input, "files must be a JSON list of strings");
  for (const Json& file : list->get_array()) {
    if (!file.is_string()) return make_error(Errc::bad_input, "files must be a JSON list of strings");
    files.emplace_back(file.get_string());
  }
  return files;
}

Result<Properties> parse_properties(const std::optional<std::string>& text) {
  Properties properties;
  if (!text) return properties;
  const auto object = parse_json(*text);
  if (object.has_error()) return object.error();
  if (!object->is_object()) return make_error(Errc::bad_input, "properties must be a JSON object");
  for (const auto& pair : object->get_object()) properties.set(pair.key(), pair.value(), "Change");
  return properties;
}

Result<EpochSeconds> parse_when(const Args& args) {
  const auto text = find_filled(args, "when_timestamp");
  const auto when = text ? text : find_filled(args, "when");
  if (!when) {
    return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
  }
  double seconds = 0;
  const auto [end, error] = std::from_chars(when->data(), when->data() + when->size(), seconds);
  constexpr double year_9999 = 253402300799.0;
  if (error != std::errc() || end != when->data() + when->size() || !(std::abs(seconds) <= year_9999)) {
    return make_error(Errc::bad_input, "could not convert string to float: '" + *when + "'");
  }
  return static_cast<EpochSeconds>(seconds);
}

std::string unknown_dialect(const std::string& dialect) {
  return "The dialect specified, '" + dialect + "', wasn't whitelisted in change_hook";
}

bool is_dialect_name(const std::string& name) {
  return std::all_of(name.begin(), name.end(), [](char c) {
    return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  });
}

}  // namespace

Result<script::ChangeDraft> parse_base_change(const Request& request) {
  const Args args = arguments_of(request);
  auto files = parse_files(find(args, "files"));
  if (files.has_error()) return files.error();
  auto properties = parse_properties(find(args, "properties"));
  if (properties.has_error()) return properties.error();
  const auto when = parse_when(args);
  if (when.has_error()) return when.error();
  const auto author = find_filled(args, "author");
  script::ChangeDraft draft;
  draft.change.author = author ? *author : find(args, "who").value_or("");
  draft.change.committer = find_filled(args, "committer");
  draft.change.files = *std::move(files);
  draft.change.comments = find(args, "comments").value_or("");
  draft.change.revision = find_filled(args, "revision");
  draft.change.when_timestamp = *when;
  draft.change.branch = find_filled(args, "branch");
  draft.change.category = find_filled(args, "category");
  draft.change.revlink = find_filled(args, "revlink");
  draft.change.properties = *std::move(properties);
  draft.change.repository = find(args, "repository").value_or("");
  draft.change.project = find(args, "project").value_or("");
  const auto codebase = find(args, "codebase");
  draft.change.codebase = codebase.value_or("");
  draft.names_codebase = codebase.has_value();
  return draft;
}

void handle_change_hook(const Request& request, const script::Config* config, data::Controls& controls,
                        const Respond& respond) {
  if (request.method != "GET" && request.method != "POST") return respond(html(405, "use GET or POST"));
  const std::string dialect = request.path.size() < 2 || request.path[1].empty() ? "base" : request.path[1];
  if (!is_dialect_name(dialect)) return respond(refused("URL doesn't match the change_hook regex: " + request.target));
  if (dialect != "base" || config == nullptr || !config->www.hook_base) {
    return respond(refused(unknown_dialect(dialect)));
  }
  auto draft = parse_base_change(request);
  if (draft.has_error()) return respond(refused(draft.error().what));
  const auto tell = [respond](const Result<ChangeId>& added) {
    if (added.has_value()) return respond(html(200, "1 change found"));
    log_error("cannot add the change of a hook: {}", added.error().what);
    if (added.error().code == Errc::storage_full) return respond(html(503, added.error().what));
    respond(html(500, "Error processing changes."));
  };
  if (!config->change_hooks) return controls.add_change(*std::move(draft), tell);
  config->change_hooks->complete(*std::move(draft), [&controls, tell](Result<script::ChangeDraft> complete) {
    if (complete.has_error()) return tell(complete.error());
    controls.add_change(*std::move(complete), tell);
  });
}

}  // namespace kiln::http
