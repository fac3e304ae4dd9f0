// SPDX-License-Identifier: MIT
#include "core/app/reconfiguration.h"

#include <fmt/format.h>

#include "core/base/log.h"

namespace kiln::app {
namespace {

using Outcome = Reconfiguration::Outcome;

// What scripts look for in twistd.log.
std::string line_of(const Outcome& outcome) {
  switch (outcome.end) {
    case Outcome::End::complete: return fmt::format("configuration update complete (took {:.3f} seconds)", outcome.seconds);
    case Outcome::End::partial:
      return fmt::format("configuration update partially applied; master may malfunction (took {:.3f} seconds)",
                         outcome.seconds);
    case Outcome::End::aborted: break;
  }
  return fmt::format("configuration update aborted without making any changes (took {:.3f} seconds)", outcome.seconds);
}

}  // namespace

Json to_json(const Outcome& outcome) {
  constexpr const char* words[] = {"complete", "partial", "aborted"};
  return Json(JsonObject{{"outcome", words[static_cast<int>(outcome.end)]},
                         {"line", line_of(outcome)},
                         {"problems", JsonArray(outcome.problems.begin(), outcome.problems.end())}});
}

Reconfiguration::Reconfiguration(Needs needs) : needs_(std::move(needs)) {}

Reconfiguration::~Reconfiguration() = default;

void Reconfiguration::request(Told told) {
  if (phase_ == Phase::stopped) return told({Outcome::End::aborted, {"the master is stopping"}, 0});
  if (phase_ != Phase::idle) {
    if (next_.empty()) log_info("a configuration update is under way: another one follows it");
    next_.push_back(std::move(told));
    return;
  }
  current_.push_back(std::move(told));
  begin();
}

void Reconfiguration::begin() {
  phase_ = Phase::trying;
  ++round_;
  began_ = std::chrono::steady_clock::now();
  limits_ = needs_.engine.config()->reload_limits;  // the new file's own are not to be trusted yet
  log_info("beginning configuration update");
  log_info("Loading configuration from '{}'", needs_.file.string());
  trial_ = std::make_unique<ConfigTrial>(
      ConfigTrial::Order{needs_.runtime.own_command(), needs_.file, needs_.basedir, limits_}, needs_.post_to_loop,
      [this](ConfigTrial::Verdict verdict) {
        trial_.reset();
        if (verdict.empty()) {
          load();
        } else {
          end(Outcome::End::aborted, std::move(verdict));
        }
      });
}

// The child had no trouble with it, but files may behave differently each time.
void Reconfiguration::load() {
  phase_ = Phase::loading;
  limit_ = needs_.clock.call_after(limits_.time, [this] {
    end(Outcome::End::aborted, {needs_.file.string() + ": the file did not end in time when the master loaded it"});
  });
  needs_.runtime.load_later(needs_.file, needs_.basedir, [this, round = round_](const Result<script::LoadOutcome>& loaded) {
    if (phase_ != Phase::loading || round != round_) return;
    limit_.reset();
    if (loaded) {
      on_loaded(*loaded);
    } else {
      end(Outcome::End::aborted, {loaded.error().what});
    }
  });
}

void Reconfiguration::on_loaded(const script::LoadOutcome& loaded) {
  std::vector<std::string> problems;
  for (const script::ConfigProblem& problem : loaded.problems) problems.push_back(to_text(problem));
  if (loaded.config && loaded.config->db_url != needs_.engine.config()->db_url) {
    problems.emplace_back("Cannot change c['db'] after the master has started: restart it");
  }
  if (problems.empty()) {
    if (const auto opened = needs_.listeners.open(*loaded.config); !opened) problems.push_back(opened.error().what);
  }
  if (!problems.empty()) return end(Outcome::End::aborted, std::move(problems));
  apply(loaded.config);
}

void Reconfiguration::apply(const script::ConfigPtr& config) {
  phase_ = Phase::applying;
  for (const std::string& warning : config->warnings) log_warning("{}", warning);
  needs_.engine.apply_config(config, [this, config, old = needs_.engine.config()](const Result<void>& applied) {
    if (phase_ == Phase::stopped) return;
    if (!applied) return end(Outcome::End::partial, {applied.error().what});
    needs_.listeners.close_others();
    activate(config, old);
  });
}

// Until this is done Python's services refer to the old configuration: held so long, it is collected when it ends.
void Reconfiguration::activate(const script::ConfigPtr& config, const script::ConfigPtr& old) {
  needs_.runtime.activate(config, [this, old](const Result<void>& active) {
    if (phase_ == Phase::stopped) return;
    if (active) {
      end(Outcome::End::complete, {});
    } else {
      end(Outcome::End::partial, {active.error().what});
    }
  });
}

void Reconfiguration::end(Outcome::End how, std::vector<std::string> problems) {
  limit_.reset();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began_;
  for (const std::string& problem : problems) log_error("{}", problem);
  const Outcome outcome{how, std::move(problems), took.count()};
  log_line(how == Outcome::End::complete ? LogLevel::info : LogLevel::warning, line_of(outcome));
  for (const Told& told : std::exchange(current_, {})) told(outcome);
  phase_ = Phase::idle;
  current_ = std::exchange(next_, {});
  if (!current_.empty()) begin();
}

void Reconfiguration::stop() {
  if (phase_ == Phase::stopped) return;
  const bool was_busy = phase_ != Phase::idle;
  phase_ = Phase::stopped;
  trial_.reset();
  limit_.reset();
  if (!was_busy) return;
  log_warning("the configuration update is broken off: the master is stopping");
  const Outcome outcome{Outcome::End::aborted, {"the master is stopping"}, 0};
  for (const Told& told : std::exchange(current_, {})) told(outcome);
  for (const Told& told : std::exchange(next_, {})) told(outcome);
}

}  // namespace kiln::app
