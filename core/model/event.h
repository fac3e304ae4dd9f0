// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "core/model/entities.h"
#include "core/model/extra_entities.h"

namespace kiln {

struct BuildPropertiesRow {
  BuildId build;
  Properties properties;  // the full set
};
struct BuildsetRow {
  Buildset buildset;
  std::string scheduler;  // only in "new"
};
struct BuilderStateRow {
  BuilderId builder;
  MasterId master;
  std::string name;
};

// Something that happened, already committed. `verb` is the last element of upstream's routing key: new, started,
// update, updated, finished, complete, claimed, unclaimed, cancel, append, connected ... (rest.md section 7).
struct Event {
  std::string_view verb;  // a literal
  std::variant<Change, BuildsetRow, BuildRequest, Build, BuildPropertiesRow, Step, Log, Worker, Scheduler, Master,
               BuilderStateRow, TestResultSet>
      row;
};

// Takes events on the loop thread, in order.
class EventSink {
 public:
  virtual ~EventSink() = default;
  virtual void publish(const Event& event) = 0;
};

}  // namespace kiln
