// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "core/session/client_host.h"
#include "core/session/connection.h"

namespace kiln::session {

// Somebody who asks for builds of a patch and watches them. Loop thread.
class TryAvatar : public Avatar, public data::Subscriber, public std::enable_shared_from_this<TryAvatar> {
 public:
  TryAvatar(ConnectionPtr connection, ClientHost& host, std::string scheduler)
      : connection_(std::move(connection)), host_(host), scheduler_(std::move(scheduler)) {}

  void on_call(wire::Called&& call) override;
  void on_update(wire::CommandUpdated&& update) override;
  void on_input_end() override {}
  void on_lost(const Error&) override { host_.events().drop(*this); }
  void deliver(const data::Message& message) override;

 private:
  struct Request {
    std::string builder;
    std::set<wire::ObjectId> subscribers;
    std::vector<std::int64_t> builds;
  };
  struct Build {
    std::string builder;
    bool complete = false;
    std::int64_t results = -1;
    std::string text;
    std::set<wire::ObjectId> subscribers;  // they hear of steps
    std::vector<wire::PeerCall> waiting;   // for its end
  };

  void answer(const wire::Called& call);
  void submit(const wire::Called& call);
  void submitted(wire::PeerCall call, const Result<ClientHost::Requests>& requests);
  void call_on_request(const wire::Called& call, std::uint64_t key);
  void call_on_build(const wire::Called& call, std::uint64_t key);
  void subscribe(const wire::Called& call, std::set<wire::ObjectId>& subscribers);
  void unsubscribe(const wire::Called& call, std::set<wire::ObjectId>& subscribers);
  void tell(Result<wire::CallId> call);

  void build_begun(const JsonObject& row);
  void build_ended(std::int64_t id, const JsonObject& row);
  void step_changed(std::int64_t id, bool is_over, const JsonObject& row);

  const ConnectionPtr connection_;
  ClientHost& host_;  // as long as the connection lives
  const std::string scheduler_;
  std::map<std::uint64_t, ClientHost::Requests> jobs_;
  std::map<std::int64_t, Request> requests_;
  std::map<std::int64_t, Build> builds_;
  std::set<wire::ObjectId> held_;  // objects of the client, one reference each
};

}  // namespace kiln::session
