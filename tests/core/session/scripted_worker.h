// SPDX-License-Identifier: MIT
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/json.h"
#include "core/session/worker_port.h"

namespace kiln::session {

// What tests of all links want of a worker, whatever it speaks. Commands are counted in order of arrival.
class ScriptedWorker {
 public:
  struct Habits {
    std::string name = "w";
    std::string password = "secret";
    bool answers_prints = true;
    std::string start_failure = "";
  };
  virtual ~ScriptedWorker() = default;

  virtual std::vector<std::string> prints() const = 0;
  virtual std::size_t command_count() const = 0;
  virtual std::string command(std::size_t index) const = 0;  // "main 0 shell"
  virtual std::size_t interrupts() const = 0;
  virtual std::size_t shutdowns() const = 0;
  // The answers to its own calls: "none", or the bytes of a read.
  virtual std::vector<std::string> answers() const = 0;
  virtual std::vector<std::string> failures() const = 0;
  virtual bool is_refused() const = 0;
  virtual bool is_closed() const = 0;

  virtual void output(std::size_t command, const std::string& stream, const std::string& text) = 0;
  virtual void log_output(std::size_t command, const std::string& name, const std::string& text) = 0;
  virtual void update(std::size_t command, const std::string& key, const Json& value) = 0;
  virtual void complete(std::size_t command) = 0;
  virtual void write(std::size_t command, const std::string& bytes) = 0;
  virtual void read(std::size_t command, std::int64_t length) = 0;
  virtual void close_file(std::size_t command, bool is_download) = 0;
  virtual void set_times(std::size_t command, double accessed, double modified) = 0;
  virtual void unpack(std::size_t command) = 0;
  virtual void send_garbage() = 0;
  virtual void disconnect() = 0;
};

std::unique_ptr<ScriptedWorker> connect_worker(WorkerProtocol protocol, boost::asio::io_context& io,
                                               std::uint16_t port, ScriptedWorker::Habits habits);

}  // namespace kiln::session
