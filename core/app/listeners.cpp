// SPDX-License-Identifier: MIT
#include "core/app/listeners.h"

#include <algorithm>

#include "core/base/log.h"

namespace kiln::app {
namespace {

// The same port may be written in several ways.
std::string canonical(const std::string& port) {
  const auto endpoint = net::parse_endpoint(port);
  return endpoint ? net::to_string(*endpoint) : port;
}

// Clients whose port is one of the workers', in other words, come in there.
std::vector<script::PbClient> clients_of(const script::Config& config) {
  std::vector<script::PbClient> clients = config.pb_clients;
  std::map<std::string, std::string> doors;
  for (const std::string& port : config.pb_ports) doors.emplace(canonical(port), port);
  for (script::PbClient& client : clients) client.port = doors.emplace(canonical(client.port), client.port).first->second;
  return clients;
}

}  // namespace

Listeners::Listeners(Needs needs)
    : needs_(std::move(needs)),
      clients_(needs_.engine, needs_.events),
      jobdirs_(needs_.clock, clients_, needs_.basedir),
      workers_(std::make_unique<session::WorkerPort>(needs_.executor, needs_.engine.workers())) {}

Listeners::~Listeners() = default;

Result<void> Listeners::open(const script::Config& config) {
  std::set<WorkerPort> kept;
  for (const auto& [port, endpoint] : worker_ports_) kept.insert(port);
  std::set<WorkerPort> wanted;
  for (const std::string& port : config.pb_ports) wanted.emplace(session::WorkerProtocol::pb, port);
  for (const script::PbClient& client : clients_of(config)) wanted.emplace(session::WorkerProtocol::pb, client.port);
  for (const std::string& port : config.msgpack_ports) wanted.emplace(session::WorkerProtocol::msgpack, port);
  Result<void> opened = open_for_workers(wanted);
  if (opened && config.www.port && config.www.port != http_port_) opened = open_for_browsers(*config.www.port);
  if (!opened) {
    close_for_workers(kept);
    const auto again = open_for_workers(kept);  // one that had to make room
    if (!again) log_error("{}: workers cannot connect there any more", again.error().what);
    return opened;
  }
  wanted_worker_ports_ = wanted;
  wanted_http_port_ = config.www.port;
  if (needs_.engine.config().get() == &config) let_in(config);
  return {};
}

void Listeners::let_in(const script::Config& config) {
  workers_->set_clients(clients_, clients_of(config), {config.pb_ports.begin(), config.pb_ports.end()});
  jobdirs_.configure(config);
}

void Listeners::close_others() {
  close_for_workers(wanted_worker_ports_);
  let_in(*needs_.engine.config());
  if (wanted_http_port_ || !http_) return;
  log_info("the web server on {} is closed", *http_port_);
  http_.reset();
  http_port_.reset();
}

Result<void> Listeners::open_for_workers(const std::set<WorkerPort>& wanted) {
  for (const WorkerPort& port : wanted) {
    if (worker_ports_.contains(port)) continue;
    if (auto opened = open_for_workers(port, wanted); !opened) return opened;
  }
  return {};
}

// The same port may come with other words (an interface): then the old one has to go first.
Result<void> Listeners::open_for_workers(const WorkerPort& port, const std::set<WorkerPort>& wanted) {
  const auto endpoint = net::parse_endpoint(port.second);
  if (!endpoint) return endpoint.error();
  auto bound = workers_->start(*endpoint, port.first, port.second);
  if (!bound && bound.error().code == Errc::conflict) {
    const auto old = std::find_if(worker_ports_.begin(), worker_ports_.end(), [&](const auto& open) {
      return open.second.port == endpoint->port && endpoint->port != 0 && !wanted.contains(open.first);
    });
    if (old == worker_ports_.end()) return bound.error();
    workers_->stop_listening(old->second);
    bound = workers_->start(*endpoint, port.first, port.second);
    if (!bound) {
      const auto again = workers_->start(old->second, old->first.first, old->first.second);
      if (!again) log_error("{}: workers cannot connect there any more", again.error().what);
      return bound.error();
    }
    worker_ports_.erase(old);
  }
  if (!bound) return bound.error();
  worker_ports_.emplace(port, *bound);
  return {};
}

Result<void> Listeners::open_for_browsers(const std::string& port) {
  const bool is_new = !http_;
  if (is_new) {
    http_ = std::make_unique<http::Server>(
        http::Server::Needs{needs_.executor, needs_.api, needs_.controls, needs_.authz, needs_.events},
        http::Server::Options{.access_log = needs_.http_log, .session_secret = needs_.session_secret});
  }
  if (const auto bound = http_->start(port); !bound) {
    if (is_new) http_.reset();
    return bound.error();
  }
  http_port_ = port;
  return {};
}

void Listeners::close_for_workers(const std::set<WorkerPort>& kept) {
  std::erase_if(worker_ports_, [&](const auto& open) {
    if (kept.contains(open.first)) return false;
    workers_->stop_listening(open.second);
    return true;
  });
}

}  // namespace kiln::app
