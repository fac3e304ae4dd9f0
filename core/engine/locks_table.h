// SPDX-License-Identifier: MIT
#pragma once

#include "core/engine/locks.h"

// The inside of Locks, for its own sources.
namespace kiln::engine {

struct Locks::Real {
  Key key;
  std::int64_t places = 1;
  std::uint64_t version = 0;  // of the configuration that said so
  std::int64_t taken = 0;
  bool is_exclusive = false;  // whoever has it has it alone
  std::map<std::uint64_t, LockClaim*> holders;  // by ticket
  std::map<std::uint64_t, LockClaim*> queue;    // by ticket: who came first gets it first
  std::set<BuilderId> watchers;
  std::size_t claims = 0;  // that have it in their lists

  std::int64_t places_before = 0;  // of a lock with too many holders since it got fewer places: how many are taken

  bool fits(const Wish& wish) const;
  std::string trouble() const;
  // True: whoever waits may have it now.
  bool set_places(std::int64_t count);
  bool is_of_worker() const { return key.first == script::Lock::Kind::worker; }
  const std::string& name() const { return key.second.first; }
  const std::string& worker() const { return key.second.second; }
};

// What a claim takes of one lock.
struct Locks::Part {
  Real* lock = nullptr;
  Wish wish;
};

}  // namespace kiln::engine
