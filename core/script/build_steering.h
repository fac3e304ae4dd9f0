// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/model/properties.h"
#include "core/model/results.h"
#include "core/script/step.h"

namespace kiln::script {

// A BuildSession is one, too, when the build's class has user code that is called between steps (Build.stepDone,
// Build.buildFinished). Errors: script, with the traceback.
class BuildSteering {
 public:
  virtual ~BuildSteering() = default;
  struct Verdict {
    Results results = Results::success;  // of the build so far
    bool terminate = false;              // only steps that always run are run from now on
    Properties properties;               // that it has set
    std::vector<StepPtr> next_steps, last_steps;  // that it has added
    struct Stop {
      std::string reason;
      Results results = Results::cancelled;
    };
    std::optional<Stop> stop;
  };
  // A step has ended with `step`; the next one waits for the reply.
  virtual void step_done(Results step, Reply<Verdict> reply) = 0;
  struct Ending {
    Results results = Results::success;
    std::vector<std::string> texts;  // the build's last state, in parts
  };
  // All steps are done.
  virtual void build_finished(Ending planned, Reply<Ending> reply) = 0;
};

}  // namespace kiln::script
