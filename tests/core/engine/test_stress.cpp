// SPDX-License-Identifier: MIT
#include <random>

#include "tests/support/engine_host.h"

using namespace kiln;
using namespace kiln::testing;
using namespace std::chrono_literals;

namespace {

// Everything that people, workers and databases do, at random.
class Chaos {
 public:
  explicit Chaos(std::uint32_t seed) : random_(seed) {
    for (int i = 1; i <= workers; ++i) host_.add_worker(name("w", i))->max_builds = 2;
    for (int i = 1; i <= builders; ++i) {
      auto slow = shell_step("slow", "sleep");
      slow.flags.halt_on_failure = true;
      if (i != 2) slow.locks = {{{script::Lock::Kind::worker, "disk", 1, {}}, i == 3, 1}};
      auto always = shell_step("always", "cleanup");
      always.always_run = true;
      auto builder = host_.add_builder(name("b", i), {name("w", 1 + i % workers), name("w", 1 + (i + 1) % workers)},
                                       {slow, shell_step("quick", "true"), always});
      if (i > 2) builder->locks = {{{script::Lock::Kind::master, "board", 2, {}}, false, i - 2}};
    }
    host_.add_force_scheduler();
    host_.add_change_scheduler("s", {name("b", 1), name("b", 2)});
    host_.start();
    links_.resize(workers);
  }

  void act() {
    switch (pick(12)) {
      case 0:
      case 1: host_.engine->force("force", "me", {name("b", 1 + pick(builders))}, {}, [](const auto&) {}); break;
      case 2: host_.engine->add_change(change(), [](const auto&) {}); break;
      case 3:
      case 4: connect(pick(workers)); break;
      case 5: lose(pick(workers)); break;
      case 6: host_.engine->stop_build(BuildId(1 + pick(200)), "chaos", [](const auto&) {}); break;
      case 7: host_.engine->cancel_request(RequestId(1 + pick(200)), "chaos", [](const auto&) {}); break;
      case 8: host_.journal.hold(pick(2) == 0); break;
      case 9: host_.engine->pause_worker(WorkerId(1 + pick(workers)), pick(3) == 0, "chaos", [](const auto&) {}); break;
      case 10: host_.advance(std::chrono::milliseconds(pick(5000))); break;
      default: finish_some(); break;
    }
    if (pick(3) == 0) host_.settle();
    if (pick(150) == 0) restart();
  }

  // People go home, workers work: everything must come to an end.
  void calm_down() {
    host_.journal.hold(false);
    for (int i = 0; i < workers; ++i) {
      host_.engine->pause_worker(WorkerId(1 + i), false, "", [](const auto&) {});
      connect(i);
      links_[static_cast<std::size_t>(i)]->heeds_interrupts = true;
      links_[static_cast<std::size_t>(i)]->answers_pings = true;
      links_[static_cast<std::size_t>(i)]->refuses_builds = false;
      links_[static_cast<std::size_t>(i)]->finish_all_with(0);
    }
    for (int i = 0; i < 200; ++i) {
      host_.advance(2s);
      finish_some();
    }
    host_.advance(3600s);
    host_.advance(3600s);
  }

  void check_all_ended() {
    CHECK(host_.engine->running_builds() == 0);
    for (const auto& reason : host_.engine->wait_reasons()) FAIL_CHECK(reason.text());
    for (const auto& [id, row] : host_.journal.requests) {
      CHECK(row.request.complete);
      CHECK(row.completions == 1);
    }
    for (const auto& [id, row] : host_.journal.buildsets) CHECK(row.complete);
    for (const auto& [id, row] : host_.journal.builds) CHECK(row.build.complete);
    for (const auto& [id, row] : host_.journal.steps) CHECK(row.complete);
    for (const auto& [id, row] : host_.journal.logs) CHECK(row.complete);
    CHECK(host_.journal.builds.size() > 5);
  }

 private:
  static constexpr int workers = 3;
  static constexpr int builders = 4;

  static std::string name(const char* prefix, int i) { return prefix + std::to_string(i); }
  int pick(int below) { return static_cast<int>(random_() % static_cast<unsigned>(below)); }
  script::ChangeDraft change() {
    script::ChangeDraft draft;
    draft.change.branch = "main";
    draft.change.revision = std::to_string(random_());
    return draft;
  }
  void connect(int i) {
    auto& link = links_[static_cast<std::size_t>(i)];
    if (link && link->is_connected) return;
    link = host_.make_worker(name("w", i + 1));
    link->heeds_interrupts = pick(3) != 0;
    link->answers_pings = pick(6) != 0;
    link->refuses_builds = pick(10) == 0;
    link->connect();
  }
  void lose(int i) {
    if (const auto& link = links_[static_cast<std::size_t>(i)]) link->lose();
  }
  void finish_some() {
    for (const auto& link : links_) {
      if (!link || link->running() == nullptr) continue;
      if (pick(2) == 0) link->running()->output("some text\nand a part");
      link->finish(pick(3) == 0 ? 1 : 0);
    }
  }
  void restart() {
    for (auto& link : links_) link.reset();
    host_.journal.hold(false);
    host_.restart();
  }

  std::mt19937 random_;
  EngineHost host_;
  std::vector<std::shared_ptr<ScriptedWorker>> links_;
};

}  // namespace

TEST_CASE("whatever happens, every request ends exactly once and nothing stays unfinished") {
  const auto seed = static_cast<std::uint32_t>(GENERATE(range(1, 21)));
  INFO("seed " << seed);
  Chaos chaos(seed);
  for (int i = 0; i < 300; ++i) chaos.act();
  chaos.calm_down();
  chaos.check_all_ended();
}

TEST_CASE("speed of builds without output", "[.speed]") {
  EngineHost host;
  constexpr int builders = 50;
  for (int i = 0; i < builders; ++i) {
    host.add_worker("w" + std::to_string(i));
    host.add_builder("b" + std::to_string(i), {"w" + std::to_string(i)}, {shell_step("one", "true")})->collapse =
        script::Collapse::off;
  }
  host.add_force_scheduler();
  host.start();
  for (int i = 0; i < builders; ++i) host.connect("w" + std::to_string(i), 0);
  const auto begin = std::chrono::steady_clock::now();
  constexpr int rounds = 200;
  for (int round = 0; round < rounds; ++round) {
    for (int i = 0; i < builders; ++i) {
      host.engine->force("force", "me", {"b" + std::to_string(i)}, {}, [](const auto&) {});
    }
  }
  host.settle();
  REQUIRE(host.journal.builds.size() == rounds * builders);
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;
  WARN(rounds * builders / taken.count() << " builds/s");
}
