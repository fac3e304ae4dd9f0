// SPDX-License-Identifier: MIT
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <exception>
#include <string>
#include <utility>
#include <variant>

#include "core/base/result.h"
#include "core/net/stream.h"

namespace kiln::net {

template <class T>
struct CaughtResult {
  std::exception_ptr failure;
  Result<T> result{make_error(Errc::fatal, "")};  // meaningless with `failure`
};

template <class T>
Task<CaughtResult<T>> catch_exception(Task<Result<T>> work) {
  CaughtResult<T> caught;
  try {
    caught.result = co_await std::move(work);
  } catch (...) {
    caught.failure = std::current_exception();
  }
  co_return caught;
}

// The work's result, or Errc::timeout when it takes longer; the work is then cancelled, and has ended on return.
template <class T>
Task<Result<T>> with_deadline(Task<Result<T>> work, std::chrono::milliseconds limit, std::string what) {
  using namespace boost::asio::experimental::awaitable_operators;
  boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor, limit);
  // Caught, because operator|| takes an exception for "not yet" and would go on waiting for the timer.
  auto first = co_await (catch_exception(std::move(work)) ||
                         timer.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable)));
  if (first.index() == 1) {
    co_return make_error(Errc::timeout, what + " took more than " + std::to_string(limit.count()) + " ms");
  }
  auto& caught = std::get<0>(first);
  if (caught.failure) std::rethrow_exception(caught.failure);
  co_return std::move(caught.result);
}

}  // namespace kiln::net
