// SPDX-License-Identifier: MIT
#include "core/engine/build_run.h"

#include <fmt/format.h>

#include "core/base/log.h"
#include "core/engine/phase_table.h"
#include "core/engine/step_logs.h"
#include "core/engine/step_run.h"
#include "core/script/results_mirror.h"

namespace kiln::engine {
namespace {

using Phase = BuildRun::Phase;

constexpr Transitions<Phase, 14> transitions{{
    {Phase::claiming, Phase::adding},
    {Phase::claiming, Phase::ended},      // somebody else has the request, or the worker went away
    {Phase::claiming, Phase::deciding},
    {Phase::deciding, Phase::adding},
    {Phase::deciding, Phase::ended},
    {Phase::adding, Phase::preparing},
    {Phase::adding, Phase::finishing},    // do_build_if does not want it
    {Phase::preparing, Phase::stepping},
    {Phase::preparing, Phase::locking},
    {Phase::locking, Phase::stepping},
    {Phase::preparing, Phase::failing},
    {Phase::failing, Phase::finishing},
    {Phase::stepping, Phase::finishing},
    {Phase::finishing, Phase::ended},
}};

constexpr std::chrono::seconds stopped_preparation_patience{10};

constexpr std::string_view final_words[] = {"build successful", "warnings", "failed",   "build successful",
                                            "exception",        "retry",    "cancelled"};

void mirror_results(script::BuildSession* session, Results results) {
  if (auto* mirror = dynamic_cast<script::ResultsMirror*>(session)) mirror->results_changed(results);
}

}  // namespace

BuildRun::BuildRun(const Needs& needs, RequestState& request, WorkerState& worker)
    : kernel_(needs.kernel),
      buildsets_(needs.buildsets),
      fleet_(needs.fleet),
      needs_(needs),
      request_(request),
      builder_(*request.builder),
      worker_(worker),
      link_(worker.link),
      master_config_(needs.kernel.config),
      config_(request.builder->config),
      stamps_(request.buildset->row.sourcestamps),
      worker_info_(worker.link->info().all),
      scope_(properties_, stamps_, worker_info_) {
  row_.buildrequestid = request.row.id;
}

BuildRun::~BuildRun() = default;

void BuildRun::enter_phase(Phase next) { enter(transitions, phase_, next); }

void BuildRun::commit_pending() {
  if (!pending_.empty()) kernel_.journal.commit(std::exchange(pending_, {}));
}

void BuildRun::start() {
  request_.phase = RequestState::Phase::claiming;
  request_.build = this;
  fleet_.reserve(worker_, this);
  take_first_locks();
  const EpochSeconds now = kernel_.clock.now_s();
  Unit unit;
  const std::size_t claim = unit.add(writes::ClaimRequests{{request_.row.id}, now});
  unit.then([self = shared_from_this(), claim, now](const Committed& committed) {
    self->request_.row.claimed_at = now;
    self->on_claimed(committed[claim].ok);
  });
  kernel_.journal.commit(std::move(unit));
}

void BuildRun::on_claimed(bool ok) {
  if (!ok) {
    request_.phase = RequestState::Phase::elsewhere;
    request_.build = nullptr;
    enter_phase(Phase::ended);
    give_locks_back();
    fleet_.release(worker_, this);
    needs_.on_ended(*this);
    return;
  }
  request_.phase = RequestState::Phase::building;
  request_.row.claimed = true;
  request_.row.claimed_by_masterid = kernel_.master;
  kernel_.publish("claimed", request_.row);
  if (stop_ || is_lost_) return give_up_claim();
  properties_ = given_properties(*master_config_, request_, *config_, worker_);
  if (config_->gate) {
    ask_gate();
  } else {
    add_row();
  }
}

// There is no build row yet: the request ends or waits again without one.
void BuildRun::give_up_claim() {
  enter_phase(Phase::ended);
  if (stop_ && stop_->results == Results::cancelled) {
    buildsets_.complete(pending_, request_, Results::cancelled);
  } else {
    buildsets_.unclaim(pending_, request_);
  }
  pending_.then([self = shared_from_this()](const Committed&) {
    self->give_locks_back();
    self->fleet_.release(self->worker_, self.get());
    self->needs_.on_ended(*self);
  });
  commit_pending();
}

void BuildRun::add_row() {
  enter_phase(Phase::adding);
  add_own_properties(properties_, *request_.buildset);
  auto shown = virtual_builder(properties_, *config_);
  if (!shown) return add_build(builder_.id);
  const std::size_t index = pending_.add(writes::AddVirtualBuilder{
      std::move(shown->name), std::move(shown->description), std::move(shown->description_format),
      std::move(shown->tags)});
  pending_.then([self = shared_from_this(), index](const Committed& committed) {
    self->add_build(BuilderId(committed[index].id));
  });
  commit_pending();
}

void BuildRun::add_build(BuilderId shown_under) {
  row_.builderid = shown_under;
  row_.workerid = worker_.row.id;
  row_.masterid = kernel_.master;
  row_.started_at = kernel_.clock.now_s();
  row_.state_string = "starting";
  const std::size_t build = pending_.add(
      writes::AddBuild{row_.builderid, row_.buildrequestid, row_.workerid, row_.started_at, row_.state_string});
  pending_.then([self = shared_from_this(), build](const Committed& committed) {
    self->on_numbered(committed[build]);
    if (!self->is_wanted_) self->skip();
  });
  if (is_wanted_) add_preparation(build);
  commit_pending();
}

void BuildRun::add_preparation(std::size_t build) {
  preparation_.name = unique_step_name("worker_preparation");
  preparation_.state_string = "pending";
  const std::size_t step =
      pending_.add(writes::AddStep{RowRef<BuildId>::made_by(build), 0, preparation_.name, preparation_.state_string,
                                   row_.started_at, row_.started_at});
  pending_.then([self = shared_from_this(), step](const Committed& committed) { self->on_added(committed[step]); });
}

void BuildRun::on_numbered(const Written& build) {
  row_.id = BuildId(build.id);
  row_.number = build.number;
  if (claim_) claim_->set_build(row_.id);
  needs_.on_numbered(*this);
}

void BuildRun::on_added(const Written& step) {
  preparation_.id = StepId(step.id);
  preparation_.buildid = row_.id;
  kernel_.publish("new", preparation_);
  preparation_.started_at = row_.started_at;
  preparation_.locks_acquired_at = row_.started_at;
  kernel_.publish("started", preparation_);
  announce_preparation();
  enter_phase(Phase::preparing);
  if (stop_) set_preparation_deadline(stopped_preparation_patience);
  if (is_lost_) {
    worker_not_ready(make_error(Errc::peer_gone, "the connection to the worker was lost"));
    return;
  }
  if (gate_failure_) {
    fail_preparation(*gate_failure_);
  } else if (config_->maker) {
    commit_pending();
    open_python();
  } else {
    make_steps({});
    ping();
  }
}

void BuildRun::announce_preparation() {
  Properties owners;
  if (JsonArray names = build_owners(*request_.buildset); !names.empty()) {
    owners.set("owners", Json(std::move(names)), "Build");
  }
  announce(owners);
  if (link_) {
    for (const Property& property : directory_properties(link_->info(), *config_)) set_property(property, false);
  }
  publish_state("preparing worker");
}

// The events of a new build in upstream's order: properties, the row, who is to blame.
void BuildRun::announce(const Properties& owners) {
  properties_.set("buildnumber", Json(row_.number), "Build");
  mark_virtual_tags(properties_);
  BuildPropertiesRow known{row_.id, secrets_.empty() ? properties_ : masked_values(secrets_, properties_)};
  writes::SetBuildProperties write{row_.id, {known.properties.begin(), known.properties.end()}};
  write.properties.insert(write.properties.end(), owners.begin(), owners.end());
  properties_.update(owners);
  pending_.add(std::move(write));
  pending_.then([self = shared_from_this(), known = std::move(known), owners](const Committed&) {
    self->kernel_.publish("update", known);
    self->kernel_.publish("update", self->row_);
    self->kernel_.publish("new", self->row_);
    self->is_announced_ = true;
    if (!owners.empty()) self->kernel_.publish("update", BuildPropertiesRow{self->row_.id, owners});
  });
}

// The row's state is changed when the unit is committed, so that events of one unit tell each its own.
void BuildRun::publish_state(const std::string& state) {
  pending_.add(writes::SetBuildState{row_.id, state});
  pending_.then([self = shared_from_this(), state](const Committed&) {
    self->row_.state_string = state;
    self->kernel_.publish("update", self->row_);
  });
}

void BuildRun::set_property(Property property, bool tell_python) {
  properties_.set(property.name, property.value, property.source, property.runtime);
  if (tell_python && session_) session_->property_changed(property);
  for (Property& dirty : dirty_properties_) {
    if (dirty.name != property.name) continue;
    dirty = std::move(property);
    return;
  }
  dirty_properties_.push_back(std::move(property));
}

void BuildRun::write_dirty_properties() {
  if (dirty_properties_.empty()) return;
  // Steps go on with the value; what is stored and shown has the name.
  if (!secrets_.empty()) {
    for (Property& dirty : dirty_properties_) dirty.value = masked_values(secrets_, dirty.value);
  }
  Properties changed;
  for (const Property& property : dirty_properties_) {
    changed.set(property.name, property.value, property.source, property.runtime);
  }
  pending_.add(writes::SetBuildProperties{row_.id, std::exchange(dirty_properties_, {})});
  pending_.then([self = shared_from_this(), changed = std::move(changed)](const Committed&) {
    self->kernel_.publish("update", BuildPropertiesRow{self->row_.id, changed});
  });
}

std::string BuildRun::unique_step_name(const std::string& wanted) {
  // Steps that want the same name are counted; where the counted name is taken, it is counted itself.
  const int twins = step_twins_[wanted]++;
  const std::string counted = twins == 0 ? wanted : fmt::format("{}_{}", wanted, twins);
  std::string name = counted;
  for (int i = 1; !step_names_.insert(name).second; ++i) name = fmt::format("{}_{}", counted, i);
  return name;
}

void BuildRun::next_step() {
  while (!upcoming_.empty() && link_) {
    Upcoming upcoming = std::move(upcoming_.front());
    upcoming_.pop_front();
    if ((is_terminating_ || stop_) && !upcoming.step->always_run()) continue;
    if (upcoming.is_native || pending_.empty()) {
      begin_step(std::move(upcoming));
      return;
    }
    // Python may ask for rows while it prepares: what happened so far must be there.
    pending_.then([self = shared_from_this(), upcoming](const Committed&) {
      if (!self->link_ || (self->stop_ && !upcoming.step->always_run())) {
        self->next_step();
      } else {
        self->begin_step(upcoming);
      }
    });
    commit_pending();
    return;
  }
  finish();
}

void BuildRun::begin_step(Upcoming upcoming) {
  current_ = std::make_shared<StepRun>(*this, std::move(upcoming.step), upcoming.is_native);
  current_->begin();
}

void BuildRun::trigger(script::TriggerOrder order, Reply<script::Triggered> started, Reply<Results> finished) {
  needs_.trigger(std::move(order), row_.id, std::move(started), std::move(finished));
}

void BuildRun::insert_steps(std::vector<script::StepPtr> steps, bool at_end) {
  std::size_t position = at_end ? upcoming_.size() : 0;
  for (script::StepPtr& step : steps) {
    upcoming_.insert(upcoming_.begin() + static_cast<std::ptrdiff_t>(position++), Upcoming{std::move(step), false});
  }
}

void BuildRun::step_done(Results results, const ResultFlags& flags, std::optional<std::string> build_text) {
  current_.reset();
  const MergedResult merged = merge_result(flags, results, results_);
  write_dirty_properties();
  if (build_text && !build_text->empty()) {
    texts_.push_back(std::move(*build_text));
    publish_state(fmt::format("{}", fmt::join(texts_, " ")));
  }
  if (steering() != nullptr) {
    // The step's end is known to all when the build's class is asked.
    pending_.then([self = shared_from_this(), results, merged](const Committed&) { self->ask_about(results, merged); });
    commit_pending();
    return;
  }
  if (merged.total != results_) mirror_results(session_.get(), merged.total);
  go_on(merged.total, merged.terminate);
}

void BuildRun::stop(const std::string& reason, Results results) {
  if (phase_ == Phase::finishing || phase_ == Phase::ended) return;
  if (stop_) {
    stop_->reason = reason;
    return;
  }
  stop_ = Stop{reason, results};
  results_ = results;
  mirror_results(session_.get(), results_);
  if (is_lost_) return;  // it is ending already
  if (phase_ == Phase::deciding) return give_up_claim();
  // Steps that run always run after the preparation, so it goes on, but not for long.
  if (phase_ == Phase::preparing) set_preparation_deadline(stopped_preparation_patience);
  if (phase_ == Phase::locking) {
    on_locks_free();  // without them; a step that begins now is one that always runs
  } else if (phase_ == Phase::stepping && current_) {
    current_->interrupt(reason, false);
  }
  limit_question();
}

void BuildRun::connection_lost() {
  link_.reset();
  holds_worker_back_ = false;
  if (is_lost_ || phase_ == Phase::finishing || phase_ == Phase::ended) return;
  is_lost_ = true;
  if (phase_ == Phase::deciding) return give_up_claim();
  if (phase_ == Phase::preparing) {
    worker_not_ready(make_error(Errc::peer_gone, "the connection to the worker was lost"));
  }
  if (phase_ == Phase::locking) {
    on_locks_free();
  } else if (phase_ == Phase::stepping && current_) {
    current_->interrupt("lost connection", true);
  }
  limit_question();
}

void BuildRun::give_up() {
  if (const auto step = current_) step->give_up();
  if (const auto go_on = std::exchange(without_answer_, nullptr)) go_on();
}

void BuildRun::let_go() {
  if (phase_ == Phase::deciding) enter_phase(Phase::ended);
  give_locks_back();
  deadline_.reset();
  pending_ = {};
  upcoming_.clear();
  without_answer_ = nullptr;
  session_.reset();
  preparation_logs_.reset();
  if (const auto step = std::exchange(current_, nullptr)) step->let_go();
}

bool BuildRun::has_late_step() const {
  return current_ != nullptr && (phase_ == Phase::finishing || phase_ == Phase::ended);
}

bool BuildRun::is_past_stop_deadline() const {
  if (!stop_ && !is_lost_) return false;
  const bool waits = without_answer_ != nullptr || (phase_ == Phase::preparing && !is_lost_);
  return (waits && !deadline_) || (current_ != nullptr && current_->is_past_stop_deadline());
}

std::vector<std::string> BuildRun::final_texts() const {
  if (failure_ && !stop_) return {failure_->build_text};
  std::vector<std::string> texts{std::string(final_words[static_cast<std::size_t>(results_)])};
  if (stop_ && !is_lost_ && !stop_->reason.empty()) texts.push_back(fmt::format("({})", stop_->reason));
  if (is_lost_) texts.emplace_back("lost connection");
  texts.insert(texts.end(), texts_.begin(), texts_.end());
  return texts;
}

void BuildRun::finish() {
  enter_phase(Phase::finishing);
  deadline_.reset();
  upcoming_.clear();
  if (stop_) results_ = stop_->results;
  if (is_lost_ && !(stop_ && stop_->results == Results::cancelled)) results_ = Results::retry;
  if (steering() != nullptr) {
    ask_about_end();
  } else {
    write_end();
  }
}

void BuildRun::limit_retries() {
  if (results_ != Results::retry || kernel_.shutting_down || buildsets_.may_retry(request_)) return;
  results_ = Results::exception;
  is_retried_out_ = true;
}

void BuildRun::write_end() {
  limit_retries();
  write_dirty_properties();
  const EpochSeconds now = kernel_.end_of(row_.started_at);
  std::vector<std::string> texts = ending_texts_ ? *ending_texts_ : final_texts();
  if (is_retried_out_) texts.push_back(fmt::format("(retried {} times)", request_.retries));
  const std::string text = fmt::format("{}", fmt::join(texts, " "));
  pending_.add(writes::FinishBuild{row_.id, results_, text, row_.locks_duration_s, now});
  pending_.then([self = shared_from_this(), text, now](const Committed&) {
    self->row_.state_string = text;
    self->kernel_.publish("update", self->row_);
    self->row_.complete = true;
    self->row_.complete_at = now;
    self->row_.results = self->results_;
    self->kernel_.publish("finished", self->row_);
  });
  if (results_ == Results::retry) {
    buildsets_.retry(pending_, request_);
  } else {
    buildsets_.complete(pending_, request_, results_);
  }
  pending_.then([self = shared_from_this()](const Committed&) { self->on_finished(); });
  commit_pending();
}

void BuildRun::on_finished() {
  enter_phase(Phase::ended);
  pause_worker(false);
  kernel_.logs.finish_build(row_.id, [id = row_.id](Result<void> done) {
    if (!done) log_warning("the log file of build {} could not be completed: {}", id.value, done.error().what);
  });
  if (session_) session_->close(results_);
  session_.reset();
  if (is_wanted_ && !gate_failure_) judge_worker();
  give_locks_back();
  fleet_.release(worker_, this);
  needs_.on_ended(*this);
}

void BuildRun::judge_worker() {
  if ((results_ == Results::exception && !is_retried_out_) || (failure_ && failure_->blame_worker)) {
    fleet_.quarantine(worker_);
  } else if (results_ != Results::retry) {
    fleet_.reset_quarantine(worker_);
  }
}

}  // namespace kiln::engine
