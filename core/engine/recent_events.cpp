// SPDX-License-Identifier: MIT
#include "core/engine/recent_events.h"

#include <fmt/format.h>

#include <utility>

namespace kiln::engine {
namespace {

struct Subject {
  std::string_view type;
  std::int64_t id;
};

struct SubjectOf {
  Subject operator()(const Change& row) const { return {"changes", row.id.value}; }
  Subject operator()(const BuildsetRow& row) const { return {"buildsets", row.buildset.id.value}; }
  Subject operator()(const BuildRequest& row) const { return {"buildrequests", row.id.value}; }
  Subject operator()(const Build& row) const { return {"builds", row.id.value}; }
  Subject operator()(const BuildPropertiesRow& row) const { return {"properties of builds", row.build.value}; }
  Subject operator()(const Step& row) const { return {"steps", row.id.value}; }
  Subject operator()(const Log& row) const { return {"logs", row.id.value}; }
  Subject operator()(const Worker& row) const { return {"workers", row.id.value}; }
  Subject operator()(const Scheduler& row) const { return {"schedulers", row.id.value}; }
  Subject operator()(const Master& row) const { return {"masters", row.id.value}; }
  Subject operator()(const BuilderStateRow& row) const { return {"builders", row.builder.value}; }
  Subject operator()(const TestResultSet& row) const { return {"test_result_sets", row.id}; }
};

}  // namespace

void RecentEvents::note(std::chrono::microseconds now, const Event& event) {
  const Subject subject = std::visit(SubjectOf(), event.row);
  const Entry entry{now, subject.type, event.verb, subject.id};
  if (entries_.size() < kept) {
    entries_.push_back(entry);
  } else {
    entries_[next_] = entry;
    next_ = (next_ + 1) % kept;
  }
}

JsonArray RecentEvents::to_json() const {
  JsonArray shown;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const Entry& entry = entries_[(next_ + i) % entries_.size()];
    shown.push_back(JsonObject{{"at", static_cast<double>(entry.at.count()) / 1e6},
                               {"what", fmt::format("{}/{}/{}", entry.type, entry.id, entry.verb)}});
  }
  return shown;
}

}  // namespace kiln::engine
