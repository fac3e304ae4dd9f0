// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/engine/change_filter.h"
#include "core/engine/scheduler.h"
#include "core/script/runtime.h"
#include "core/wire/try_job.h"

namespace kiln::engine {

// The configured schedulers: what happens reaches those that it concerns. Loop thread.
class Schedulers : public BuildsetListener {
 public:
  Schedulers(Kernel& kernel, Requests& requests, Buildsets& buildsets, const Snapshot& snapshot);
  ~Schedulers() override;

  // After kernel.config changed and its rows are committed. `ids` in the order of the configuration's schedulers.
  void configure(const std::vector<SchedulerId>& ids);

  void add_change(script::ChangeDraft draft, Reply<ChangeId> reply);
  std::size_t unstored_changes() const { return unstored_changes_; }
  void force(const std::string& scheduler, const std::string& owner, const std::vector<std::string>& builder_names,
             JsonObject params, Reply<ForceResult> reply);
  // Errors: not_found when there is no such scheduler or it cannot be triggered.
  void trigger(script::TriggerOrder order, BuildId parent, Reply<script::Triggered> started, Reply<Results> finished);
  // Errors: not_found when there is no such scheduler for `try`, and those of TryScheduler.
  void submit_try(const std::string& scheduler, wire::TryJob job, Reply<ForceResult> reply);
  void enable(SchedulerId id, bool enabled, Reply<> reply);
  // No timers any more.
  void stop();

  void buildset_added(const Buildset& row, const std::string& scheduler) override;
  void buildset_complete(const Buildset& row, const std::vector<Change>& changes) override;

 private:
  struct Entry {
    SchedulerState state;
    script::SchedulerConfig::Kind kind{};  // of `live`
    std::unique_ptr<LiveScheduler> live;  // null: never configured since the start
    std::vector<std::unique_ptr<LiveScheduler>> replaced;  // of another kind; may still get replies
  };

  Entry* find(SchedulerId id) const;
  Entry* find(const std::string& name) const;
  void configure(Entry& entry, std::shared_ptr<const script::SchedulerConfig> config);
  void write_classifications(Unit& unit, std::size_t change_write, const Change& change,
                             std::vector<SchedulerId>& classified) const;
  void on_change(const Change& change, const std::vector<SchedulerId>& classified);
  void ask_hooks(Entry& entry, const Change& change);
  void judged(Entry& entry, const Change& change, script::Importance importance);
  void keep(Entry& entry, const Change& change, bool important);

  Kernel& kernel_;
  const LiveScheduler::Needs needs_;
  std::vector<Buildset> awaited_;  // complete ones that nobody could hear of before the first configuration
  std::size_t unstored_changes_ = 0;  // that wait for their commit
  std::map<std::string, std::unique_ptr<Entry>> entries_;  // by name; also of schedulers not configured any more
};

}  // namespace kiln::engine
