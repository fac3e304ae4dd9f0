// SPDX-License-Identifier: MIT
#include "core/wire/try_job.h"

#include <charconv>
#include <utility>

#include "core/base/base64.h"
#include "core/base/text.h"

namespace kiln::wire {
namespace {

constexpr std::size_t most_digits = 9;
constexpr std::size_t most_netstrings = 100'000;

Error refuse(std::string what) { return make_error(Errc::bad_input, std::move(what)); }

Result<std::vector<std::string_view>> read_netstrings(std::string_view bytes) {
  std::vector<std::string_view> parts;
  while (!bytes.empty()) {
    const std::size_t colon = bytes.substr(0, most_digits + 1).find(':');
    std::size_t length = 0;
    const char* begin = bytes.data();
    if (colon == std::string_view::npos || colon == 0) return refuse("it is not made of netstrings");
    const auto [end, error] = std::from_chars(begin, begin + colon, length);
    if (error != std::errc() || end != begin + colon) return refuse("it is not made of netstrings");
    bytes.remove_prefix(colon + 1);
    if (bytes.size() < length + 1) return refuse("it ends in the midst of a netstring");
    if (bytes[length] != ',') return refuse("a netstring does not end with a comma");
    if (parts.size() == most_netstrings) return refuse("it has too many netstrings");
    parts.push_back(bytes.substr(0, length));
    bytes.remove_prefix(length + 1);
  }
  if (parts.empty()) return refuse("it is empty");
  return parts;
}

std::optional<std::string> filled(std::string text) {
  if (text.empty()) return std::nullopt;
  return text;
}

// Versions 1 to 4, whose fields have no names.
Result<TryJob> read_fields(int version, const std::vector<std::string_view>& parts) {
  const std::size_t known = version == 1 ? 6 : static_cast<std::size_t>(version) + 6;
  if (parts.size() < known) return refuse("fields are missing at its end");
  std::size_t next = 1;
  const auto text = [&] { return to_utf8_replacing(parts[next++]); };
  TryJob job;
  job.id = text();
  job.branch = filled(text());
  job.revision = filled(text());
  TryPatch patch;
  const std::string_view level = parts[next++];
  const auto [end, error] = std::from_chars(level.data(), level.data() + level.size(), patch.level);
  if (error != std::errc() || end != level.data() + level.size()) return refuse("the patch level is no number");
  patch.diff = parts[next++];
  job.patch = std::move(patch);
  if (version >= 2) {
    job.repository = text();
    job.project = text();
  }
  if (version >= 3) job.who = text();
  if (version >= 4) job.comment = text();
  while (next < parts.size()) job.builders.push_back(text());
  return job;
}

// The values of versions 5 and 6; the first wrong one is remembered.
class Fields {
 public:
  explicit Fields(const JsonObject& values) : values_(values) {}

  std::optional<std::string> text(const char* name) {
    const Json* value = values_.if_contains(name);
    if (value == nullptr || value->is_null()) return std::nullopt;
    if (value->is_string()) return std::string(value->get_string());
    return fail(name);
  }

  std::optional<TryPatch> patch(bool is_base64) {
    const char* name = is_base64 ? "patch_body_base64" : "patch_body";
    auto body = text(name);
    if (!body) return std::nullopt;
    if (is_base64) {
      auto bytes = from_base64(*body);
      if (!bytes) return fail(name), std::nullopt;
      body = std::move(*bytes);
    }
    const Json* level = values_.if_contains("patch_level");
    if (level == nullptr || !level->is_int64()) return fail("patch_level"), std::nullopt;
    return TryPatch{level->get_int64(), *std::move(body)};
  }

  std::vector<std::string> builders() {
    std::vector<std::string> names;
    const Json* list = values_.if_contains("builderNames");
    if (list == nullptr || list->is_null()) return names;
    if (!list->is_array()) return fail("builderNames"), names;
    for (const Json& name : list->get_array()) {
      if (!name.is_string()) return fail("builderNames"), names;
      names.emplace_back(name.get_string());
    }
    return names;
  }

  JsonObject properties() {
    const Json* value = values_.if_contains("properties");
    if (value == nullptr || value->is_null()) return {};
    if (!value->is_object()) return fail("properties"), JsonObject{};
    return value->get_object();
  }

  const std::optional<Error>& error() const { return error_; }

 private:
  std::nullopt_t fail(const char* name) {
    if (!error_) error_ = refuse(std::string("wrong or missing value of \"") + name + '"');
    return std::nullopt;
  }

  const JsonObject& values_;
  std::optional<Error> error_;
};

Result<TryJob> read_json(std::string_view text, bool is_base64) {
  const auto json = parse_json(text);
  if (!json || !json->is_object()) return refuse("the job is not a JSON object");
  Fields fields(json->get_object());
  TryJob job;
  job.id = fields.text("jobid");
  job.branch = filled(fields.text("branch").value_or(""));
  job.revision = filled(fields.text("baserev").value_or(""));
  job.patch = fields.patch(is_base64);
  job.repository = fields.text("repository").value_or("");
  job.project = fields.text("project").value_or("");
  job.who = fields.text("who").value_or("");
  job.comment = fields.text("comment").value_or("");
  job.builders = fields.builders();
  job.properties = fields.properties();
  if (fields.error()) return *fields.error();
  return job;
}

}  // namespace

Result<TryJob> read_job_file(std::string_view bytes) {
  const auto parts = read_netstrings(bytes);
  if (!parts) return parts.error();
  const std::string_view version = parts->front();
  if (version.size() != 1 || version[0] < '1' || version[0] > '6') {
    return refuse("unknown version " + dump_json(Json(to_utf8_replacing(version.substr(0, 20)))));
  }
  const int number = version[0] - '0';
  if (number < 5) return read_fields(number, *parts);
  if (parts->size() < 2) return refuse("fields are missing at its end");
  return read_json((*parts)[1], number == 6);
}

}  // namespace kiln::wire
