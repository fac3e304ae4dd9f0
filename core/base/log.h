// SPDX-License-Identifier: MIT
#pragma once

#include <fmt/format.h>

#include <filesystem>
#include <string>
#include <string_view>

namespace kiln {

enum class LogLevel { debug, info, warning, error };

// Where the master's own log lines go. Thread-safe. A line is
// `2026-11-21 12:00:00+0000 [system] text`, the form that tools reading twistd.log expect.
void log_line(LogLevel level, std::string_view text, std::string_view system = "-");

// Sends log lines to `file` from now on (default: standard error). The file is renamed to `.1`, `.2` ... when
// it would exceed `max_bytes` (0: never); at most `max_files` old ones are kept (negative: all of them).
void log_to_file(const std::filesystem::path& file, std::size_t max_bytes, int max_files);

template <class... Args>
void log_debug(fmt::format_string<Args...> format, Args&&... args) {
  log_line(LogLevel::debug, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void log_info(fmt::format_string<Args...> format, Args&&... args) {
  log_line(LogLevel::info, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void log_warning(fmt::format_string<Args...> format, Args&&... args) {
  log_line(LogLevel::warning, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void log_error(fmt::format_string<Args...> format, Args&&... args) {
  log_line(LogLevel::error, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace kiln
