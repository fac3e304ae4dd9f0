// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/app/config_trial.h"
#include "core/app/listeners.h"
#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/engine/engine.h"
#include "core/script/runtime.h"

namespace kiln::app {

// Makes a running master read its configuration again: the file is tried in a child process, loaded in the master, and
// taken over as a whole; whatever is wrong before that leaves everything as it was. One at a time: who asks meanwhile
// gets one more, together with all others who ask meanwhile. Loop thread.
class Reconfiguration {
 public:
  struct Needs {
    Clock& clock;
    std::function<void(std::function<void()>)> post_to_loop;
    script::Runtime& runtime;
    engine::Engine& engine;
    Listeners& listeners;
    std::filesystem::path file, basedir;
  };
  explicit Reconfiguration(Needs needs);
  ~Reconfiguration();

  struct Outcome {
    // partial: the configuration is in force, but not all of its services run.
    enum class End { complete, partial, aborted };
    End end = End::complete;
    std::vector<std::string> problems;
    double seconds = 0;
  };
  using Told = std::function<void(const Outcome&)>;
  void request(Told told);
  // The master stops: breaks off what can be, and begins nothing more.
  void stop();

 private:
  enum class Phase { idle, trying, loading, applying, stopped };

  void begin();
  void load();
  void on_loaded(const script::LoadOutcome& loaded);
  void apply(const script::ConfigPtr& config);
  void activate(const script::ConfigPtr& config, const script::ConfigPtr& old);
  void end(Outcome::End how, std::vector<std::string> problems);

  Needs needs_;
  Phase phase_ = Phase::idle;
  std::uint64_t round_ = 0;  // an answer of an earlier one comes too late
  std::chrono::steady_clock::time_point began_;
  script::ReloadLimits limits_;
  std::unique_ptr<ConfigTrial> trial_;
  std::unique_ptr<Timer> limit_;
  std::vector<Told> current_, next_;
};

// For commands: "outcome", "line" as in the log, "problems".
Json to_json(const Reconfiguration::Outcome& outcome);

}  // namespace kiln::app
