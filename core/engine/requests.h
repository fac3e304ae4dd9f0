// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/engine/state.h"

namespace kiln::engine {

// The builders and the requests and buildsets that are not complete. Only memory: who changes it has the commit.
class Requests {
 public:
  // Finds the builder of this name or makes one.
  BuilderState& builder(BuilderId id, const std::string& name);
  BuilderState* find_builder(BuilderId id) const;
  BuilderState* find_builder(const std::string& name) const;
  const std::unordered_map<BuilderId, std::unique_ptr<BuilderState>>& builders() const { return builders_; }

  BuildsetState& add_buildset(Buildset row, Properties properties, std::vector<Change> changes);
  BuildsetState* find_buildset(BuildsetId id) const;
  const std::unordered_map<BuildsetId, std::unique_ptr<BuildsetState>>& buildsets() const { return buildsets_; }
  RequestState& add_request(BuildRequest row, BuildsetState& buildset);
  RequestState* find_request(RequestId id) const;
  const std::unordered_map<RequestId, std::unique_ptr<RequestState>>& all() const { return requests_; }

  void enqueue(RequestState& request);
  // Many at once, by their ids.
  void enqueue_all(std::vector<RequestState*> requests);
  void dequeue(RequestState& request);
  void set_priority(RequestState& request, int priority);
  // Forgets a complete request; its buildset too when that was the last one.
  void remove(RequestState& request);
  std::vector<const BuildsetState*> buildsets_without_requests() const;  // by their ids
  void remove(BuildsetId buildset);

 private:
  std::unordered_map<BuilderId, std::unique_ptr<BuilderState>> builders_;
  std::unordered_map<std::string, BuilderState*> builders_by_name_;
  std::unordered_map<BuildsetId, std::unique_ptr<BuildsetState>> buildsets_;
  std::unordered_map<RequestId, std::unique_ptr<RequestState>> requests_;
};

// What two requests of one builder must have in common for the newer to replace the older (semantics.md section 7).
// Empty: this one is never replaced.
std::string collapse_key(const BuildsetState& buildset);

// Whether one of them is of this source stamp.
bool has_change(const std::vector<Change>& changes, const SourceStamp& stamp);

}  // namespace kiln::engine
