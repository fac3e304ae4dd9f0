// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/engine/buildsets.h"
#include "core/engine/kernel.h"
#include "core/engine/requests.h"

namespace kiln::engine {

// What is known of a scheduler whatever its kind: it outlives reconfigurations, and those that are not configured any
// more are kept too.
struct SchedulerState {
  struct Kept {
    Change change;
    bool important = true;
  };

  SchedulerId id;
  std::string name;
  std::shared_ptr<const script::SchedulerConfig> config;  // null: not configured
  bool enabled = true;
  std::map<ChangeId, Kept> kept;  // classified changes that are not in a buildset yet
  std::vector<StoredState> stored;  // object_state of its name, as of the start and of later writes

  bool is_active() const { return config && enabled; }
};

// One kind of scheduler at work: the base has what they share. Owned by Schedulers, lives as long as the engine since
// replies may still come; loop thread.
class LiveScheduler {
 public:
  struct Needs {
    Kernel& kernel;
    Requests& requests;
    Buildsets& buildsets;
  };
  LiveScheduler(const Needs& needs, SchedulerState& state);
  virtual ~LiveScheduler();
  LiveScheduler(const LiveScheduler&) = delete;
  LiveScheduler& operator=(const LiveScheduler&) = delete;

  // It is configured, enabled or disabled anew, or not configured any more.
  virtual void refresh() = 0;
  // No timers any more.
  virtual void stop() = 0;

  virtual bool takes_changes() const { return false; }
  virtual bool keeps_unimportant() const { return true; }
  // `change` is one of its kept ones now.
  virtual void change_kept(const Change&, bool /*important*/) {}

  virtual void buildset_added(const Buildset&, const std::string& /*scheduler*/) {}
  virtual void buildset_complete(const Buildset&, const std::vector<Change>& /*changes*/) {}

  virtual bool is_triggerable() const { return false; }
  // A step of the build `parent` asks for builds. Without is_triggerable() both replies are errors.
  virtual void trigger(script::TriggerOrder order, BuildId parent, Reply<script::Triggered> started,
                       Reply<Results> finished);

  // Remembers the revision for codebases without a change, when the configuration wants that.
  void note_revision(const Change& change);

 protected:
  using Kept = std::map<ChangeId, SchedulerState::Kept>;

  const script::SchedulerConfig& config() const { return *state_.config; }
  // Those that are configured, each once.
  std::vector<BuilderId> builder_ids(const std::vector<std::string>& names) const;
  // `given` are overwritten by the scheduler's own properties.
  NewBuildset new_order(const std::string& reason, Properties given = {}) const;
  // The changes' properties and newest revisions, and in the same unit they are not kept any more.
  void add_changes(NewBuildset& order, const Kept& changes) const;
  void add_default_stamps(NewBuildset& order) const;
  SourceStamp stamp_without_change(const std::string& codebase, const script::CodebaseDefaults& defaults) const;
  // Makes the buildset when the user's code has had its say. `chosen`: of the builders that it names only these; empty:
  // all.
  void order_builds(NewBuildset order, Reply<ForceResult> reply, std::vector<std::string> chosen = {});
  // What is not given of a codebase is its default; given ones that the scheduler does not know are added.
  void add_given_stamps(NewBuildset& order, const std::vector<script::StampOrder>& given) const;
  // Null: never set.
  const Json* stored(const std::string& key) const;
  // The write that makes it so; the memory is changed at once.
  Write store(const std::string& key, Json value);
  // The class under which its values are stored; the name without its module, as upstream's state mixin has it.
  virtual std::string state_class() const;

  Kernel& kernel_;
  Requests& requests_;
  Buildsets& buildsets_;
  SchedulerState& state_;
};

SourceStamp stamp_of(const Change& change);

}  // namespace kiln::engine
