// SPDX-License-Identifier: MIT
#include "core/session/sent_change.h"

#include <cmath>

namespace kiln::session {
namespace {

// What looks wrong is remembered by its key.
class Sent {
 public:
  explicit Sent(const JsonObject& values) : values_(values) {}

  const Json* find(std::string_view key) const {
    const Json* value = values_.if_contains(key);
    return value == nullptr || value->is_null() ? nullptr : value;
  }

  std::optional<std::string> text(std::string_view key) {
    const Json* value = find(key);
    if (value == nullptr) return std::nullopt;
    if (value->is_string()) return std::string(value->get_string());
    wrong(key);
    return std::nullopt;
  }

  std::vector<std::string> texts(std::string_view key) {
    std::vector<std::string> texts;
    const Json* value = find(key);
    if (value == nullptr) return texts;
    if (!value->is_array()) return wrong(key), texts;
    for (const Json& item : value->get_array()) {
      if (!item.is_string()) return wrong(key), texts;
      texts.emplace_back(item.get_string());
    }
    return texts;
  }

  EpochSeconds time(std::string_view key) {
    constexpr double year_9999 = 253402300799.0;
    const Json* value = find(key);
    if (value == nullptr) return 0;
    const double seconds = value->is_number() ? value->to_number<double>() : NAN;
    if (std::abs(seconds) <= year_9999) return static_cast<EpochSeconds>(seconds);
    wrong(key);
    return 0;
  }

  Properties properties(std::string_view key) {
    Properties properties;
    const Json* value = find(key);
    if (value == nullptr) return properties;
    if (!value->is_object()) return wrong(key), properties;
    for (const auto& pair : value->get_object()) properties.set(pair.key(), pair.value(), "Change");
    return properties;
  }

  const std::string& wrong_key() const { return wrong_; }

 private:
  void wrong(std::string_view key) {
    if (wrong_.empty()) wrong_ = key;
  }

  const JsonObject& values_;
  std::string wrong_;
};

void cut_prefix(std::vector<std::string>& files, const std::string& prefix) {
  std::erase_if(files, [&](const std::string& file) { return !file.starts_with(prefix); });
  for (std::string& file : files) file.erase(0, prefix.size());
}

}  // namespace

Result<script::ChangeDraft> to_change(const JsonObject& given, const std::optional<std::string>& prefix) {
  Sent sent(given);
  script::ChangeDraft draft;
  Change& change = draft.change;
  const auto who = sent.text("who");
  change.author = who ? *who : sent.text("author").value_or("");
  change.committer = sent.text("committer");
  if (change.committer && change.committer->empty()) change.committer.reset();
  change.files = sent.texts("files");
  change.comments = sent.text("comments").value_or("");
  change.revision = sent.text("revision");
  change.when_timestamp = sent.time(sent.find("when") != nullptr ? "when" : "when_timestamp");
  change.branch = sent.text("branch");
  change.category = sent.text("category");
  change.revlink = sent.text("revlink").value_or("");
  change.properties = sent.properties("properties");
  change.repository = sent.text("repository").value_or("");
  change.project = sent.text("project").value_or("");
  const auto codebase = sent.text("codebase");
  change.codebase = codebase.value_or("");
  draft.names_codebase = codebase.has_value();
  draft.src = sent.text("src").value_or("");
  if (!sent.wrong_key().empty()) {
    return make_error(Errc::bad_input, "addChange: wrong type of \"" + sent.wrong_key() + '"');
  }
  if (prefix) cut_prefix(change.files, *prefix);
  return draft;
}

}  // namespace kiln::session
