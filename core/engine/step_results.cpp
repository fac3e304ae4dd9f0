// SPDX-License-Identifier: MIT
// What a step leaves behind besides logs and properties: build data and test results.
#include "core/engine/build_run.h"
#include "core/engine/step_run.h"

namespace kiln::engine {
namespace {

void mask(const BuildRun& build, std::optional<std::string>& text) {
  if (text) text = build.masked(std::move(*text));
}

}  // namespace

void StepRun::set_build_data(std::string name, std::string value, std::string source, Reply<> reply) {
  if (!may_act()) return reply(step_is_over());
  Unit& unit = build_.pending();
  unit.add(writes::SetBuildData{build_.row().id, build_.masked(std::move(name)), std::move(value),
                                build_.masked(std::move(source))});
  unit.then([reply = std::move(reply)](const Committed&) { reply({}); });
  build_.commit_pending();
}

void StepRun::add_test_result_set(TestResultSet set, Reply<std::int64_t> reply) {
  if (!may_act()) return reply(step_is_over());
  set.builderid = build_.row().builderid;
  set.buildid = build_.row().id;
  set.stepid = row_.id;
  mask(build_, set.description);
  Unit& unit = build_.pending();
  const std::size_t index = unit.add(writes::AddTestResultSet{set});
  unit.then([self = shared_from_this(), index, set = std::move(set),
             reply = std::move(reply)](const Committed& committed) mutable {
    set.id = committed[index].id;
    self->build_.kernel().publish("new", set);
    self->test_result_sets_[set.id] = set;
    reply(set.id);
  });
  build_.commit_pending();
}

void StepRun::add_test_results(std::int64_t set, std::vector<TestResult> results) {
  if (!may_act() || !test_result_sets_.contains(set)) return;
  for (TestResult& result : results) {
    mask(build_, result.test_name);
    mask(build_, result.test_code_path);
    result.value = build_.masked(std::move(result.value));
  }
  build_.pending().add(writes::AddTestResults{set, build_.row().builderid, std::move(results)});
  build_.commit_pending();
}

void StepRun::complete_test_result_set(std::int64_t set, std::optional<std::int64_t> passed,
                                       std::optional<std::int64_t> failed, Reply<> reply) {
  const auto found = test_result_sets_.find(set);
  if (!may_act() || found == test_result_sets_.end()) return reply(step_is_over());
  TestResultSet row = std::move(found->second);
  test_result_sets_.erase(found);
  row.tests_passed = passed;
  row.tests_failed = failed;
  row.complete = true;
  Unit& unit = build_.pending();
  unit.add(writes::CompleteTestResultSet{set, passed, failed});
  unit.then([self = shared_from_this(), row = std::move(row), reply = std::move(reply)](const Committed&) {
    self->build_.kernel().publish("completed", row);
    reply({});
  });
  build_.commit_pending();
}

}  // namespace kiln::engine
