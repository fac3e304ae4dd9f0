// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/script/config.h"
#include "core/script/results_mirror.h"
#include "core/script/step.h"

namespace kiln::testing {

// A step as a Python step is: its verbs answer when the test's functions do.
class ScriptedStep : public script::Step {
 public:
  explicit ScriptedStep(std::string name) : name_(std::move(name)) {}

  bool runs_always = false;
  script::LockAccesses locks;
  script::StepHost* host = nullptr;
  std::function<void(ScriptedStep&, Reply<script::PreparedStep>)> on_prepare;
  std::function<void(ScriptedStep&, Reply<script::StepOutcome>)> on_run;
  std::function<void(ScriptedStep&, std::string)> on_interrupt;
  std::function<void(ScriptedStep&, Results, Reply<script::StepEnd>)> on_finish;
  std::vector<std::string> calls;
  std::vector<Log> lazy_logs;

  script::PreparedStep prepared() const {
    script::PreparedStep out;
    out.options.name = name_;
    out.options.always_run = runs_always;
    out.options.build_summary_policy = {Results::failure, Results::exception, Results::retry, Results::cancelled};
    out.state_string = "running";
    out.locks = locks;
    return out;
  }
  static script::StepEnd end(Results results, std::string text = "finished") {
    if (results != Results::success) text += " (" + std::string(to_string(results)) + ")";
    return {results, false, {std::move(text), std::nullopt}, std::nullopt};
  }

  void prepare(script::StepHost& step_host, Reply<script::PreparedStep> reply) override {
    calls.emplace_back("prepare");
    host = &step_host;
    if (on_prepare) return on_prepare(*this, std::move(reply));
    reply(prepared());
  }
  void run(Reply<script::StepOutcome> reply) override {
    calls.emplace_back("run");
    if (on_run) return on_run(*this, std::move(reply));
    reply(script::StepOutcome{});
  }
  void interrupt(std::string reason) override {
    calls.push_back("interrupt " + reason);
    if (on_interrupt) on_interrupt(*this, std::move(reason));
  }
  void finish(Results results, Reply<script::StepEnd> reply) override {
    calls.push_back("finish " + std::string(to_string(results)));
    if (on_finish) return on_finish(*this, results, std::move(reply));
    reply(end(results));
  }
  void log_added(const Log& log) override { lazy_logs.push_back(log); }
  std::string describe() const override { return name_; }
  bool always_run() const override { return runs_always; }

 private:
  std::string name_;
};

// Makes the given steps for the next build; counts sessions.
class ScriptedMaker : public script::BuildMaker {
 public:
  std::vector<std::shared_ptr<ScriptedStep>> steps;
  std::function<void(Reply<script::OpenedBuild>)> on_open;
  std::optional<script::BuildContext> context;
  std::vector<Results> closed;
  script::LockAccesses locks;  // of the builder's list, rendered
  std::vector<Property> mirrored;
  std::vector<Results> results;  // of the build so far, as Python is told

  void open(script::BuildContext build, std::vector<script::ObjectRef>, Reply<script::OpenedBuild> reply) override {
    context = std::move(build);
    if (on_open) return on_open(std::move(reply));
    reply(opened());
  }
  script::OpenedBuild opened() {
    return {std::make_shared<Session>(*this), std::vector<script::StepPtr>(steps.begin(), steps.end()), {}, locks};
  }

 private:
  class Session : public script::BuildSession, public script::ResultsMirror {
   public:
    explicit Session(ScriptedMaker& maker) : maker_(maker) {}
    void property_changed(const Property& property) override { maker_.mirrored.push_back(property); }
    void results_changed(Results results) override { maker_.results.push_back(results); }
    void close(Results results) override { maker_.closed.push_back(results); }

   private:
    ScriptedMaker& maker_;
  };
};

// Makes `builder` consist of these steps, as if all of them were Python.
inline std::shared_ptr<ScriptedMaker> use_scripted_steps(script::BuilderConfig& builder,
                                                         std::vector<std::shared_ptr<ScriptedStep>> steps) {
  auto maker = std::make_shared<ScriptedMaker>();
  for (std::size_t i = 0; i < steps.size(); ++i) builder.steps.push_back({"OwnStep", nullptr, nullptr});
  maker->steps = std::move(steps);
  builder.maker = maker;
  return maker;
}

}  // namespace kiln::testing
