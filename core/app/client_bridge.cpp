// SPDX-License-Identifier: MIT
#include "core/app/client_bridge.h"

namespace kiln::app {

void ClientBridge::add_change(script::ChangeDraft draft, Reply<ChangeId> reply) {
  const script::ConfigPtr config = engine_.config();
  if (!config || !config->change_hooks) return engine_.add_change(std::move(draft), std::move(reply));
  const auto add = [&engine = engine_, reply = std::move(reply)](Result<script::ChangeDraft> complete) {
    if (!complete) return reply(complete.error());
    engine.add_change(*std::move(complete), reply);
  };
  config->change_hooks->complete(std::move(draft), add);
}

void ClientBridge::submit_try(const std::string& scheduler, wire::TryJob job, Reply<Requests> reply) {
  const auto tell = [&engine = engine_, reply = std::move(reply)](const Result<engine::ForceResult>& done) {
    if (!done) return reply(done.error());
    Requests requests;
    for (const auto& [builder, request] : done->requests) {
      const std::string* name = engine.builder_name(builder);
      if (name != nullptr) requests.emplace_back(*name, request);
    }
    reply(std::move(requests));
  };
  engine_.submit_try(scheduler, std::move(job), tell);
}

std::vector<std::string> ClientBridge::try_builders(const std::string& scheduler) const {
  const script::ConfigPtr config = engine_.config();
  if (!config) return {};
  for (const auto& known : config->schedulers) {
    if (known->name == scheduler) return known->builder_names;
  }
  return {};
}

}  // namespace kiln::app
