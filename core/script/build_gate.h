// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/base/result.h"
#include "core/script/matching.h"
#include "core/script/step.h"

// do_build_if: whether a build that has its request and its worker is built at all.
namespace kiln::script {

struct GateQuestion {
  BuildContext build;  // without ids, number, sources and changes: it has no row yet
  WaitingRequestPtr request;
};

struct GateAnswer {
  bool is_wanted = true;
  std::string why;        // the function failed: which, where, how; empty: it did not
  std::string traceback;  // of that failure
  Properties properties;  // that it has set
  std::vector<std::pair<std::string, std::string>> secrets;  // that it has used, by name
  ObjectRef build;                                           // what it was asked about: BuildContext::asked
};

class BuildGate {
 public:
  virtual ~BuildGate() = default;
  virtual void ask(GateQuestion question, Reply<GateAnswer> reply) = 0;
};

}  // namespace kiln::script
