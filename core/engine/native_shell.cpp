// SPDX-License-Identifier: MIT
#include "core/engine/native_shell.h"

#include <fmt/format.h>

#include "core/engine/build_run.h"
#include "core/script/python_text.h"

namespace kiln::engine {
namespace {

constexpr std::size_t shown_words = 2;
constexpr const char* obfuscated_key = "__obfuscated__";

bool is_obfuscated(const Json& value) { return value.is_object() && value.get_object().contains(obfuscated_key); }

// NOLINTNEXTLINE(misc-no-recursion): as deep as the configuration nests the list.
void flatten(const Json& value, JsonArray& out) {
  if (!value.is_array()) {
    out.push_back(value);
    return;
  }
  for (const Json& item : value.get_array()) flatten(item, out);
}

std::string shown_word(const Json& value) {
  if (!is_obfuscated(value)) return script::python_str(value);
  const Json& pair = value.get_object().at(obfuscated_key);
  return pair.is_array() && pair.get_array().size() == 2 ? script::python_str(pair.get_array()[1]) : std::string();
}

std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> words;
  std::size_t start = 0;
  constexpr const char* blanks = " \t\n\r\f\v";
  while ((start = text.find_first_not_of(blanks, start)) != std::string::npos) {
    const std::size_t end = text.find_first_of(blanks, start);
    words.push_back(text.substr(start, end - start));
    start = end == std::string::npos ? text.size() : end;
  }
  return words;
}

// A description: null, a text or a list of texts joined by blanks.
std::string joined(const Json& value) {
  if (value.is_null()) return {};
  if (!value.is_array()) return script::python_str(value);
  JsonArray flat;
  flatten(value, flat);
  std::string text;
  for (const Json& item : flat) {
    if (!text.empty()) text += ' ';
    text += script::python_str(item);
  }
  return text;
}

std::string with_suffix(std::string text, const std::string& suffix) {
  if (suffix.empty()) return text;
  return text.empty() ? suffix : text + " " + suffix;
}

class NativeShellStep : public script::Step, public std::enable_shared_from_this<NativeShellStep> {
 public:
  NativeShellStep(std::shared_ptr<const script::NativeShell> config, const BuildRun& build)
      : config_(std::move(config)), build_(build) {}

  void prepare(script::StepHost& host, Reply<script::PreparedStep> reply) override;
  void run(Reply<script::StepOutcome> reply) override;
  void interrupt(std::string) override {}
  void finish(Results results, Reply<script::StepEnd> reply) override;
  std::string describe() const override { return "shell"; }
  bool always_run() const override { return config_->always_run; }

 private:
  Result<void> render_all();
  Result<Json> rendered(const script::Template& value) const { return script::render(value, build_.scope()); }
  Result<void> render_env();
  void add_logs(script::StepHost& host);
  void add_log(script::StepHost& host, const std::string& name);
  JsonObject shell_args() const;
  script::StepOutcome judge(const Result<script::CommandOutcome>& outcome);
  std::string current_summary() const;
  std::string result_summary(Results results) const;
  std::string outcome_text() const;

  std::shared_ptr<const script::NativeShell> config_;
  const BuildRun& build_;
  script::StepHost* host_ = nullptr;
  std::string name_;
  Json command_;
  Json workdir_;
  JsonObject env_;
  Json log_files_;
  Json initial_stdin_;
  Json description_done_;
  std::string description_, description_suffix_;
  std::optional<LogId> stdio_;
  std::vector<script::CommandRequest::LogFile> logs_;
  bool timed_out_ = false;
  bool had_max_lines_ = false;
};

Result<void> NativeShellStep::render_env() {
  for (const script::Template* value : {&build_.builder_config().env, &config_->env}) {
    Result<Json> env = rendered(*value);
    if (!env) return env.error();
    if (!env->is_object()) continue;
    for (const auto& pair : env->get_object()) env_.insert_or_assign(pair.key(), pair.value());
  }
  return {};
}

Result<void> NativeShellStep::render_all() {
  const auto set = [this](const script::Template& value, Json& target) -> Result<void> {
    Result<Json> json = rendered(value);
    if (!json) return json.error();
    target = std::move(*json);
    return {};
  };
  Json name, description, suffix;
  if (auto done = set(config_->name, name); !done) return done;
  name_ = name.is_null() ? describe() : script::python_str(name);
  for (const auto& [value, target] : {std::pair{&config_->command, &command_},
                                      {&config_->workdir, &workdir_},
                                      {&config_->log_files, &log_files_},
                                      {&config_->initial_stdin, &initial_stdin_},
                                      {&config_->description, &description},
                                      {&config_->description_done, &description_done_},
                                      {&config_->description_suffix, &suffix}}) {
    if (auto done = set(*value, *target); !done) {
      command_ = nullptr;
      return done;
    }
  }
  if (command_.is_array()) {
    JsonArray flat;
    flatten(command_, flat);
    command_ = std::move(flat);
  }
  description_ = joined(description);
  description_suffix_ = joined(suffix);
  return render_env();
}

void NativeShellStep::prepare(script::StepHost& host, Reply<script::PreparedStep> reply) {
  host_ = &host;
  script::PreparedStep prepared;
  const Result<void> done = render_all();
  if (!done) prepared.error = done.error().what;
  prepared.options = {name_, config_->flags, config_->always_run, config_->build_summary_policy};
  prepared.skip = config_->skip;
  prepared.state_string = current_summary();
  prepared.locks = config_->locks;
  if (!prepared.locks.empty()) prepared.waiting_string = outcome_text() + " (not finished)";
  if (done && !prepared.skip) add_logs(host);
  reply(std::move(prepared));
}

void NativeShellStep::add_logs(script::StepHost& host) {
  host.add_log("stdio", LogType::stream, [self = shared_from_this()](const Result<Log>& log) {
    if (log) self->stdio_ = log->id;
  });
  if (!log_files_.is_object()) return;
  for (const auto& pair : log_files_.get_object()) {
    const std::string name(pair.key());
    logs_.push_back({name, std::nullopt});
    if (!config_->lazy_log_files) add_log(host, name);
  }
}

void NativeShellStep::add_log(script::StepHost& host, const std::string& name) {
  host.add_log(name, LogType::stream, [self = shared_from_this(), name](const Result<Log>& log) {
    if (!log) return;
    for (auto& file : self->logs_) {
      if (file.name == name) file.log = log->id;
    }
  });
}

// In the order of wire-pb.md section 7.
JsonObject NativeShellStep::shell_args() const {
  JsonObject args;
  args["workdir"] = workdir_.is_null() ? Json(build_.builder_config().workdir) : workdir_;
  args["env"] = env_;
  args["want_stdout"] = config_->want_stdout;
  args["want_stderr"] = config_->want_stderr;
  args["logfiles"] = log_files_.is_object() ? log_files_ : Json(JsonObject{});
  args["timeout"] = config_->timeout;
  args["maxTime"] = config_->max_time;
  args["max_lines"] = config_->max_lines;
  args["sigtermTime"] = config_->sigterm_time;
  args["usePTY"] = config_->use_pty;
  args["logEnviron"] = config_->log_environ;
  args["initial_stdin"] = initial_stdin_;
  args["interruptSignal"] = config_->interrupt_signal;
  args["command"] = command_;
  return args;
}

void NativeShellStep::run(Reply<script::StepOutcome> reply) {
  script::CommandRequest request;
  request.name = "shell";
  request.args = shell_args();
  request.stdio = stdio_;
  request.log_files = logs_;
  host_->run_command(std::move(request), [self = shared_from_this(), reply = std::move(reply)](
                                             const Result<script::CommandOutcome>& outcome) {
    reply(self->judge(outcome));
  });
}

script::StepOutcome NativeShellStep::judge(const Result<script::CommandOutcome>& outcome) {
  if (!outcome) return {Results::exception, outcome.error().what};
  timed_out_ = outcome->failure_reason == "timeout" || outcome->failure_reason == "timeout_without_output";
  had_max_lines_ = outcome->failure_reason == "max_lines_failure";
  using End = script::CommandOutcome::End;
  switch (outcome->end) {
    case End::interrupted: return {Results::cancelled, std::nullopt};
    case End::connection_lost: return {Results::retry, std::nullopt};
    case End::failed: return {Results::exception, outcome->error};
    case End::completed: break;
  }
  if (!outcome->rc) return {Results::failure, std::nullopt};
  const auto found = config_->decode_rc.find(*outcome->rc);
  return {found == config_->decode_rc.end() ? Results::failure : found->second, std::nullopt};
}

std::string NativeShellStep::current_summary() const {
  return description_.empty() ? "running" : with_suffix(description_, description_suffix_);
}

std::string NativeShellStep::outcome_text() const {
  if (!description_done_.is_null()) return with_suffix(joined(description_done_), description_suffix_);
  if (const std::string command = short_command(command_); !command.empty()) return fmt::format("'{}'", command);
  return description_.empty() ? "finished" : with_suffix(description_, description_suffix_);
}

std::string NativeShellStep::result_summary(Results results) const {
  std::string text = outcome_text();
  if (results != Results::success) text += fmt::format(" ({})", to_string(results));
  if (timed_out_) text += " (timed out)";
  if (had_max_lines_) text += " (max lines)";
  return text;
}

void NativeShellStep::finish(Results results, Reply<script::StepEnd> reply) {
  reply(script::StepEnd{results, config_->hidden, {result_summary(results), std::nullopt}, std::nullopt});
}

}  // namespace

std::string short_command(const Json& command) {
  std::vector<std::string> words;
  if (command.is_string()) {
    words = words_of(std::string(command.get_string()));
  } else if (command.is_array()) {
    JsonArray flat;
    flatten(command, flat);
    for (const Json& item : flat) words.push_back(shown_word(item));
  }
  std::string text;
  for (std::size_t i = 0; i < words.size() && i < shown_words; ++i) {
    if (i > 0) text += ' ';
    text += words[i];
  }
  return words.size() > shown_words ? text + " ..." : text;
}

script::StepPtr make_native_shell(std::shared_ptr<const script::NativeShell> config, const BuildRun& build) {
  return std::make_shared<NativeShellStep>(std::move(config), build);
}

}  // namespace kiln::engine
