// SPDX-License-Identifier: MIT
#pragma once

#include <boost/asio/io_context.hpp>
#include <catch2/catch_test_macros.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/engine/worker_link.h"
#include "core/session/worker_port.h"
#include "tests/support/result_text.h"

namespace kiln::session {

// A gate that behaves as the engine does: knows workers and builders, keeps the attached links.
class FakeGate : public engine::WorkerGate {
 public:
  std::map<std::string, std::string> passwords;
  std::vector<engine::BuilderDir> builder_list{{"main", "bd-main"}};
  std::map<std::string, std::shared_ptr<engine::WorkerLink>> links;
  std::vector<std::string> events;  // "attach w", "detach w", "shutdown w"

  std::optional<std::string> password(const std::string& worker) const override {
    const auto found = passwords.find(worker);
    return found == passwords.end() ? std::nullopt : std::optional(found->second);
  }
  std::shared_ptr<engine::WorkerLink> attached(const std::string& worker) const override {
    const auto found = links.find(worker);
    return found == links.end() ? nullptr : found->second;
  }
  std::vector<engine::BuilderDir> builders(const std::string&) const override { return builder_list; }
  void attach(const std::string& worker, std::shared_ptr<engine::WorkerLink> link) override {
    REQUIRE(links.emplace(worker, std::move(link)).second);
    events.push_back("attach " + worker);
  }
  void detach(const std::string& worker, const std::shared_ptr<engine::WorkerLink>& link) override {
    REQUIRE(attached(worker) == link);
    links.erase(worker);
    events.push_back("detach " + worker);
  }
  void shutdown_requested(const std::string& worker) override { events.push_back("shutdown " + worker); }
};

// What a command told, each event as one line.
class RecordingSink : public engine::CommandSink {
 public:
  std::vector<std::string> events;
  std::map<std::string, std::string> texts;  // by stream letter or log file name
  std::map<std::string, Json> updates;
  std::optional<std::string> failure;
  bool is_complete = false;
  bool is_lost = false;

  bool is_over() const { return is_complete || is_lost; }

  void on_output(char stream, std::string_view text) override { add_text(std::string(1, stream), text); }
  void on_log_file(std::string_view name, std::string_view text) override { add_text("log " + std::string(name), text); }
  void on_update(std::string_view key, const Json& value) override {
    REQUIRE_FALSE(is_over());
    events.push_back(std::string(key) + " " + dump_json(value));
    updates[std::string(key)] = value;
  }
  void on_complete(std::optional<std::string> failure_text) override {
    REQUIRE_FALSE(is_over());
    is_complete = true;
    failure = std::move(failure_text);
    events.push_back("complete");
  }
  void on_lost() override {
    REQUIRE_FALSE(is_over());
    is_lost = true;
    events.push_back("lost");
  }

 private:
  void add_text(const std::string& key, std::string_view text) {
    REQUIRE_FALSE(is_over());
    events.push_back(key + " " + std::string(text));
    texts[key] += text;
  }
};

// A port on 127.0.0.1, its gate, and the loop that both run on: the test's thread.
class PortFixture {
 public:
  PortFixture() { gate.passwords = {{"w", "secret"}, {"v", "secret"}}; }
  ~PortFixture() { close(); }

  void open(WorkerPort::Options options = {}, std::uint16_t number = 0,
            WorkerProtocol protocol = WorkerProtocol::pb) {
    port = std::make_unique<WorkerPort>(io.get_executor(), gate, options);
    net::Endpoint endpoint = net::parse_endpoint("tcp:0:interface=127.0.0.1").value();
    endpoint.port = number;
    port_number = port->start(endpoint, protocol).value().port;
  }

  void close() {
    port.reset();
    io.restart();
    io.poll();
  }

  void run_until(const std::function<bool()>& is_done, std::chrono::seconds limit = std::chrono::seconds(20)) {
    const auto deadline = std::chrono::steady_clock::now() + limit;
    while (!is_done()) {
      if (std::chrono::steady_clock::now() >= deadline) FAIL("what was waited for did not happen");
      io.restart();
      io.run_one_for(std::chrono::milliseconds(100));
    }
  }

  // The reply of one verb.
  Result<> wait_for(const std::function<void(Reply<>)>& ask) {
    const auto answer = std::make_shared<std::optional<Result<>>>();
    ask([answer](Result<> result) { *answer = std::move(result); });
    run_until([&] { return answer->has_value(); });
    return **answer;
  }

  std::shared_ptr<engine::WorkerLink> link(const std::string& worker = "w") const { return gate.attached(worker); }

  boost::asio::io_context io;
  FakeGate gate;
  std::unique_ptr<WorkerPort> port;
  std::uint16_t port_number = 0;
};

}  // namespace kiln::session
