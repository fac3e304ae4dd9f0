// SPDX-License-Identifier: MIT
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <filesystem>
#include <future>
#include <memory>
#include <mutex>
#include <thread>

#include "core/data/api.h"
#include "core/data/controls.h"
#include "core/data/event_bus.h"
#include "core/http/server.h"

namespace kiln::testing {

// Takes controls and changes and remembers them; answers as it is told.
class RecordingControls : public data::Controls {
 public:
  void control(data::ControlRequest request, Reply<Json> reply) override;
  void add_change(script::ChangeDraft draft, Reply<ChangeId> reply) override;

  std::vector<data::ControlRequest> requests;
  std::vector<script::ChangeDraft> changes;
  Result<Json> answer = Json();
};

// The golden database behind the real server on a port of its own, with its loop in a thread.
class ServedMaster {
 public:
  explicit ServedMaster(script::ConfigPtr config, http::Server::Options options = {});
  ~ServedMaster();

  std::uint16_t port() const { return port_; }
  const std::filesystem::path& directory() const { return directory_; }
  RecordingControls& controls() { return controls_; }
  http::Server& server() { return *server_; }
  data::Api& api() { return *api_; }
  data::Authz& authz() { return *authz_; }
  logs::LogStore& logs() { return *logs_; }
  db::Database& db() { return *db_; }
  data::EventBus& events() { return events_; }
  boost::asio::any_io_executor executor() { return loop_.get_executor(); }
  // Commits what the engine would after appending.
  void set_log_lines(LogId log, std::int64_t lines);

  // Runs on the loop and waits for it.
  template <class Work>
  auto on_loop(Work work) {
    std::packaged_task<decltype(work())()> task(std::move(work));
    auto result = task.get_future();
    boost::asio::post(loop_, [&] { task(); });
    return result.get();
  }
  void publish(const Event& event) {
    on_loop([&] { events_.publish(event); });
  }
  std::size_t subscriptions() {
    return on_loop([&] { return events_.subscriptions(); });
  }

 private:
  std::filesystem::path directory_;
  boost::asio::io_context loop_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{loop_.get_executor()};
  script::ConfigPtr config_;
  std::unique_ptr<db::Database> db_;
  std::unique_ptr<logs::LogStore> logs_;
  std::unique_ptr<data::Api> api_;
  std::unique_ptr<data::Authz> authz_;
  RecordingControls controls_;
  data::EventBus events_;
  std::unique_ptr<http::Server> server_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

// As the master that made the golden database was configured, as far as the web server knows.
std::shared_ptr<script::Config> golden_config();

Json read_json_file(const std::filesystem::path& file);

}  // namespace kiln::testing
