// SPDX-License-Identifier: MIT
#pragma once

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
// {"verb": ..., ...}, its answer a line {"result": ...} or {"error": text}. Loop thread.
class ControlSocket {
 public:
  using Handler = std::function<Result<Json>(const std::string& verb, const JsonObject& request)>;

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

// Asks the master that listens in `basedir`; blocks for up to 10 s. Errors: not_found when none listens there.
Result<Json> ask_master(const std::filesystem::path& basedir, const JsonObject& request);

}  // namespace kiln::app
