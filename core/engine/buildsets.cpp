// SPDX-License-Identifier: MIT
#include "core/engine/buildsets.h"

#include <algorithm>

#include "core/base/log.h"

namespace kiln::engine {

// A buildset on its way from the order to its events.
struct Buildsets::Adding {
  NewBuildset order;
  Reply<ForceResult> reply;
  BuildsetState* buildset = nullptr;
  std::vector<RequestState*> requests;
  std::vector<RequestId> collapsed;  // by hooks
  std::size_t questions = 1;         // hooks that have not answered, and the asking itself
};

namespace {

EpochSeconds set_claim(Kernel& kernel, BuildRequest& row) {
  row.claimed = true;
  row.claimed_at = kernel.clock.now_s();
  row.claimed_by_masterid = kernel.master;
  return *row.claimed_at;
}

// Makes the rows that `written` says the database now has.
void fill_rows(NewBuildset& order, const Written& written) {
  order.row.id = BuildsetId(written.id);
  const std::size_t requests = order.builders.size();
  for (std::size_t i = 0; i < order.row.sourcestamps.size(); ++i) {
    SourceStamp& stamp = order.row.sourcestamps[i];
    if (requests + i < written.child_ids.size()) stamp.id = SourceStampId(written.child_ids[requests + i]);
    if (stamp.created_at == 0) stamp.created_at = order.row.submitted_at;
  }
}

BuildRequest new_request(const NewBuildset& order, std::int64_t id, BuilderId builder) {
  BuildRequest row;
  row.id = RequestId(id);
  row.buildsetid = order.row.id;
  row.builderid = builder;
  row.priority = order.priority;
  row.results = -1;
  row.submitted_at = order.row.submitted_at;
  row.waited_for = order.waited_for;
  return row;
}

}  // namespace

Buildsets::Buildsets(Kernel& kernel, Requests& requests, Waiting on_waiting)
    : kernel_(kernel), requests_(requests), on_waiting_(std::move(on_waiting)) {}

// A source stamp that somebody names may be that of a change.
void Buildsets::add(NewBuildset order, Reply<ForceResult> reply) {
  std::vector<SourceStamp> open;
  for (const SourceStamp& stamp : order.row.sourcestamps) {
    if (!stamp.patch && !has_change(order.changes, stamp)) open.push_back(stamp);
  }
  if (open.empty() || !kernel_.find_changes) return add_known(std::move(order), std::move(reply));
  kernel_.find_changes(std::move(open), [this, order = std::move(order), reply = std::move(reply)](
                                            Result<std::vector<Change>> found) mutable {
    if (!found) return reply(found.error());
    for (Change& change : *found) order.changes.push_back(std::move(change));
    add_known(std::move(order), std::move(reply));
  });
}

void Buildsets::add_known(NewBuildset order, Reply<ForceResult> reply) {
  order.row.submitted_at = kernel_.clock.now_s();
  order.row.results = -1;
  Unit unit;
  write_collapse(unit, order);
  writes::AddBuildset write;
  write.buildset = order.row;
  write.properties = order.properties;
  write.waited_for = order.waited_for;
  for (const BuilderId builder : order.builders) write.requests.push_back({builder, order.priority});
  const std::size_t index = unit.add(std::move(write));
  for (Write& other : order.with) unit.add(std::move(other));
  order.with.clear();
  auto adding = std::make_shared<Adding>();
  adding->order = std::move(order);
  adding->reply = std::move(reply);
  unit.then([this, adding, index](const Committed& committed) { on_added(adding, committed[index]); });
  kernel_.journal.commit(std::move(unit));
}

// The default rule needs nothing of the new request but what is known already, so its outcome is committed together
// with the buildset.
void Buildsets::write_collapse(Unit& unit, const NewBuildset& order) {
  BuildsetState probe;
  probe.row = order.row;
  probe.properties = order.properties;
  probe.changes = order.changes;
  const std::string key = collapse_key(probe);
  if (key.empty()) return;
  for (const BuilderId id : order.builders) {
    BuilderState* builder = requests_.find_builder(id);
    if (builder == nullptr || !builder->config || builder->config->collapse != script::Collapse::rule) continue;
    const auto found = builder->collapsible.find(key);
    if (found == builder->collapsible.end()) continue;
    const std::vector<RequestState*> older(found->second.begin(), found->second.end());
    for (RequestState* request : older) take(unit, *request, Results::skipped, true);
  }
}

void Buildsets::on_added(const std::shared_ptr<Adding>& adding, const Written& written) {
  NewBuildset& order = adding->order;
  fill_rows(order, written);
  if (order.builders.empty()) {
    announce(*adding);
    return;
  }
  adding->buildset = &requests_.add_buildset(order.row, order.properties, order.changes);
  adding->buildset->adding = adding;
  adding->buildset->on_complete = std::exchange(order.on_complete, nullptr);
  const std::string key = collapse_key(*adding->buildset);
  for (std::size_t i = 0; i < order.builders.size(); ++i) {
    RequestState& request =
        requests_.add_request(new_request(order, written.child_ids[i], order.builders[i]), *adding->buildset);
    request.collapse_key = key;
    adding->requests.push_back(&request);
  }
  ask_hooks(adding);
}

void Buildsets::ask_hooks(const std::shared_ptr<Adding>& adding) {
  for (RequestState* newer : adding->requests) {
    const auto& config = newer->builder->config;
    if (!config || config->collapse != script::Collapse::callback || !config->hooks) continue;
    const std::vector<RequestState*> candidates(newer->builder->waiting_by_age.begin(),
                                                newer->builder->waiting_by_age.end());
    for (const RequestState* older : candidates) {
      ++adding->questions;
      config->hooks->collapse(newer->row, older->row, [this, adding, id = older->row.id](Result<bool> answer) {
        if (!answer) log_warning("collapseRequests failed: {}", answer.error().what);
        if (answer && *answer) adding->collapsed.push_back(id);
        collapse_answered(adding);
      });
    }
  }
  collapse_answered(adding);
}

void Buildsets::collapse_answered(const std::shared_ptr<Adding>& adding) {
  if (--adding->questions > 0) return;
  Unit unit;
  for (const RequestId id : adding->collapsed) {
    RequestState* older = requests_.find_request(id);
    if (older != nullptr && older->phase == RequestState::Phase::waiting) take(unit, *older, Results::skipped, true);
  }
  if (unit.empty()) {
    announce(*adding);
    return;
  }
  unit.then([this, adding](const Committed&) { announce(*adding); });
  kernel_.journal.commit(std::move(unit));
}

void Buildsets::announce(Adding& adding) {
  Buildset row = adding.order.row;
  row.results.reset();
  kernel_.publish("new", BuildsetRow{row, adding.order.scheduler});
  if (listener_ != nullptr) listener_->buildset_added(row, adding.order.scheduler);
  ForceResult result{row.id, {}};
  for (RequestState* request : adding.requests) {
    kernel_.publish("new", request->row);
    result.requests.emplace_back(request->row.builderid, request->row.id);
  }
  if (adding.order.builders.empty()) announce_empty(adding, row);
  for (RequestState* request : adding.requests) {
    requests_.enqueue(*request);
    on_waiting_(*request->builder);
  }
  adding.reply(std::move(result));
  if (adding.order.on_complete) adding.order.on_complete(Results::success);
}

void Buildsets::announce_empty(const Adding& adding, Buildset row) {
  row.complete = true;
  row.complete_at = row.submitted_at;
  row.results = static_cast<int>(Results::success);
  kernel_.publish("complete", BuildsetRow{row, {}});
  tell_complete(row, adding.order.changes);
}

void Buildsets::tell_complete(const Buildset& row, const std::vector<Change>& changes) const {
  if (listener_ != nullptr) listener_->buildset_complete(row, changes);
}

void Buildsets::complete(Unit& unit, RequestState& request, Results results) {
  request.phase = RequestState::Phase::completing;
  BuildsetState& buildset = *request.buildset;
  const EpochSeconds now = kernel_.end_of(request.row.submitted_at);
  unit.add(writes::CompleteRequests{{request.row.id}, results, now});
  buildset.worst = worst_status(buildset.worst, results);
  const bool is_last = --buildset.open == 0;
  if (is_last) unit.add(writes::CompleteBuildset{buildset.row.id, buildset.worst, now});
  unit.then([this, &request, results, now, is_last](const Committed&) {
    BuildsetState& done = *request.buildset;
    request.row.complete = true;
    request.row.complete_at = now;
    request.row.results = static_cast<int>(results);
    kernel_.publish("complete", request.row);
    if (is_last) {
      done.row.complete = true;
      done.row.complete_at = now;
      done.row.results = static_cast<int>(done.worst);
      kernel_.publish("complete", BuildsetRow{done.row, {}});
      tell_complete(done.row, done.changes);
      if (done.on_complete) std::exchange(done.on_complete, nullptr)(done.worst);
    }
    requests_.remove(request);
  });
}

void Buildsets::take(Unit& unit, RequestState& request, Results results, bool announce_claim) {
  requests_.dequeue(request);
  const EpochSeconds claimed_at = set_claim(kernel_, request.row);
  unit.add(writes::ClaimRequests{{request.row.id}, claimed_at});
  if (announce_claim) {
    unit.then([this, &request](const Committed&) { kernel_.publish("claimed", request.row); });
  }
  complete(unit, request, results);
}

void Buildsets::unclaim(Unit& unit, RequestState& request) {
  unit.add(writes::UnclaimRequests{{request.row.id}});
  unit.then([this, &request](const Committed&) {
    request.row.claimed = false;
    request.row.claimed_at.reset();
    request.row.claimed_by_masterid.reset();
    kernel_.publish("unclaimed", request.row);
    requests_.enqueue(request);
    on_waiting_(*request.builder);
  });
}

bool Buildsets::may_retry(const RequestState& request) const {
  const std::optional<int> limit = kernel_.config ? kernel_.config->retry_limits.count : std::nullopt;
  return !limit || request.retries < *limit;
}

void Buildsets::retry(Unit& unit, RequestState& request) {
  unit.then([this, &request](const Committed&) { delay_retry(request); });
  unclaim(unit, request);
}

void Buildsets::delay_retry(RequestState& request) {
  constexpr int at_once = 2;
  if (++request.retries <= at_once || !kernel_.config) return;
  const int doublings = std::min(request.retries - at_once - 1, 30);
  const auto delay = std::min(std::chrono::seconds(1) * (std::int64_t{1} << doublings),
                              kernel_.config->retry_limits.longest_delay);
  log_warning("{} builds of request {} of builder \"{}\" ended as RETRY, the next one waits for {} s", request.retries,
              request.row.id.value, request.builder->name, delay.count());
  request.retry_at = kernel_.clock.now_s() + delay.count();
  request.retry_delay = kernel_.clock.call_after(delay, [this, &request] {
    request.retry_delay.reset();
    on_waiting_(*request.builder);
  });
}

void Buildsets::cancel_waiting(RequestState& request, Reply<> reply) {
  Unit unit;
  take(unit, request, Results::cancelled, false);
  BuildRequest row = request.row;
  row.complete = true;
  row.results = static_cast<int>(Results::cancelled);
  unit.then([this, row = std::move(row), reply = std::move(reply)](const Committed&) {
    kernel_.publish("cancel", row);
    reply({});
  });
  kernel_.journal.commit(std::move(unit));
}

}  // namespace kiln::engine
