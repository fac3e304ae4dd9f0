// SPDX-License-Identifier: MIT
#include <unistd.h>

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <fstream>

#include "core/app/try_jobdirs.h"
#include "tests/support/fake_clock.h"

using namespace kiln;
using namespace kiln::app;
using namespace kiln::testing;
namespace fs = std::filesystem;

namespace {

// An engine that builds each job, or says why not.
class Jobs : public session::ClientHost {
 public:
  void add_change(script::ChangeDraft, Reply<ChangeId>) override {}
  void submit_try(const std::string&, wire::TryJob job, Reply<Requests> reply) override {
    ++asked;
    if (refused) return reply(*refused);
    built.push_back(job.id.value_or(""));
    reply(Requests{});
  }
  std::vector<std::string> try_builders(const std::string&) const override { return {}; }
  data::EventBus& events() override { return bus_; }

  std::optional<Error> refused;
  std::vector<std::string> built;
  int asked = 0;

 private:
  data::EventBus bus_;
};

struct Jobdir {
  fs::path base = fs::temp_directory_path() / ("kilnbot-jobdir-" + std::to_string(::getpid()));
  FakeClock clock;
  Jobs jobs;
  TryJobdirs dirs{clock, jobs, base};
  Jobdir() {
    auto scheduler = std::make_shared<script::SchedulerConfig>();
    scheduler->kind = script::SchedulerConfig::Kind::try_jobdir;
    scheduler->name = "try";
    scheduler->jobdir = "jobs";
    script::Config config;
    config.schedulers.push_back(scheduler);
    dirs.configure(config);
  }
  ~Jobdir() { fs::remove_all(base); }
  void drop(const std::string& id) {
    std::string bytes = "1:1,";
    for (const std::string& field : {id, std::string(), std::string(), std::string("0"), std::string("diff")}) {
      bytes += std::to_string(field.size()) + ":" + field + ",";
    }
    std::ofstream(base / "jobs" / "new" / id) << bytes + "1:b,";
  }
  std::vector<std::string> files(const std::string& part) const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(base / "jobs" / part)) names.push_back(entry.path().filename());
    std::sort(names.begin(), names.end());
    return names;
  }
  void look() {
    clock.advance_to_next(TryJobdirs::interval);
    clock.run_one();
  }
};

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("a job in the folder is moved and built") {
  Jobdir jobdir;
  jobdir.drop("one");
  jobdir.look();
  CHECK(jobdir.jobs.built == Names{"one"});
  CHECK(jobdir.files("cur") == Names{"one"});
  CHECK(jobdir.files("new").empty());
}

TEST_CASE("jobs that come while the database cannot be written are built later, each once") {
  Jobdir jobdir;
  jobdir.jobs.refused = make_error(Errc::storage_full, "the database cannot be written");
  jobdir.drop("one");
  jobdir.drop("two");
  jobdir.look();
  jobdir.look();
  CHECK(jobdir.jobs.asked == 2);  // once a look
  CHECK(jobdir.files("new") == Names{"one", "two"});

  jobdir.jobs.refused.reset();
  jobdir.look();
  jobdir.look();
  CHECK(jobdir.jobs.built == Names{"one", "two"});
  CHECK(jobdir.files("new").empty());
}

TEST_CASE("a job that is refused for itself is not asked for again") {
  Jobdir jobdir;
  jobdir.jobs.refused = make_error(Errc::bad_input, "no such builder");
  jobdir.drop("one");
  jobdir.look();
  jobdir.look();
  CHECK(jobdir.jobs.asked == 1);
  CHECK(jobdir.files("cur") == Names{"one"});
}
