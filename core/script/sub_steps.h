// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "core/base/ids.h"
#include "core/base/result.h"
#include "core/model/entities.h"
#include "core/model/results.h"

namespace kiln::script {

// Steps that user code makes by hand while a step runs: rows, logs and links, but no life of their own. The text of
// their logs goes through the step that made them. What is not finished ends with that step. Loop thread; valid as long
// as its StepHost.
class SubStepHost {
 public:
  virtual ~SubStepHost() = default;
  // Replies after the row is committed; the name is made unique in the build.
  virtual void add(std::string name, Reply<Step> reply) = 0;
  // The following reply not_found when there is no open step of this id.
  virtual void add_log(StepId step, std::string name, LogType type, Reply<Log> reply) = 0;
  virtual void add_url(StepId step, std::string name, std::string url, Reply<> reply) = 0;
  virtual void set_state_string(StepId step, std::string text) = 0;
  // Ends its logs, too. Replies after the commit.
  virtual void finish(StepId step, Results results, bool hidden, Reply<> reply) = 0;
};

}  // namespace kiln::script
