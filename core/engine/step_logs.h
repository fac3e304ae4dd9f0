// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/secrets.h"
#include "core/engine/kernel.h"
#include "core/model/log_chunk.h"
#include "core/model/unit.h"
#include "core/wire/line_splitter.h"

namespace kiln::engine {

// The logs of one step: text in, whole lines to the log store and to watchers, rows and events. Loop thread. Owned by
// its StepRun, which `keep_alive` holds while a unit of work is on its way.
class StepLogs {
 public:
  using Watcher = std::function<void(LogChunkPtr)>;
  using KeepAlive = std::function<std::shared_ptr<void>()>;

  // All are read when they are needed: ids may be unknown at first, secrets may come later.
  StepLogs(Kernel& kernel, const Secrets& secrets, const BuildId& build, const StepId& step, KeepAlive keep_alive);
  ~StepLogs();

  void write_add(Unit& unit, RowRef<StepId> step, std::string name, LogType type, Reply<Log> reply);
  // A log that has all its text after the commit.
  void write_text(Unit& unit, RowRef<StepId> step, std::string name, LogType type, std::string text);
  // The logs err.text and err.html, which tell what was raised.
  void write_error(Unit& unit, RowRef<StepId> step, const std::string& error);
  bool has(LogId log) const { return find(log) != nullptr; }
  // False: no such log, or it is closed.
  bool append(LogId log, char stream, std::string_view text);
  // Ends incomplete lines.
  void flush_lines(LogId log);
  void watch(LogId log, Watcher watcher);
  // No more text: watchers are told. The row is not finished yet.
  void close(LogId log);
  void close_all();
  // Some log's row is not committed yet: it cannot be closed.
  bool is_adding() const;
  // Of logs that are closed: writes their FinishLog and, after the commit, their last events.
  void write_finish(Unit& unit, LogId log);
  void write_finish_all(Unit& unit);
  // Something was appended since the last call.
  bool take_unflushed();

 private:
  struct OpenLog;
  OpenLog* find(LogId log) const;
  void emit(OpenLog& log, char stream, std::string_view lines);
  void take_chunk(OpenLog& log);
  void announce_lines(OpenLog& log);
  void store_lines(OpenLog& log, std::int64_t lines);

  Kernel& kernel_;
  const Secrets& secrets_;
  const BuildId& build_;
  const StepId& step_;
  KeepAlive keep_alive_;
  std::vector<std::unique_ptr<OpenLog>> logs_;
  std::vector<std::string> slugs_;
  bool unflushed_ = false;
};

}  // namespace kiln::engine
