// SPDX-License-Identifier: MIT
// The table of locks by itself.
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>
#include <random>
#include <set>

#include "core/engine/locks.h"
#include "tests/support/fake_clock.h"

using namespace kiln;
using namespace kiln::testing;
using engine::LockClaim;
using engine::LockReport;
using engine::Locks;
using engine::LockUser;
using script::Lock;
using script::LockAccess;
using script::LockAccesses;

namespace {

Lock master_lock(const std::string& name, std::int64_t places = 1) { return {Lock::Kind::master, name, places, {}}; }
Lock worker_lock(const std::string& name, std::int64_t places = 1, std::map<std::string, std::int64_t> own = {}) {
  return {Lock::Kind::worker, name, places, std::move(own)};
}
LockAccess counting(Lock lock, std::int64_t count = 1) { return {std::move(lock), false, count}; }
LockAccess exclusive(Lock lock) { return {std::move(lock), true, 1}; }

const engine::BuildRun* run_of(int number) {
  static char runs[64];  // only told apart, never looked at
  return reinterpret_cast<const engine::BuildRun*>(&runs[number]);
}

// Takes locks for builds 1, 2 ..., and keeps in which order they got them.
struct Table {
  std::unique_ptr<LockClaim> take(int build, const LockAccesses& accesses, const std::string& worker = "w1",
                                  const std::string& step = "") {
    LockUser user{run_of(build), RequestId(build), BuildId(build), "b" + std::to_string(build), step};
    return locks.take(std::move(user), accesses, worker, locks.version(),
                      {[this, build] { got.push_back(build); },
                       [this, build](const std::string& why, bool alone) {
                         deadlocks.push_back({build, why, alone});
                       }});
  }
  void settle() {
    while (clock.run_one()) {
    }
    CHECK(locks.troubles().empty());
  }
  std::vector<std::int64_t> waiters(const Lock& lock, const std::string& worker = "") const {
    std::vector<std::int64_t> builds;
    for (const LockReport::Use& use : locks.report(lock, worker).waiters) builds.push_back(use.user.build.value);
    return builds;
  }

  struct Deadlock {
    int build;
    std::string why;
    bool alone;
  };
  FakeClock clock;
  Locks locks{clock};
  std::vector<int> got;
  std::vector<Deadlock> deadlocks;
};

using Builds = std::vector<int>;

}  // namespace

TEST_CASE("an exclusive lock goes to those who wait in their order") {
  Table table;
  const Lock disk = master_lock("disk");
  auto first = table.take(1, {exclusive(disk)});
  CHECK(first->is_held());
  auto second = table.take(2, {exclusive(disk)});
  auto third = table.take(3, {counting(disk)});
  auto fourth = table.take(4, {exclusive(disk)});
  CHECK(table.waiters(disk) == std::vector<std::int64_t>{2, 3, 4});

  first.reset();
  CHECK(second->is_held());
  CHECK(table.got.empty());  // told later, not while the first gives it back
  table.settle();
  CHECK(table.got == Builds{2});
  third.reset();
  second.reset();
  table.settle();
  CHECK(table.got == Builds{2, 4});
}

TEST_CASE("counting takes places until none is left, and nobody overtakes") {
  Table table;
  const Lock pool = master_lock("pool", 3);
  auto two = table.take(1, {counting(pool, 2)});
  auto wide = table.take(2, {counting(pool, 2)});
  auto one = table.take(3, {counting(pool, 1)});
  CHECK(two->is_held());
  CHECK_FALSE(wide->is_held());
  CHECK_FALSE(one->is_held());  // a place is free, but somebody waits for it

  two.reset();
  table.settle();
  CHECK(table.got == Builds{2, 3});
}

TEST_CASE("an exclusive waiter holds back who comes later") {
  Table table;
  const Lock pool = master_lock("pool", 3);
  auto reader = table.take(1, {counting(pool)});
  auto writer = table.take(2, {exclusive(pool)});
  auto later = table.take(3, {counting(pool)});
  CHECK_FALSE(later->is_held());

  writer.reset();  // gives up
  table.settle();
  CHECK(table.got == Builds{3});
  CHECK(reader->is_held());
}

TEST_CASE("each worker has a lock of its own, with its own places") {
  Table table;
  const Lock cpu = worker_lock("cpu", 1, {{"w2", 2}});
  auto a = table.take(1, {counting(cpu)}, "w1");
  auto b = table.take(2, {counting(cpu)}, "w1");
  auto c = table.take(3, {counting(cpu)}, "w2");
  auto d = table.take(4, {counting(cpu)}, "w2");
  auto e = table.take(5, {counting(cpu)}, "w2");
  CHECK(a->is_held());
  CHECK_FALSE(b->is_held());
  CHECK(c->is_held());
  CHECK(d->is_held());
  CHECK_FALSE(e->is_held());
  CHECK(table.locks.report(cpu, "w2").places == 2);
  CHECK(table.locks.reports().size() == 2);

  d.reset();
  table.settle();
  CHECK(table.got == Builds{5});
}

TEST_CASE("a master lock and a worker lock of one name are two locks") {
  Table table;
  auto a = table.take(1, {exclusive(master_lock("x"))});
  auto b = table.take(2, {exclusive(worker_lock("x"))});
  CHECK(a->is_held());
  CHECK(b->is_held());
  CHECK(a->has(master_lock("x", 5), "w1"));
  CHECK_FALSE(a->has(worker_lock("x"), "w1"));
}

TEST_CASE("who needs several locks has none while it waits") {
  Table table;
  const Lock a = master_lock("a"), b = master_lock("b");
  auto holds_a = table.take(1, {exclusive(a)});
  auto both = table.take(2, {exclusive(b), exclusive(a)});
  CHECK(table.waiters(a) == std::vector<std::int64_t>{2});
  auto takes_b = table.take(3, {exclusive(b)});
  CHECK(takes_b->is_held());

  holds_a.reset();
  table.settle();
  CHECK(table.got.empty());
  CHECK(table.waiters(b) == std::vector<std::int64_t>{2});  // a is free now, b is not
  auto takes_a = table.take(4, {exclusive(a)});
  CHECK(takes_a->is_held());
  takes_b.reset();
  takes_a.reset();
  table.settle();
  CHECK(table.got == Builds{2});
}

TEST_CASE("who waits for another lock of its list keeps the place that its age gives it") {
  Table table;
  const Lock a = master_lock("a"), b = master_lock("b");
  auto holds_a = table.take(1, {exclusive(a)});
  auto both = table.take(2, {exclusive(a), exclusive(b)});
  auto holds_b = table.take(3, {exclusive(b)});
  auto waits_for_b = table.take(4, {exclusive(b)});
  holds_a.reset();
  CHECK(table.waiters(b) == std::vector<std::int64_t>{2, 4});
  holds_b.reset();
  table.settle();
  CHECK(table.got == Builds{2});
}

TEST_CASE("a list may name a lock twice") {
  Table table;
  const Lock pool = master_lock("pool", 3);
  auto claim = table.take(1, {counting(pool), counting(pool)});
  CHECK(claim->is_held());
  CHECK(table.locks.report(pool, "").holders[0].count == 2);
  const LockAccesses wish{counting(pool), counting(pool)};
  CHECK(table.locks.blocking(wish, "w1") != nullptr);
  CHECK(table.locks.blocking({counting(pool)}, "w1") == nullptr);
}

TEST_CASE("a count of none takes nothing") {
  Table table;
  auto holds = table.take(1, {exclusive(master_lock("a"))});
  auto none = table.take(2, {counting(master_lock("a"), 0)});
  CHECK(none->is_held());
  CHECK(table.locks.blocking({counting(master_lock("a"), 0)}, "w1") == nullptr);
}

TEST_CASE("more places than a lock has are waited for until a configuration gives them") {
  Table table;
  table.locks.configure({master_lock("pool", 2)});
  const LockAccesses wish{counting(master_lock("pool", 2), 3)};
  CHECK(table.locks.blocking(wish, "w1") != nullptr);
  auto claim = table.take(1, wish);
  table.settle();
  CHECK_FALSE(claim->is_held());
  CHECK(table.deadlocks.empty());

  table.locks.configure({master_lock("pool", 3)});
  table.settle();
  CHECK(table.got == Builds{1});
}

TEST_CASE("fewer places take nothing from whoever has them, and count for who comes later") {
  Table table;
  table.locks.configure({master_lock("pool", 2)});
  auto a = table.take(1, {counting(master_lock("pool", 2))});
  auto b = table.take(2, {counting(master_lock("pool", 2))});
  table.locks.configure({master_lock("pool", 1)});
  table.settle();
  CHECK(b->is_held());
  auto c = table.take(3, {counting(master_lock("pool", 2))});  // of the older configuration: the newest one counts
  a.reset();
  table.settle();
  CHECK(table.got.empty());
  b.reset();
  table.settle();
  CHECK(table.got == Builds{3});
  CHECK(table.locks.report(master_lock("pool"), "").places == 1);
}

TEST_CASE("of a lock that only renderables name the newest configuration's word counts") {
  Table table;
  const std::uint64_t old = table.locks.version();
  auto a = table.take(1, {counting(master_lock("made", 1))});
  table.locks.configure({});
  auto b = table.take(2, {counting(master_lock("made", 2))});
  CHECK(b->is_held());
  LockUser user{run_of(3), RequestId(3), BuildId(3), "b3", ""};
  auto c = table.locks.take(user, {counting(master_lock("made", 9))}, "w1", old, {});
  CHECK_FALSE(c->is_held());
  CHECK(table.locks.report(master_lock("made"), "").places == 2);
}

TEST_CASE("a builder that waits is woken once when the lock may be free") {
  Table table;
  std::vector<std::int64_t> woken;
  table.locks.on_free = [&](BuilderId builder) { woken.push_back(builder.value); };
  const Lock pool = master_lock("pool", 2);
  auto a = table.take(1, {counting(pool)});
  auto b = table.take(2, {counting(pool)});
  auto step = table.take(3, {counting(pool)});
  const LockAccesses wish{counting(pool)};
  REQUIRE(table.locks.blocking(wish, "w1") == &wish[0]);
  table.locks.watch(wish[0].lock, "w1", BuilderId(7));
  table.locks.watch(wish[0].lock, "w1", BuilderId(7));

  a.reset();  // to the step
  CHECK(woken.empty());
  b.reset();
  CHECK(woken == std::vector<std::int64_t>{7});
  step.reset();
  CHECK(woken.size() == 1);
  table.settle();
  CHECK(table.locks.reports().empty());
}

TEST_CASE("builds that wait for each other's locks are found, and who came last gives way") {
  Table table;
  const Lock a = master_lock("a"), b = master_lock("b");
  auto one = table.take(1, {exclusive(a)});
  auto two = table.take(2, {exclusive(b)});
  auto step1 = table.take(1, {exclusive(b)}, "w1", "compile");
  table.settle();
  CHECK(table.deadlocks.empty());
  auto step2 = table.take(2, {exclusive(a)}, "w1", "test");
  table.settle();
  REQUIRE(table.deadlocks.size() == 1);
  CHECK(table.deadlocks[0].build == 2);
  CHECK_FALSE(table.deadlocks[0].alone);
  CHECK(table.deadlocks[0].why ==
        "build 2 of builder \"b2\" (step \"test\") waits for lock \"a\" of build 1 of builder \"b1\"; "
        "build 1 of builder \"b1\" (step \"compile\") waits for lock \"b\" of build 2 of builder \"b2\"");

  step2.reset();
  two.reset();
  table.settle();
  CHECK(table.got == Builds{1});
}

TEST_CASE("three builds in a circle") {
  Table table;
  const Lock locks[] = {master_lock("a"), master_lock("b"), worker_lock("c")};
  std::vector<std::unique_ptr<LockClaim>> held, waits;
  for (int i = 0; i < 3; ++i) held.push_back(table.take(i + 1, {exclusive(locks[i])}));
  for (int i = 0; i < 3; ++i) waits.push_back(table.take(i + 1, {exclusive(locks[(i + 1) % 3])}, "w1", "s"));
  table.settle();
  REQUIRE(table.deadlocks.size() == 1);
  CHECK(table.deadlocks[0].build == 3);
}

TEST_CASE("who waits for what its own build has is alone") {
  Table table;
  const Lock a = master_lock("a", 2);
  auto build = table.take(1, {counting(a)});
  auto fits = table.take(1, {counting(a)}, "w1", "one");
  CHECK(fits->is_held());
  fits.reset();
  auto step = table.take(1, {exclusive(a)}, "w1", "all");
  table.settle();
  REQUIRE(table.deadlocks.size() == 1);
  CHECK(table.deadlocks[0].alone);
  CHECK(table.deadlocks[0].why == "build 1 of builder \"b1\" (step \"all\") waits for lock \"a\", which its own build has");
}

TEST_CASE("no cycle is seen where somebody can go on") {
  Table table;
  const Lock a = master_lock("a"), b = master_lock("b", 2);
  auto one = table.take(1, {exclusive(a)});
  auto two = table.take(2, {counting(b)});
  auto free = table.take(3, {counting(b)});
  auto step1 = table.take(1, {counting(b)}, "w1", "s");
  auto step2 = table.take(2, {exclusive(a)}, "w1", "s");
  table.settle();
  CHECK(table.deadlocks.empty());  // the third build will end
  free.reset();
  table.settle();
  CHECK(table.got == Builds{1});
}

TEST_CASE("a cycle that fewer places make is found when they are fewer") {
  Table table;
  table.locks.configure({master_lock("a"), master_lock("b", 2), master_lock("c")});
  const Lock a = master_lock("a"), b = master_lock("b", 2), c = master_lock("c");
  auto one = table.take(1, {exclusive(a), counting(b)});
  auto two = table.take(2, {exclusive(c)});
  auto third = table.take(3, {counting(b)});
  auto step1 = table.take(1, {exclusive(c)}, "w1", "s");
  auto step2 = table.take(2, {counting(b)}, "w1", "s");
  table.settle();
  CHECK(table.deadlocks.empty());
  table.locks.configure({master_lock("a"), master_lock("b", 1), master_lock("c")});
  table.settle();
  REQUIRE(table.deadlocks.size() == 1);
  CHECK(table.deadlocks[0].build == 2);
}

namespace {

// What people, builds and configurations do with locks, at random; builds are well-behaved: they end unless they wait.
class Crowd {
 public:
  explicit Crowd(std::uint32_t seed) : random_(seed) { reconfigure(); }

  void act() {
    switch (pick(10)) {
      case 0:
      case 1:
      case 2: begin_build(); break;
      case 3:
      case 4:
      case 5: begin_step(); break;
      case 6:
      case 7: end_step(); break;
      case 8: end_build(); break;
      default:
        if (pick(4) == 0) reconfigure();
    }
    if (pick(3) == 0) {
      while (clock_.run_one()) {
      }
    }
    give_way();
    CHECK(locks_.troubles().empty());
  }

  // Nobody comes any more: all must get what they wait for, however few places there are.
  void calm_down() {
    for (Lock& lock : configured_) {
      lock.max_count = std::max<std::int64_t>(lock.max_count, 3);
      lock.max_count_for_worker.clear();
    }
    locks_.configure(configured_);
    for (int round = 0; round < 2000 && !builds_.empty(); ++round) {
      while (clock_.run_one()) {
      }
      give_way();
      end_step();
      if (const int i = find([](const Build& build) { return build.own->is_held() && !build.step; }); i >= 0) end(i);
      CHECK(locks_.troubles().empty());
    }
    CHECK(builds_.empty());
    CHECK(locks_.reports().empty());
  }

  int granted_ = 0, cycles_ = 0;

 private:
  struct Build {
    int number = 0;
    std::string worker;
    std::unique_ptr<LockClaim> own, step;
  };

  int pick(int below) { return static_cast<int>(random_() % static_cast<unsigned>(below)); }
  void reconfigure() {
    configured_.clear();
    for (int i = 0; i < 6; ++i) {
      const Lock::Kind kind = i < 3 ? Lock::Kind::master : Lock::Kind::worker;
      configured_.push_back({kind, "l" + std::to_string(i), 1 + pick(3), {}});
      if (pick(3) == 0) configured_.back().max_count_for_worker["w1"] = 1 + pick(3);
    }
    locks_.configure(configured_);
  }
  LockAccesses wish() {
    LockAccesses accesses;
    for (int n = 1 + pick(3); n > 0; --n) {
      const Lock& lock = configured_[static_cast<std::size_t>(pick(6))];
      accesses.push_back({lock, pick(3) == 0, 1});
      if (!accesses.back().exclusive) accesses.back().count = pick(3);
    }
    return accesses;
  }
  // A list that asks for all places of a lock twice is never served: builds here do not ask for that.
  static bool is_modest(const LockAccesses& accesses) {
    std::map<std::string, std::int64_t> counts;
    for (const LockAccess& access : accesses) {
      if ((counts[access.lock.name] += access.count) > 3) return false;
    }
    return true;
  }
  LockAccesses modest_wish() {
    LockAccesses accesses = wish();
    while (!is_modest(accesses)) accesses = wish();
    return accesses;
  }
  std::unique_ptr<LockClaim> take(const Build& build, const std::string& step) {
    const int number = build.number;
    LockUser user{run_of(number), RequestId(number), BuildId(number), "b", step};
    return locks_.take(user, modest_wish(), build.worker, locks_.version(),
                       {[this] { ++granted_; },
                        [this, number](const std::string&, bool) { doomed_.insert(number); }});
  }
  void begin_build() {
    for (int number = 0; number < 40; ++number) {
      if (find([&](const Build& build) { return build.number == number; }) >= 0) continue;
      Build build{number, "w" + std::to_string(1 + pick(3)), nullptr, nullptr};
      build.own = take(build, "");
      builds_.push_back(std::move(build));
      return;
    }
  }
  template <class Wanted>
  int find(Wanted wanted) {
    if (builds_.empty()) return -1;
    const int offset = pick(static_cast<int>(builds_.size()));
    for (int i = 0; i < static_cast<int>(builds_.size()); ++i) {
      const int at = (i + offset) % static_cast<int>(builds_.size());
      if (wanted(builds_[static_cast<std::size_t>(at)])) return at;
    }
    return -1;
  }
  void end(int index) { builds_.erase(builds_.begin() + index); }
  void begin_step() {
    const int i = find([](const Build& build) { return build.own->is_held() && !build.step; });
    if (i < 0) return;
    Build& build = builds_[static_cast<std::size_t>(i)];
    build.step = take(build, "s");
  }
  void end_step() {
    const int i = find([](const Build& build) { return build.step && build.step->is_held(); });
    if (i >= 0) builds_[static_cast<std::size_t>(i)].step.reset();
  }
  // Also one that waits: it was stopped.
  void end_build() {
    if (const int i = find([](const Build&) { return true; }); i >= 0) end(i);
  }
  void give_way() {
    for (const int number : std::exchange(doomed_, {})) {
      ++cycles_;
      if (const int i = find([&](const Build& build) { return build.number == number; }); i >= 0) end(i);
    }
  }

  std::mt19937 random_;
  FakeClock clock_;
  Locks locks_{clock_};
  std::vector<Lock> configured_;
  std::vector<Build> builds_;
  std::set<int> doomed_;
};

}  // namespace

TEST_CASE("whatever builds and configurations do, locks stay consistent and everybody gets a turn") {
  const auto seed = static_cast<std::uint32_t>(GENERATE(range(1, 31)));
  INFO("seed " << seed);
  Crowd crowd(seed);
  for (int i = 0; i < 3000; ++i) crowd.act();
  CHECK(crowd.granted_ > 0);
  crowd.calm_down();
}
