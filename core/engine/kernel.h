// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/clock.h"
#include "core/engine/locks.h"
#include "core/engine/recent_events.h"
#include "core/logs/log_sink.h"
#include "core/model/event.h"
#include "core/model/journal.h"
#include "core/script/config.h"
#include "core/script/transfer.h"

namespace kiln::engine {

// Replies with the newest change of each source stamp for which there is one. Null: there is nobody to ask.
using FindChanges = std::function<void(std::vector<SourceStamp> stamps, Reply<std::vector<Change>> reply)>;

// What every part of the engine works with. Loop thread.
struct Kernel {
  Clock& clock;
  Journal& journal;
  EventSink& events;
  logs::LogSink& logs;
  script::Transfers& transfers;
  MasterId master;
  FindChanges find_changes;
  script::ConfigPtr config;
  bool storage_lost = false;
  bool draining = false;  // no further builds are started, except those that running ones wait for
  bool shutting_down = false;
  Locks locks{clock};
  RecentEvents recent{};

  // When something that began at `start` is over: not before it, although the wall clock may have been set back.
  EpochSeconds end_of(EpochSeconds start) const { return std::max(clock.now_s(), start); }

  template <class Row>
  void publish(std::string_view verb, const Row& row) {
    const Event event{verb, row};
    recent.note(clock.now(), event);
    events.publish(event);
  }
};

}  // namespace kiln::engine
