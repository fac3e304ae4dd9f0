// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/engine/buildsets.h"
#include "core/engine/kernel.h"
#include "core/engine/requests.h"
#include "core/script/runtime.h"

namespace kiln::engine {

// The configured schedulers: changes become buildsets, at once or when the tree is stable; forms become buildsets.
// Loop thread.
class Schedulers {
 public:
  Schedulers(Kernel& kernel, Requests& requests, Buildsets& buildsets, const Snapshot& snapshot);
  ~Schedulers();

  // After kernel.config changed and its rows are committed. `ids` in the order of the configuration's schedulers.
  void configure(const std::vector<SchedulerId>& ids);

  void add_change(script::ChangeDraft draft, Reply<ChangeId> reply);
  void force(const std::string& scheduler, const std::string& owner, const std::vector<std::string>& builder_names,
             JsonObject params, Reply<ForceResult> reply);
  void enable(SchedulerId id, bool enabled, Reply<> reply);
  // No timers any more.
  void stop();

 private:
  struct Entry;
  Entry* find(SchedulerId id) const;
  void write_classifications(Unit& unit, std::size_t change_write, const Change& change,
                             std::vector<SchedulerId>& classified) const;
  void on_change(const Change& change, const std::vector<SchedulerId>& classified);
  void ask_hooks(Entry& entry, const Change& change);
  void keep(Entry& entry, const Change& change, bool important);
  void consider(Entry& entry);
  void restart_timer(Entry& entry);
  void build_kept(Entry& entry);
  void build_order(Entry& entry, const script::ForceOrder& order, const Reply<ForceResult>& reply);
  std::vector<BuilderId> builder_ids(const std::vector<std::string>& names) const;

  Kernel& kernel_;
  Requests& requests_;
  Buildsets& buildsets_;
  std::map<std::string, std::unique_ptr<Entry>> entries_;  // by name; also of schedulers not configured any more
};

// Whether a change passes a filter without Python.
bool passes(const script::NativeChangeFilter& filter, const Change& change);

}  // namespace kiln::engine
