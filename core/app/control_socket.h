// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "core/base/json.h"
#include "core/base/result.h"

namespace boost::asio {
class io_context;
}

namespace kiln::app {

// kilnbot.sock in the base directory (mode 0600): how commands reach the running master. A request is a line of JSON
// {"verb": ..., ...}, its answer a line {"result": ...} or {"error": text}, perhaps after lines {"progress": text}.
// Loop thread.
class ControlSocket {
 public:
  struct Question {
    std::string verb;
    JsonObject request;
    Reply<Json> reply;  // once, now or later
    std::function<void(const std::string&)> progress;
  };
  using Handler = std::function<void(Question)>;

  static Result<std::unique_ptr<ControlSocket>> open(boost::asio::io_context& context, std::filesystem::path path,
                                                     Handler handler);
  ~ControlSocket();  // removes the file
  ControlSocket(const ControlSocket&) = delete;
  ControlSocket& operator=(const ControlSocket&) = delete;

 private:
  struct Parts;
  explicit ControlSocket(std::shared_ptr<Parts> parts);
  std::shared_ptr<Parts> parts_;
};

struct AskOptions {
  std::chrono::seconds patience{10};  // without any answer or progress; 0: for ever
  std::function<void(const std::string&)> on_progress;
};
// Asks the master that listens in `basedir`; blocks. Errors: not_found when none listens there, timeout, peer_gone when
// it ends before it has answered.
Result<Json> ask_master(const std::filesystem::path& basedir, const JsonObject& request, const AskOptions& options = {});

}  // namespace kiln::app
