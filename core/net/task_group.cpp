// SPDX-License-Identifier: MIT
#include "core/net/task_group.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <exception>
#include <list>
#include <utility>

#include "core/base/log.h"

namespace kiln::net {
namespace {

namespace asio = boost::asio;

// The wall of this kind of thread entry: a coroutine's exception ends that coroutine only.
void report(const std::string& name, const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const boost::system::system_error& error) {
    if (error.code() != asio::error::operation_aborted) log_error("{} ended: {}", name, error.what());
  } catch (const std::exception& error) {
    log_error("{} ended: {}", name, error.what());
  }
}

}  // namespace

struct TaskGroup::State {
  explicit State(asio::any_io_executor ex) : executor(std::move(ex)), deadline(executor) {}

  void cancel() {
    // Posted: a task may be the caller, and must not be resumed from inside itself.
    for (auto& signal : signals) {
      asio::post(executor, [signal] { signal->emit(asio::cancellation_type::terminal); });
    }
  }

  void ended() {
    if (signals.empty() && done) finish();
  }

  void finish() {
    deadline.cancel();
    asio::post(executor, [call = std::exchange(done, nullptr), count = cancelled] { call(count); });
  }

  asio::any_io_executor executor;
  asio::steady_timer deadline;
  std::list<std::shared_ptr<asio::cancellation_signal>> signals;
  std::function<void(std::size_t)> done;
  std::size_t cancelled = 0;
};

TaskGroup::TaskGroup(asio::any_io_executor executor) : state_(std::make_shared<State>(std::move(executor))) {}

TaskGroup::~TaskGroup() { state_->cancel(); }

void TaskGroup::spawn(std::string name, Task<void> task) {
  const auto place = state_->signals.insert(state_->signals.end(), std::make_shared<asio::cancellation_signal>());
  const auto signal = *place;
  asio::co_spawn(state_->executor, std::move(task),
                 asio::bind_cancellation_slot(
                     signal->slot(), [state = state_, place, name = std::move(name)](const std::exception_ptr& failure) {
                       if (failure) report(name, failure);
                       state->signals.erase(place);
                       state->ended();
                     }));
}

std::size_t TaskGroup::size() const { return state_->signals.size(); }

asio::any_io_executor TaskGroup::executor() const { return state_->executor; }

void TaskGroup::cancel() { state_->cancel(); }

void TaskGroup::shut_down(std::chrono::milliseconds patience, std::function<void(std::size_t)> done) {
  state_->done = std::move(done);
  if (state_->signals.empty()) return state_->finish();
  state_->deadline.expires_after(patience);
  state_->deadline.async_wait([state = state_](const boost::system::error_code& error) {
    if (error) return;
    state->cancelled = state->signals.size();
    state->cancel();
  });
}

}  // namespace kiln::net
