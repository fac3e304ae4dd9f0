// SPDX-License-Identifier: MIT
#include "core/session/worker_port.h"

#include <vector>

#include "core/net/listener.h"
#include "core/session/port.h"

namespace kiln::session {

struct WorkerPort::Listeners {
  std::vector<std::unique_ptr<net::Listener>> open;
};

WorkerPort::WorkerPort(boost::asio::any_io_executor executor, engine::WorkerGate& gate, Options options)
    : port_(std::make_shared<Port>(std::move(executor), gate, options)), listeners_(std::make_unique<Listeners>()) {}

WorkerPort::~WorkerPort() {
  stop_listening();
  port_->close_all(make_error(Errc::peer_gone, "the worker port is closed"));
  port_->tasks().cancel();
}

void WorkerPort::set_clients(ClientHost& host, std::vector<script::PbClient> clients,
                             std::set<std::string> worker_doors) {
  port_->set_clients(host, std::move(clients), std::move(worker_doors));
}

Result<net::Endpoint> WorkerPort::start(const net::Endpoint& endpoint, WorkerProtocol protocol,
                                        const std::string& door) {
  // The context is known only after opening, the first connection comes later still.
  const auto tls = std::make_shared<net::TlsContext>();
  const auto accept = [port = port_, tls, protocol, door](net::Socket socket) {
    port->accept(std::move(socket), *tls, protocol, door);
  };
  auto listener = net::Listener::open(port_->tasks().executor(), endpoint, accept);
  if (!listener) return listener.error();
  *tls = (*listener)->tls();
  listeners_->open.push_back(std::move(*listener));
  return listeners_->open.back()->endpoint();
}

void WorkerPort::stop_listening() { listeners_->open.clear(); }

void WorkerPort::stop_listening(const net::Endpoint& endpoint) {
  std::erase_if(listeners_->open, [&](const auto& listener) {
    return net::to_string(listener->endpoint()) == net::to_string(endpoint);
  });
}

void WorkerPort::stop(std::chrono::milliseconds patience, std::function<void()> done) {
  stop_listening();
  port_->close_all(make_error(Errc::cancelled, "the master stops"));
  port_->tasks().shut_down(patience, [done = std::move(done)](std::size_t) { done(); });
}

std::size_t WorkerPort::connection_count() const { return port_->connection_count(); }

}  // namespace kiln::session
