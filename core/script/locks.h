// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

// Locks as a configuration names them (semantics.md section 11).
namespace kiln::script {

// Its kind and its name say which lock it is; of the places the newest configuration's count.
struct Lock {
  enum class Kind { master, worker };  // worker: each worker has one of its own

  Kind kind = Kind::master;
  std::string name;
  std::int64_t max_count = 1;
  std::map<std::string, std::int64_t> max_count_for_worker;

  std::int64_t places(const std::string& worker) const {
    const auto own = max_count_for_worker.find(worker);
    return kind == Kind::worker && own != max_count_for_worker.end() ? own->second : max_count;
  }
  friend bool operator==(const Lock&, const Lock&) = default;
};

// One way to take a lock: alone, or some of its places.
struct LockAccess {
  Lock lock;
  bool exclusive = false;
  std::int64_t count = 1;  // 0: nothing is taken
  friend bool operator==(const LockAccess&, const LockAccess&) = default;
};
using LockAccesses = std::vector<LockAccess>;

}  // namespace kiln::script
