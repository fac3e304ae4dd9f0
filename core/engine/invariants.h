// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/engine/fleet.h"
#include "core/engine/invariant.h"
#include "core/engine/kernel.h"
#include "core/engine/matcher.h"
#include "core/engine/requests.h"

namespace kiln::engine {

// Where to look.
struct World {
  using Builds = std::unordered_map<BuildRun*, std::shared_ptr<BuildRun>>;
  const Kernel& kernel;
  const Requests& requests;
  const Fleet& fleet;
  const Matcher& matcher;
  const Builds& builds;
};

// Walks over a hash map that may change between two calls: what is in it all the time is seen. It begins anew when the
// map's table has changed.
class MapWalk {
 public:
  // Calls `look` for entries until `budget` is spent, and `begin` whenever it begins. True: that was the end.
  template <class Map, class Look, class Begin>
  bool go_on(const Map& map, std::size_t& budget, Look&& look, Begin&& begin) {
    if (buckets_ != map.bucket_count()) {
      next_ = 0;
      buckets_ = map.bucket_count();
      begin();
    }
    for (; next_ < buckets_ && budget > 0; ++next_) {
      std::size_t cost = 1;
      for (auto entry = map.begin(next_); entry != map.end(next_); ++entry, ++cost) look(*entry);
      budget -= std::min(budget, cost);
    }
    return next_ == buckets_;
  }

 private:
  std::size_t buckets_ = 0;
  std::size_t next_ = 0;
};

// One look at everything, in pieces that other work may come between.
class Sweep {
 public:
  explicit Sweep(const World& world) : world_(world) {}
  // Looks at about `budget` things more. True: that was all.
  bool go_on(std::size_t budget);
  // Each object once for each invariant.
  std::vector<Violation> violations() const;

 private:
  enum class Part { buildsets, requests, builders, builds, workers, locks, counts, done };

  void found(Invariant invariant, std::string object, std::string text);
  bool part_done(std::size_t& budget);
  void look_at(const BuildsetState& buildset);
  void look_at(const RequestState& request);
  void look_at_queue(const RequestState& request);
  void look_at(const BuilderState& builder);
  void look_at(const BuildRun* key, const BuildRun& build);
  void look_at(const WorkerState& worker);
  void look_at_locks();
  bool walk_requests(std::size_t& budget);
  bool walk_builders(std::size_t& budget);
  bool walk_queue(const BuilderState& builder, std::size_t& budget);
  void compare_counts();

  // What the requests say about a buildset, beside what itself said before.
  struct Count {
    std::size_t open = 0, uncommitted = 0;
    std::size_t open_seen = 0, uncommitted_seen = 0;
  };
  World world_;
  Part part_ = Part::buildsets;
  MapWalk walk_;
  std::unordered_map<BuildsetId, Count> counts_;
  std::vector<BuilderId> builders_;  // still to look at, once `lists_builders_` is true
  bool lists_builders_ = false;
  std::unique_ptr<RequestState> place_;  // in the queue of the last of them; null: at its start
  std::map<std::pair<Invariant, std::string>, std::string> found_;
};

// A whole sweep at once.
std::vector<Violation> violations(const World& world);

}  // namespace kiln::engine
