// SPDX-License-Identifier: MIT
#include "core/engine/try_scheduler.h"

#include <fmt/format.h>

#include <algorithm>

namespace kiln::engine {
namespace {

constexpr std::int64_t deepest_level = 1000;

std::string reason_of(const wire::TryJob& job, bool tells_comment) {
  std::string reason = "'try' job";
  if (!job.who.empty()) reason += " by user " + job.who;
  if (tells_comment && !job.comment.empty()) reason += " (" + job.comment + ")";
  return reason;
}

SourceStamp to_stamp(wire::TryJob& job) {
  SourceStamp stamp;
  stamp.branch = std::move(job.branch);
  stamp.revision = std::move(job.revision);
  stamp.repository = std::move(job.repository);
  stamp.project = std::move(job.project);
  if (job.patch && !job.patch->diff.empty()) {
    Patch patch;
    patch.level = static_cast<int>(job.patch->level);
    patch.author = std::move(job.who);
    patch.comment = std::move(job.comment);
    patch.body = std::move(job.patch->diff);
    stamp.patch = std::move(patch);
  }
  return stamp;
}

}  // namespace

void TryScheduler::submit(wire::TryJob job, Reply<ForceResult> reply) {
  if (!state_.is_active()) {
    return reply(make_error(Errc::conflict, fmt::format("scheduler \"{}\" is not active", state_.name)));
  }
  if (job.patch && (job.patch->level < 0 || job.patch->level > deepest_level)) {
    return reply(make_error(Errc::bad_input, fmt::format("{} is no patch level", job.patch->level)));
  }
  const auto& own = config().builder_names;
  const bool is_open = own.empty() && config().order_hooks;  // the user's code names the builders
  for (const std::string& name : job.builders) {
    if (is_open || std::find(own.begin(), own.end(), name) != own.end()) continue;
    return reply(make_error(Errc::not_found, fmt::format("scheduler \"{}\" has no builder \"{}\"", state_.name, name)));
  }
  Properties given;
  for (const auto& property : job.properties) given.set(property.key(), property.value(), "try build");
  NewBuildset order = new_order(reason_of(job, config().kind == script::SchedulerConfig::Kind::try_userpass),
                                std::move(given));
  order.row.external_idstring = std::move(job.id);
  if (!job.builders.empty()) order.builders = builder_ids(job.builders);
  order.row.sourcestamps = {to_stamp(job)};
  order_builds(std::move(order), std::move(reply), std::move(job.builders));
}

}  // namespace kiln::engine
