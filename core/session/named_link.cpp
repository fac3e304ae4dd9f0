// SPDX-License-Identifier: MIT
#include "core/session/named_link.h"

#include "core/session/port.h"
#include "core/session/reply_within.h"

namespace kiln::session {
namespace {

net::Task<bool> shows_life(std::shared_ptr<Port> port, std::shared_ptr<NamedLink> old) {
  // Its answer would not be read; whoever paused it knows that it is in use.
  if (old->is_paused()) co_return true;
  const std::function<void(Reply<>)> ask = [old](Reply<> reply) {
    old->print("master got a duplicate connection", std::move(reply));
  };
  const auto answer = co_await reply_within<void>(port->tasks().executor(), port->options().duplicate_limit, ask);
  // A failure is an answer, too.
  co_return answer || (answer.error().code != Errc::timeout && answer.error().code != Errc::peer_gone);
}

}  // namespace

net::Task<bool> claim_name(std::shared_ptr<Port> port, std::shared_ptr<NamedLink> link) {
  while (const auto old = port->link(link->worker())) {
    if (co_await shows_life(port, old)) co_return false;
    old->end(make_error(Errc::timeout, "replaced by a new connection of the same worker"));
  }
  if (link->is_alive()) {
    port->add_link(link);
    link->on_claimed();
  }
  co_return true;
}

}  // namespace kiln::session
