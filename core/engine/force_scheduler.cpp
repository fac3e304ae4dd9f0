// SPDX-License-Identifier: MIT
#include "core/engine/force_scheduler.h"

#include <fmt/format.h>

#include <algorithm>

namespace kiln::engine {

void ForceScheduler::force(const std::string& owner, const std::vector<std::string>& builder_names, JsonObject params,
                           Reply<ForceResult> reply) {
  if (!state_.enabled) {
    reply(make_error(Errc::conflict, fmt::format("scheduler \"{}\" is disabled", state_.name)));
    return;
  }
  const auto& own = config().builder_names;
  for (const std::string& name : builder_names) {
    if (std::find(own.begin(), own.end(), name) == own.end()) {
      reply(make_error(Errc::not_found, fmt::format("scheduler \"{}\" has no builder \"{}\"", state_.name, name)));
      return;
    }
  }
  config().form->parse(owner, builder_names.empty() ? own : builder_names, std::move(params),
                       [this, reply = std::move(reply)](const Result<script::ForceOrder>& order) {
                         if (!order) {
                           reply(order.error());
                         } else if (!state_.is_active()) {
                           reply(make_error(Errc::conflict, "the scheduler was taken away meanwhile"));
                         } else {
                           build(*order, reply);
                         }
                       });
}

void ForceScheduler::build(const script::ForceOrder& order, const Reply<ForceResult>& reply) {
  NewBuildset buildset = new_order(order.reason, order.properties);
  buildset.row.sourcestamps = order.sourcestamps;
  buildset.priority = order.priority;
  buildset.builders = builder_ids(order.builder_names);
  buildsets_.add(std::move(buildset), reply);
}

}  // namespace kiln::engine
