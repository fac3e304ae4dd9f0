// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/engine/invariant.h"
#include "core/engine/kernel.h"
#include "core/engine/wait_reason.h"
#include "core/engine/worker_link.h"
#include "core/logs/log_sink.h"
#include "core/model/event.h"
#include "core/model/journal.h"
#include "core/script/config.h"
#include "core/script/runtime.h"
#include "core/script/transfer.h"
#include "core/wire/try_job.h"

namespace kiln::engine {

struct ForceResult {
  BuildsetId buildset;
  std::vector<std::pair<BuilderId, RequestId>> requests;
};

// All decisions of a master: from changes to finished builds. Lives on the loop thread; owned by app/. It has no socket,
// SQL, thread or Python of its own: it decides on the Clock it is given and changes state only by units of work. It must
// outlive whatever can still reply to it: destroy it after the loop has stopped.
class Engine {
 public:
  struct Needs {
    Clock& clock;
    Journal& journal;
    EventSink& events;
    logs::LogSink& logs;
    script::Transfers& transfers;
    FindChanges find_changes = nullptr;
    std::optional<std::uint32_t> seed = std::nullopt;  // of decisions that are left to chance
  };
  // `snapshot`: the state at start, already reconciled.
  Engine(Needs needs, Snapshot snapshot);
  ~Engine();

  // Makes `config` the current one. Replies when its rows are committed; building goes on meanwhile, and running builds
  // keep the configuration they began with.
  void apply_config(script::ConfigPtr config, Reply<> reply);
  // The current one; null before the first.
  script::ConfigPtr config() const;

  // Errors: storage_full when the database cannot be written and a thousand changes wait for it already.
  void add_change(script::ChangeDraft draft, Reply<ChangeId> reply);
  // Errors: not_found (scheduler or builder), bad_input with JSON {field: message}.
  void force(const std::string& scheduler, const std::string& owner, const std::vector<std::string>& builder_names,
             JsonObject params, Reply<ForceResult> reply);
  // Errors: as for force(), and conflict when the scheduler is not active.
  void submit_try(const std::string& scheduler, wire::TryJob job, Reply<ForceResult> reply);
  // Unknown or finished builds are no error.
  void stop_build(BuildId build, const std::string& reason, Reply<> reply);
  void cancel_request(RequestId request, const std::string& reason, Reply<> reply);
  // The higher, the sooner. Requests that are complete are no error.
  void set_priority(RequestId request, int priority, Reply<> reply);
  // A new buildset of the same sourcestamps and properties, for the build's builder only. The caller has read the rows.
  // `changes`: of each sourcestamp the newest.
  void rebuild(const Build& original, const Buildset& buildset, Properties properties, std::vector<Change> changes,
               Reply<ForceResult> reply);

  // Errors: not_found (builder).
  void add_buildset(script::BuildsetDraft draft, Reply<ForceResult> reply);
  // Stored and announced only: a running build goes on with what it has.
  void set_build_property(BuildId build, Property property, Reply<> reply);
  // Somebody else has written the properties of a buildset that waits.
  void replace_properties(BuildsetId buildset, Properties properties);

  void pause_worker(WorkerId worker, bool paused, const std::string& reason, Reply<> reply);
  // Shut down when idle (graceful) or at once.
  void stop_worker(WorkerId worker, bool graceful, Reply<> reply);
  void enable_scheduler(SchedulerId scheduler, bool enabled, Reply<> reply);

  WorkerGate& workers();

  BuilderId builder_id(const std::string& name) const;  // 0: unknown
  const std::string* builder_name(BuilderId id) const;
  // Why requests are not being built: all, one (none: it does not wait), the first ones of a builder.
  std::vector<WaitingRow> wait_reasons() const;
  std::optional<WaitingRow> wait_reasons(RequestId request) const;
  std::vector<WaitingRow> wait_reasons(BuilderId builder, std::size_t limit) const;
  std::size_t running_builds() const;
  // Those that are held or waited for: by whom, and in which order.
  std::vector<LockReport> locks() const;
  // What should never be, in words; empty: all is well. Looks at everything.
  std::string broken_invariant() const;
  // Looks for such while it runs, every so often; `report` gets what is found for the first time.
  void watch_invariants(std::chrono::seconds interval, InvariantReport report);
  std::vector<InvariantRow> invariants() const;

  // Starts no further builds, except those that running ones wait for; replies once none is running (clean shutdown).
  // Errors: cancelled when it is called off.
  void drain(Reply<> reply);
  // Builds as usual again. False: no drain was under way.
  bool cancel_drain();
  // Ends everything: running builds get RETRY, workers are closed; replies when the last row is committed.
  void shutdown(Reply<> reply);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace kiln::engine
