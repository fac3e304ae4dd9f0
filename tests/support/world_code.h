// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/random_world.h"

// The user's code in a random world: it lies, raises, sleeps and answers late as the world's dice say.
namespace kiln::testing {

// Answers when the world comes to it; at times it raises, or sleeps until its deadline breaks it.
template <class T, class Make>
void answer_some_time(RandomWorld& world, Reply<T> reply, Make&& make) {
  if (world.one_in(12)) {
    return world.after(std::chrono::seconds(10),
                       [reply = std::move(reply)] { reply(make_error(Errc::script, "timed out after 10 s")); });
  }
  if (world.one_in(3)) return reply(make());
  world.later([&world, reply = std::move(reply), make = std::forward<Make>(make)] {
    if (world.one_in(12)) return reply(make_error(Errc::script, "raised"));
    reply(make());
  });
}

class CollapseCode : public script::BuilderHooks {
 public:
  explicit CollapseCode(RandomWorld& world) : world_(world) {}
  void collapse(const BuildRequest&, const BuildRequest&, Reply<bool> reply) override {
    answer_some_time(world_, std::move(reply), [&world = world_] { return world.pick(2) == 0; });
  }

 private:
  RandomWorld& world_;
};

class GateCode : public script::BuildGate {
 public:
  explicit GateCode(RandomWorld& world) : world_(world) {}
  void ask(script::GateQuestion, Reply<script::GateAnswer> reply) override {
    answer_some_time(world_, std::move(reply), [&world = world_] {
      script::GateAnswer answer;
      answer.is_wanted = !world.one_in(4);
      if (world.one_in(10)) answer.why = "do_build_if raised";
      return answer;
    });
  }

 private:
  RandomWorld& world_;
};

// Chooses what it was asked about, or what nobody offered, or the same as last time.
class MatchCode : public script::MatchHooks {
 public:
  MatchCode(RandomWorld& world, bool chooses_request) : world_(world), chooses_request_(chooses_request) {}
  bool chooses_request() const override { return chooses_request_; }
  void choose(script::MatchQuestion question, Reply<script::MatchAnswer> reply) override {
    answer_some_time(world_, std::move(reply), [this, question = std::move(question)] { return answer(question); });
  }

 private:
  script::MatchAnswer answer(const script::MatchQuestion& question) {
    script::MatchAnswer made;
    const RequestId first = question.requests.front()->row.id;
    if (world_.one_in(6)) return made;  // None
    if (world_.one_in(6)) {
      made.refusals.push_back({first, question.workers.front(), "not there"});
      made.refusals.push_back({world_.one_in(3) ? RequestId(9999) : first, std::nullopt, "not now"});
      if (world_.one_in(2)) return made;
    }
    if (world_.one_in(8)) {
      made.choice = {world_.some_request(), world_.some_worker()};
    } else if (world_.one_in(8)) {
      made.choice = last_;
    } else {
      made.choice = {first, question.workers.back()};
    }
    if (made.choice) last_ = *made.choice;
    return made;
  }

  RandomWorld& world_;
  bool chooses_request_;
  script::MatchAnswer::Choice last_{RequestId(1), "w0"};
};

class OrderCode : public script::BuilderOrderHooks {
 public:
  explicit OrderCode(RandomWorld& world) : world_(world) {}
  void sort(std::vector<std::string> builders, Reply<std::vector<std::string>> reply) override {
    answer_some_time(world_, std::move(reply), [&world = world_, builders = std::move(builders)] {
      std::vector<std::string> sorted(builders.rbegin(), builders.rend());
      if (world.one_in(3)) sorted.pop_back();
      if (world.one_in(4)) sorted.push_back(builders.front());
      if (world.one_in(4)) sorted.insert(sorted.begin(), "nobody");
      return sorted;
    });
  }

 private:
  RandomWorld& world_;
};

// A step of a class of the user's.
class CodeStep : public script::Step, public std::enable_shared_from_this<CodeStep> {
 public:
  CodeStep(RandomWorld& world, int number, script::LockAccesses locks)
      : world_(world), name_("own" + std::to_string(number)), locks_(std::move(locks)), always_runs_(world.one_in(8)) {}

  void prepare(script::StepHost& host, Reply<script::PreparedStep> reply) override {
    host_ = &host;
    if (world_.one_in(60)) return world_.never([this, self = shared_from_this(), reply = std::move(reply)] { reply(prepared()); });
    answer_some_time(world_, std::move(reply), [this, self = shared_from_this()] { return prepared(); });
  }

  void run(Reply<script::StepOutcome> reply) override {
    reply_ = std::move(reply);
    const auto self = shared_from_this();
    const int what = world_.one_in(2) ? world_.pick(10) : 99;
    switch (what) {
      case 0: return world_.never([self] { self->answer(Results::success); });
      case 1: return trigger();
      case 2: return run_command();
      case 3: host_->stop_build("I want to", world_.one_in(2) ? Results::cancelled : Results::retry); break;
      case 4: host_->add_steps({std::make_shared<CodeStep>(world_, 50 + world_.pick(5), script::LockAccesses())}, world_.one_in(2)); break;
      case 5: return write_log();
      case 6: return answer(Results::retry);
      case 7: return world_.after(std::chrono::seconds(world_.pick(100)), [self] { self->answer(Results::success); });
      case 8: return world_.later([self] { self->answer(Results::exception, "raised"); });
      case 9: host_->set_property("own", world_.pick(9), "test", true); break;
      default: break;
    }
    world_.later([self] { self->answer(self->world_.one_in(5) ? Results::failure : Results::success); });
  }

  void interrupt(std::string) override {
    if (world_.one_in(3)) return;
    world_.later([self = shared_from_this()] { self->answer(Results::cancelled); });
  }

  void finish(Results results, Reply<script::StepEnd> reply) override {
    host_ = nullptr;
    const script::StepEnd end{results, world_.one_in(4), {"finished", std::nullopt}, std::nullopt};
    if (world_.one_in(60)) return world_.never([reply = std::move(reply), end] { reply(end); });
    answer_some_time(world_, std::move(reply), [end] { return end; });
  }
  std::string describe() const override { return name_; }
  bool always_run() const override { return always_runs_; }

 private:
  script::PreparedStep prepared() const {
    script::PreparedStep out;
    out.options.name = name_;
    out.options.always_run = always_runs_;
    out.options.flags.halt_on_failure = world_.one_in(2);
    out.skip = world_.one_in(10);
    out.state_string = "running";
    out.locks = locks_;
    if (world_.one_in(15)) out.error = "rendering raised";
    return out;
  }
  // Only the first one counts, as with a Python step.
  void answer(Results results, std::optional<std::string> error = std::nullopt) {
    if (const auto reply = std::exchange(reply_, nullptr)) reply(script::StepOutcome{results, std::move(error)});
  }
  void trigger() {
    script::TriggerOrder order;
    order.scheduler = world_.one_in(10) ? "nobody" : "children";
    order.waited_for = true;
    host_->trigger(std::move(order), [](const Result<script::Triggered>&) {},
                   [self = shared_from_this()](const Result<Results>& results) {
                     self->answer(results ? *results : Results::exception);
                   });
  }
  void run_command() {
    script::CommandRequest request;
    request.name = "shell";
    host_->run_command(std::move(request), [self = shared_from_this()](const Result<script::CommandOutcome>& outcome) {
      const bool is_well = outcome && outcome->rc == 0;
      self->world_.later([self, is_well] { self->answer(is_well ? Results::success : Results::failure); });
    });
  }
  void write_log() {
    host_->add_log("notes", LogType::text, [self = shared_from_this()](const Result<Log>& log) {
      if (log && self->host_ != nullptr) {
        self->host_->append_log(log->id, 'o', "one line\nand a half");
        if (self->world_.one_in(2)) self->host_->finish_log(log->id, [](const Result<void>&) {});
      }
      self->answer(Results::success);
    });
  }

  RandomWorld& world_;
  std::string name_;
  script::LockAccesses locks_;
  bool always_runs_;
  script::StepHost* host_ = nullptr;
  Reply<script::StepOutcome> reply_;
};

class MakerCode : public script::BuildMaker {
 public:
  MakerCode(RandomWorld& world, std::vector<script::LockAccesses> locks) : world_(world), locks_(std::move(locks)) {}
  void open(script::BuildContext, std::vector<script::ObjectRef>, Reply<script::OpenedBuild> reply) override {
    const auto opened = [&world = world_, locks = locks_] {
      script::OpenedBuild made;
      made.session = std::make_shared<Session>();
      for (const auto& own : locks) {
        made.steps.push_back(std::make_shared<CodeStep>(world, static_cast<int>(made.steps.size()), own));
      }
      return made;
    };
    answer_some_time(world_, std::move(reply), opened);
  }

 private:
  struct Session : script::BuildSession {
    void property_changed(const Property&) override {}
    void close(Results) override {}
  };

  RandomWorld& world_;
  std::vector<script::LockAccesses> locks_;
};

}  // namespace kiln::testing
