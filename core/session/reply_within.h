// SPDX-License-Identifier: MIT
#pragma once

#include <fmt/format.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "core/base/result.h"
#include "core/net/stream.h"

namespace kiln::session {

// Waits for the reply that `ask` is given, at most `limit`. Errors: timeout; a later reply is then dropped.
template <class T>
net::Task<Result<T>> reply_within(boost::asio::any_io_executor executor, std::chrono::milliseconds limit,
                                  std::function<void(Reply<T>)> ask) {
  struct Waiting {
    boost::asio::steady_timer timer;
    std::optional<Result<T>> result;
  };
  const auto waiting = std::make_shared<Waiting>(Waiting{boost::asio::steady_timer(executor, limit), std::nullopt});
  ask([waiting](Result<T> result) {
    waiting->result = std::move(result);
    waiting->timer.cancel();
  });
  while (!waiting->result && waiting->timer.expiry() > boost::asio::steady_timer::clock_type::now()) {
    const auto [error] = co_await waiting->timer.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
    if (error) break;
  }
  if (waiting->result) co_return std::move(*waiting->result);
  co_return make_error(Errc::timeout, fmt::format("no answer within {} ms", limit.count()));
}

}  // namespace kiln::session
