// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>
#include <vector>

#include "core/base/json.h"
#include "core/model/event.h"

namespace kiln::engine {

// The last events, as little of each as says what happened: no values of the rows.
class RecentEvents {
 public:
  static constexpr std::size_t kept = 512;

  void note(std::chrono::microseconds now, const Event& event);
  // The oldest first: {"at", "what": "builds/7/finished"}.
  JsonArray to_json() const;

 private:
  struct Entry {
    std::chrono::microseconds at{0};
    std::string_view type;
    std::string_view verb;
    std::int64_t id = 0;
  };
  std::vector<Entry> entries_;  // a ring once it is full
  std::size_t next_ = 0;
};

}  // namespace kiln::engine
