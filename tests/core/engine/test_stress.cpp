// SPDX-License-Identifier: MIT
// The engine in random worlds (tests/support/random_world.h). KILN_SEED=7 plays one world again; KILN_STEPS says how long.
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>

#include <cstdlib>
#include <string>

#include "tests/support/engine_host.h"
#include "tests/support/random_world.h"

using namespace kiln;
using namespace kiln::testing;

namespace {

constexpr std::size_t steps_of_a_world = 5'000;

std::size_t number_from(const char* variable, std::size_t otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : std::stoul(text);
}

struct Played {
  std::size_t steps = 0, builds = 0;
  std::uint64_t trace = 0;
  std::string problem;
};

Played play(std::uint32_t seed) {
  const std::size_t steps = number_from("KILN_STEPS", steps_of_a_world);
  RandomWorld world(seed);
  while (world.steps() < steps && world.problem().empty()) world.step();
  if (world.problem().empty()) world.calm_down();
  return {world.steps(), world.builds(), world.trace(), world.problem()};
}

void play_worlds(std::uint32_t first, std::size_t wanted) {
  std::size_t steps = 0, builds = 0;
  std::uint32_t seed = first;
  for (; steps < wanted; ++seed) {
    const Played played = play(seed);
    steps += played.steps;
    builds += played.builds;
    if (played.problem.empty()) continue;
    FAIL_CHECK(played.problem << "\nagain: KILN_SEED=" << seed << " test_engine '*nothing stays unfinished'");
  }
  WARN("random worlds: seeds " << first << " to " << seed - 1 << ", " << steps << " steps, " << builds << " builds");
  CHECK(builds > steps / 2000);
}

}  // namespace

TEST_CASE("whatever happens, no invariant breaks, every request ends exactly once and nothing stays unfinished") {
  const std::size_t seed = number_from("KILN_SEED", 0);
  play_worlds(seed == 0 ? 1 : static_cast<std::uint32_t>(seed), seed == 0 ? 1'000'000 : 1);
}

TEST_CASE("a seed gives the same world again") {
  const Played first = play(77);
  const std::string between(100'000, 'x');  // other addresses
  const Played again = play(77);
  CHECK(first.trace == again.trace);
  CHECK(first.steps == again.steps);
  CHECK(play(78).trace != first.trace);
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
