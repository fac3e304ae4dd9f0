// SPDX-License-Identifier: MIT
// Builds that wait for each other. Configured lists that could lead to it are refused when they are loaded; what
// renderables make and what workers have is found here.
#include <fmt/format.h>

#include <algorithm>
#include <deque>

#include "core/engine/locks_table.h"

namespace kiln::engine {
namespace {

std::string shown(const LockUser& user) {
  const std::string build = user.build.value != 0 ? fmt::format("build {}", user.build.value)
                                                  : fmt::format("the build of request {}", user.request.value);
  const std::string step = user.step.empty() ? "" : fmt::format(" (step \"{}\")", user.step);
  return fmt::format("{} of builder \"{}\"{}", build, user.builder, step);
}

}  // namespace

// Who cannot go on any more, whatever the others do. Looks only at what the first one waits for, and these wait for.
struct Locks::Cycles {
  using Runs = std::set<const BuildRun*>;

  explicit Cycles(const Locks& locks) : locks_(locks) {}

  // Empty: `claim` waits for somebody who can go on.
  std::string closed_by(const LockClaim& claim, bool& alone) {
    const BuildRun* run = claim.user_.run;
    if (!has_what_is_waited_for(run)) return {};
    reduce(reached_from(run));
    if (!stuck_.contains(run)) return {};
    alone = !can_go_on(run, Runs{run});
    return alone ? fmt::format("{} waits for lock \"{}\", which its own build has", shown(claim.user_), name_at(claim))
                 : path_back(run);
  }

 private:
  const std::set<LockClaim*>& claims_of(const BuildRun* run) const { return locks_.claims_.at(run); }
  static std::string name_at(const LockClaim& claim) { return claim.waits_at_->name(); }

  bool has_what_is_waited_for(const BuildRun* run) const {
    for (const LockClaim* claim : claims_of(run)) {
      if (!claim->is_held()) continue;
      for (const Part& part : claim->parts_) {
        if (!part.lock->queue.empty()) return true;
      }
    }
    return false;
  }

  // Calls visit(other) for all that have what `claim` wants, or come before it.
  template <class Visit>
  static void for_each_before(const LockClaim& claim, const Part& part, Visit visit) {
    for (const auto& [ticket, holder] : part.lock->holders) visit(*holder, part);
    for (const auto& [ticket, waiter] : part.lock->queue) {
      if (ticket >= claim.ticket_) break;
      visit(*waiter, part);
    }
  }

  Runs reached_from(const BuildRun* first) const {
    Runs reached{first};
    std::vector<const BuildRun*> open{first};
    while (!open.empty()) {
      const BuildRun* run = open.back();
      open.pop_back();
      for (const LockClaim* claim : claims_of(run)) {
        if (claim->waits_at_ == nullptr) continue;
        for (const Part& part : claim->parts_) {
          for_each_before(*claim, part, [&](const LockClaim& other, const Part&) {
            if (reached.insert(other.user_.run).second) open.push_back(other.user_.run);
          });
        }
      }
    }
    return reached;
  }

  // Whether all that `run` waits for would be free if only `stuck` had and wanted anything.
  bool can_go_on(const BuildRun* run, const Runs& stuck) const {
    for (const LockClaim* claim : claims_of(run)) {
      if (claim->waits_at_ == nullptr) continue;
      for (const Part& part : claim->parts_) {
        bool is_used = false, is_exclusive = false;
        std::int64_t taken = 0;
        for_each_before(*claim, part, [&](const LockClaim& other, const Part& wanted) {
          if (!stuck.contains(other.user_.run)) return;
          const Wish& wish = other.part_of(*wanted.lock)->wish;
          is_used = true;
          is_exclusive = is_exclusive || wish.exclusive;
          taken += wish.count;
        });
        if (part.wish.exclusive ? is_used : is_exclusive || taken + part.wish.count > part.lock->places) return false;
      }
    }
    return true;
  }

  void reduce(Runs reached) {
    stuck_ = std::move(reached);
    while (std::erase_if(stuck_, [this](const BuildRun* run) { return can_go_on(run, stuck_); }) > 0) {
    }
  }

  struct Edge {
    const BuildRun* from = nullptr;
    std::string text;
  };

  // The shortest way from `first` over those that are stuck back to it, in words; empty: there is none.
  std::string path_back(const BuildRun* first) const {
    std::map<const BuildRun*, Edge> seen;
    std::deque<const BuildRun*> open{first};
    while (!open.empty() && !seen.contains(first)) {
      const BuildRun* run = open.front();
      open.pop_front();
      for (const LockClaim* claim : claims_of(run)) {
        if (claim->waits_at_ == nullptr) continue;
        for (const Part& part : claim->parts_) {
          for_each_before(*claim, part, [&](const LockClaim& other, const Part&) {
            const BuildRun* next = other.user_.run;
            if (next == run || !stuck_.contains(next)) return;
            Edge edge{run, fmt::format("{} waits for lock \"{}\" of {}", shown(claim->user_), part.lock->name(),
                                       shown(other.user_))};
            if (seen.emplace(next, std::move(edge)).second) open.push_back(next);
          });
        }
      }
    }
    if (!seen.contains(first)) return {};
    std::string text;
    const BuildRun* run = first;
    do {
      const Edge& edge = seen.at(run);
      text = text.empty() ? edge.text : edge.text + "; " + text;
      run = edge.from;
    } while (run != first);
    return text;
  }

  const Locks& locks_;
  Runs stuck_;
};

// The one that closes a cycle gives way: its build's locks go to those that wait for them.
void Locks::check_cycle(LockClaim& claim) {
  bool alone = false;
  std::string why = Cycles(*this).closed_by(claim, alone);
  if (why.empty()) return;
  claim.why_doomed_ = std::move(why);
  claim.doomed_alone_ = alone;
  claim.state_ = LockClaim::State::doomed;
  tell_later(claim);
  leave_queue(claim);
}

// Fewer places can make a cycle of what was none. The newest gives way.
void Locks::check_all_cycles() {
  std::map<std::uint64_t, LockClaim*> waiting;
  for (const auto& [key, lock] : locks_) waiting.insert(lock->queue.begin(), lock->queue.end());
  for (auto it = waiting.rbegin(); it != waiting.rend(); ++it) {
    if (it->second->waits_at_ != nullptr) check_cycle(*it->second);
  }
}

}  // namespace kiln::engine
