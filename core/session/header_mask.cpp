// SPDX-License-Identifier: MIT
#include "core/session/header_mask.h"

#include <string>
#include <utility>
#include <vector>

namespace kiln::session {
namespace {

using Hidden = std::vector<wire::Obfuscated>;

void collect(const wire::Arg& arg, Hidden& hidden) {
  if (const auto* obfuscated = std::get_if<wire::Obfuscated>(&arg.data)) {
    if (!obfuscated->real.empty()) hidden.push_back(*obfuscated);
  } else if (const auto* list = std::get_if<wire::ArgList>(&arg.data)) {
    for (const auto& item : *list) collect(item, hidden);
  } else if (const auto* dict = std::get_if<wire::ArgDict>(&arg.data)) {
    for (const auto& item : *dict) collect(item.value, hidden);
  }
}

void replace_all(std::string& text, const wire::Obfuscated& hidden) {
  for (auto at = text.find(hidden.real); at != std::string::npos; at = text.find(hidden.real, at)) {
    text.replace(at, hidden.real.size(), hidden.shown);
    at += hidden.shown.size();
  }
}

class HeaderMask : public engine::CommandSink {
 public:
  HeaderMask(Hidden hidden, std::shared_ptr<engine::CommandSink> sink)
      : hidden_(std::move(hidden)), sink_(std::move(sink)) {}

  void on_output(char stream, std::string_view text) override {
    if (stream != 'h') return sink_->on_output(stream, text);
    std::string shown(text);
    for (const auto& hidden : hidden_) replace_all(shown, hidden);
    sink_->on_output(stream, shown);
  }
  void on_log_file(std::string_view name, std::string_view text) override { sink_->on_log_file(name, text); }
  void on_update(std::string_view key, const Json& value) override { sink_->on_update(key, value); }
  void on_complete(std::optional<std::string> failure_text) override { sink_->on_complete(std::move(failure_text)); }
  void on_lost() override { sink_->on_lost(); }

 private:
  const Hidden hidden_;
  const std::shared_ptr<engine::CommandSink> sink_;
};

}  // namespace

std::shared_ptr<engine::CommandSink> mask_headers(const wire::ArgDict& args, std::shared_ptr<engine::CommandSink> sink) {
  Hidden hidden;
  for (const auto& item : args) collect(item.value, hidden);
  if (hidden.empty()) return sink;
  return std::make_shared<HeaderMask>(std::move(hidden), std::move(sink));
}

}  // namespace kiln::session
