// SPDX-License-Identifier: MIT
#include "core/engine/command_run.h"

#include <fmt/format.h>

#include <algorithm>

namespace kiln::engine {
namespace {

using End = script::CommandOutcome::End;

constexpr std::chrono::seconds usual_patience{30};
constexpr std::chrono::seconds longest_patience{3600};

std::optional<int> to_int(const Json& value) {
  if (value.is_int64()) return static_cast<int>(value.get_int64());
  if (value.is_uint64()) return static_cast<int>(value.get_uint64());
  if (value.is_double()) return static_cast<int>(value.get_double());
  return std::nullopt;
}

}  // namespace

CommandRun::CommandRun(Host& host, script::CommandRequest request, Reply<script::CommandOutcome> reply)
    : host_(&host), request_(std::move(request)), reply_(std::move(reply)) {
  for (const auto& file : request_.log_files) {
    if (!file.log) lazy_logs_.push_back({file.name, {}, false});
  }
}

std::chrono::seconds CommandRun::patience() const {
  const Json* sigterm_time = request_.args.if_contains("sigtermTime");
  const std::optional<int> extra = sigterm_time == nullptr ? std::nullopt : to_int(*sigterm_time);
  return std::min(usual_patience + std::chrono::seconds(std::max(0, extra.value_or(0))), longest_patience);
}

void CommandRun::on_output(char stream, std::string_view text) {
  if (host_ == nullptr || ended_) return;
  if (stream == 'o' && request_.collect_stdout) outcome_.collected_stdout += text;
  if (stream == 'e' && request_.collect_stderr) outcome_.collected_stderr += text;
  if (request_.stdio) host_->command_output(*request_.stdio, stream, text);
}

void CommandRun::on_log_file(std::string_view name, std::string_view text) {
  if (host_ == nullptr || ended_) return;
  for (auto& file : request_.log_files) {
    if (file.name == name && file.log) {
      host_->command_output(*file.log, 'o', text);
      return;
    }
  }
  const auto lazy = std::find_if(lazy_logs_.begin(), lazy_logs_.end(),
                                 [&](const LazyLog& log) { return log.name == name; });
  if (lazy == lazy_logs_.end()) return;
  lazy->early += text;
  if (std::exchange(lazy->is_wanted, true)) return;
  ++logs_being_made_;
  host_->make_log(lazy->name, [this, name = lazy->name, alive = std::weak_ptr<bool>(alive_)](const Result<Log>& log) {
    if (!alive.expired()) log_made(name, log);
  });
}

void CommandRun::log_made(const std::string& name, const Result<Log>& log) {
  --logs_being_made_;
  if (log && host_ != nullptr) {
    for (auto& file : request_.log_files) {
      if (file.name == name) file.log = log->id;
    }
    for (LazyLog& lazy : lazy_logs_) {
      if (lazy.name == name) host_->command_output(log->id, 'o', std::exchange(lazy.early, {}));
    }
  }
  reply_when_ready();
}

void CommandRun::on_update(std::string_view key, const Json& value) {
  if (host_ == nullptr || ended_) return;
  if (key == "rc") {
    outcome_.rc = to_int(value);
    if (request_.stdio && outcome_.rc) {
      host_->command_output(*request_.stdio, 'h', fmt::format("program finished with exit code {}\n", *outcome_.rc));
    }
  } else if (key == "failure_reason" && value.is_string()) {
    outcome_.failure_reason = std::string(value.get_string());
  } else {
    outcome_.updates.emplace_back(std::string(key), value);
  }
}

void CommandRun::on_complete(std::optional<std::string> failure_text) {
  if (host_ == nullptr || ended_) return;
  if (failure_text) outcome_.error = std::move(*failure_text);
  // Also when it was interrupted: the worker could not end it.
  finish(!outcome_.error.empty() ? End::failed : interrupted_ ? End::interrupted : End::completed);
}

void CommandRun::on_lost() {
  if (host_ == nullptr || ended_) return;
  host_->command_lost();
  finish(End::connection_lost);
}

void CommandRun::finish(End end) {
  ended_ = true;
  outcome_.end = end;
  reply_when_ready();
}

// Text of a lazy log comes before the reply, so a log that is being made is waited for.
void CommandRun::reply_when_ready() {
  if (!ended_ || logs_being_made_ > 0 || !reply_) return;
  if (request_.stdio) host_->command_log_ends(*request_.stdio);
  for (const auto& file : request_.log_files) {
    if (file.log) host_->command_log_ends(*file.log);
  }
  outcome_.collected_stdout = host_->shown(std::move(outcome_.collected_stdout));
  outcome_.collected_stderr = host_->shown(std::move(outcome_.collected_stderr));
  std::exchange(reply_, nullptr)(std::move(outcome_));
}

void CommandRun::let_go() {
  host_ = nullptr;
  ended_ = true;
  reply_ = nullptr;
}

void CommandRun::abandon(End end) {
  if (!reply_) return;
  host_ = nullptr;
  ended_ = true;
  outcome_.end = end;
  std::exchange(reply_, nullptr)(std::move(outcome_));
}

}  // namespace kiln::engine
