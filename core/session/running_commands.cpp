// SPDX-License-Identifier: MIT
#include "core/session/running_commands.h"

#include <utility>

#include "core/base/text.h"

namespace kiln::session {
namespace {

char letter_of(wire::UpdateStream stream) {
  switch (stream) {
    case wire::UpdateStream::standard_output: return 'o';
    case wire::UpdateStream::standard_error: return 'e';
    case wire::UpdateStream::header: break;
  }
  return 'h';
}

Json to_json(const wire::StatUpdate& stat) { return JsonArray(stat.fields.begin(), stat.fields.end()); }

Json to_json(const wire::FilesUpdate& files) {
  JsonArray names;
  for (const auto& name : files.names) names.emplace_back(name);
  return names;
}

}  // namespace

void RunningCommands::add(engine::CommandId id, std::string builder, std::shared_ptr<engine::CommandSink> sink,
                          script::TransferPtr transfer) {
  auto calls = transfer == nullptr ? nullptr : std::make_shared<TransferCalls>(std::move(transfer));
  running_.emplace(id, Running{std::move(builder), std::move(sink), std::move(calls)});
}

const std::string* RunningCommands::builder_of(engine::CommandId id) const {
  const auto found = running_.find(id);
  return found == running_.end() ? nullptr : &found->second.builder;
}

std::shared_ptr<engine::CommandSink> RunningCommands::sink_of(engine::CommandId id) const {
  const auto found = running_.find(id);
  return found == running_.end() ? nullptr : found->second.sink;
}

void RunningCommands::update(engine::CommandId id, const wire::Updates& updates) {
  for (const wire::Update& update : updates.items) {
    if (const auto* text = std::get_if<wire::StreamUpdate>(&update)) {
      hold(id, letter_of(text->stream), {}, text->text);
    } else if (const auto* log = std::get_if<wire::LogFileUpdate>(&update)) {
      hold(id, log_file_stream, log->name, log->text);
    } else if (const auto* code = std::get_if<wire::ExitCodeUpdate>(&update)) {
      give(id, "rc", code->code);
    } else if (const auto* elapsed = std::get_if<wire::ElapsedUpdate>(&update)) {
      give(id, "elapsed", elapsed->seconds);
    } else if (const auto* failure = std::get_if<wire::FailureReasonUpdate>(&update)) {
      give(id, "failure_reason", Json(failure->reason));
    } else if (const auto* files = std::get_if<wire::FilesUpdate>(&update)) {
      give(id, "files", to_json(*files));
    } else if (const auto* stat = std::get_if<wire::StatUpdate>(&update)) {
      give(id, "stat", to_json(*stat));
    } else {
      const auto& other = std::get<wire::OtherUpdate>(update);
      give(id, other.key, other.value);
    }
  }
  // Views must not outlive what they point to.
  if (updates.storage != nullptr) flush();
}

void RunningCommands::hold(engine::CommandId id, char stream, std::string_view name, std::string_view text) {
  if (text.empty()) return;
  if (held_stream_ == stream && held_command_ == id && held_name_ == name) {
    if (held_text_.empty()) held_text_ = held_view_;
    held_text_ += text;
    return;
  }
  flush();
  held_command_ = id;
  held_stream_ = stream;
  held_name_ = name;
  held_view_ = text;
}

void RunningCommands::flush() {
  const char stream = std::exchange(held_stream_, '\0');
  if (stream == 0) return;
  const std::string joined = std::exchange(held_text_, {});
  const std::string_view raw = joined.empty() ? held_view_ : std::string_view(joined);
  const auto sink = sink_of(held_command_);
  if (sink == nullptr) return;
  const bool is_utf8 = is_valid_utf8(raw);
  const std::string replaced = is_utf8 ? std::string() : to_utf8_replacing(raw);
  const std::string_view text = is_utf8 ? raw : std::string_view(replaced);
  if (stream == log_file_stream) {
    sink->on_log_file(held_name_, text);
  } else {
    sink->on_output(stream, text);
  }
}

void RunningCommands::give(engine::CommandId id, std::string_view key, const Json& value) {
  flush();
  if (const auto sink = sink_of(id)) sink->on_update(key, value);
}

void RunningCommands::transfer(engine::CommandId id, wire::TransferRequest request,
                               Reply<TransferCalls::Answer> reply) {
  const auto found = running_.find(id);
  if (found == running_.end()) return reply(make_error(Errc::not_found, "the command has ended"));
  if (found->second.transfer == nullptr) return reply(make_error(Errc::not_supported, "the command transfers no file"));
  const auto calls = found->second.transfer;
  calls->carry_out(std::move(request), std::move(reply));
}

void RunningCommands::complete(engine::CommandId id, std::optional<std::string> failure_text) {
  flush();
  const auto ended = running_.extract(id);
  if (ended.empty()) return;
  ended.mapped().transfer.reset();
  ended.mapped().sink->on_complete(std::move(failure_text));
}

void RunningCommands::lose_all() {
  flush();
  for (auto& [id, lost] : std::exchange(running_, {})) {
    lost.transfer.reset();
    lost.sink->on_lost();
  }
}

}  // namespace kiln::session
