// SPDX-License-Identifier: MIT
#pragma once

#include "core/engine/scheduler.h"

namespace kiln::engine {

// ForceScheduler: a form that somebody filled in becomes a buildset.
class ForceScheduler : public LiveScheduler {
 public:
  using LiveScheduler::LiveScheduler;

  void refresh() override {}
  void stop() override {}
  // Errors: conflict when it is disabled, not_found for a builder that is not its own, and those of the form.
  void force(const std::string& owner, const std::vector<std::string>& builder_names, JsonObject params,
             Reply<ForceResult> reply);

 private:
  void build(const script::ForceOrder& order, const Reply<ForceResult>& reply);
};

}  // namespace kiln::engine
