// SPDX-License-Identifier: MIT
#include "core/engine/triggerable_scheduler.h"

namespace kiln::engine {

void TriggerableScheduler::trigger(script::TriggerOrder order, BuildId parent, Reply<script::Triggered> started,
                                   Reply<Results> finished) {
  if (!is_triggerable()) {
    LiveScheduler::trigger(std::move(order), parent, std::move(started), std::move(finished));
    return;
  }
  const Property* reason = order.properties.find("reason");
  const bool has_reason = reason != nullptr && reason->value.is_string();
  const std::string text = has_reason ? std::string(reason->value.get_string()) : config().reason;
  NewBuildset buildset = new_order(text, std::move(order.properties));
  add_given_stamps(buildset, order.sourcestamps);
  buildset.waited_for = order.waited_for;
  buildset.row.parent_buildid = parent;
  buildset.row.parent_relationship = std::move(order.parent_relationship);
  buildset.on_complete = [finished = std::move(finished)](Results results) { finished(results); };
  order_builds(std::move(buildset), [started = std::move(started)](Result<ForceResult> done) {
    if (!done) return started(done.error());
    started(script::Triggered{done->buildset, std::move(done->requests)});
  });
}

}  // namespace kiln::engine
