// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/engine/step_logs.h"
#include "core/script/sub_steps.h"

namespace kiln::engine {

class BuildRun;

// Calls `then` when all of the logs are closed, and safe in their file. `keep` lives as long as that takes.
void settle(BuildRun& build, StepLogs& logs, std::shared_ptr<void> keep, std::function<void()> then);

// The steps that one step's user code makes by hand. Loop thread. Owned by its StepRun, which `keep_alive` holds while a
// unit of work is on its way.
class SubSteps : public script::SubStepHost {
 public:
  SubSteps(BuildRun& build, StepLogs::KeepAlive keep_alive);
  ~SubSteps() override;

  void add(std::string name, Reply<Step> reply) override;
  void add_log(StepId step, std::string name, LogType type, Reply<Log> reply) override;
  void add_url(StepId step, std::string name, std::string url, Reply<> reply) override;
  void set_state_string(StepId step, std::string text) override;
  void finish(StepId step, Results results, bool hidden, Reply<> reply) override;

  // The logs of the open step that has this one; null: none has.
  StepLogs* logs_with(LogId log) const;
  // Ends what is still open, then calls `then`, perhaps at once. No step is added any more.
  void finish_rest(std::function<void()> then);

 private:
  struct SubStep;
  SubStep* find(StepId step) const;
  void write_end(SubStep& step, Results results, bool hidden, Reply<> reply);

  BuildRun& build_;
  StepLogs::KeepAlive keep_alive_;
  std::vector<std::unique_ptr<SubStep>> steps_;
  bool is_closed_ = false;
};

}  // namespace kiln::engine
