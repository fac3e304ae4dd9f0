// SPDX-License-Identifier: MIT
#include "bench/swarm/script.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <random>
#include <stdexcept>

namespace kiln::swarm {
namespace {

constexpr std::size_t pool_size = std::size_t(1) << 20;

// About 1 MiB of text like a build's log, always the same.
std::string make_pool() {
  constexpr std::size_t width = 100;
  constexpr std::array words{"gcc",  "-c",      "-O2",      "-Wall", "src",    "lib",     "core",   "net",
                             "util", "main",    "test",     "note",  "unused", "linking", "object", "include",
                             "ok",   "warning", "variable", "in",    "passed", "failed",  "target", "function"};
  std::mt19937 random(7);
  std::string pool;
  for (int number = 1; pool.size() < pool_size; ++number) {
    std::string line = fmt::format("[{:6}]", number);
    for (int i = 0; i < 12; ++i) line += fmt::format(" {}", words[random() % words.size()]);
    line += fmt::format(" {:08x}", random());
    line.resize(width - 1, '.');
    pool += line + '\n';
  }
  return pool;
}

const std::string& pool() {
  static const std::string text = make_pool();
  return text;
}

std::string header_of(const std::string& argv) {
  return fmt::format(
      "{0}\n in dir /srv/worker/build (timeout 1200 secs)\n watching logfiles {{}}\n argv: {0}\n environment:\n"
      "  HOME=/srv/worker\n  LANG=C.UTF-8\n  PATH=/usr/local/bin:/usr/bin:/bin\n  PWD=/srv/worker/build\n"
      " using PTY: False\n",
      argv);
}

double number_in(std::string_view word, std::string_view value) {
  try {
    return std::stod(std::string(value));
  } catch (const std::logic_error&) {
    throw std::runtime_error(fmt::format("'{}' has no number", word));
  }
}

}  // namespace

Script::Script(const std::vector<std::string>& words) : header(header_of(fmt::format("{}", fmt::join(words, " ")))) {
  if (words.empty() || words.front() != "replay") return;
  std::size_t line_count = 0;
  std::size_t width = 60;
  for (const std::string& word : words) {
    const auto equals = word.find('=');
    if (equals == std::string::npos) continue;
    const std::string_view key = std::string_view(word).substr(0, equals);
    const double value = number_in(word, std::string_view(word).substr(equals + 1));
    if (key == "bytes") bytes = static_cast<std::size_t>(value);
    if (key == "chunk") chunk = std::clamp<std::size_t>(static_cast<std::size_t>(value), 1, pool_size);
    if (key == "rate") rate = value;
    if (key == "sleep") sleep = value;
    if (key == "rc") rc = static_cast<std::int64_t>(value);
    if (key == "lines") line_count = static_cast<std::size_t>(value);
    if (key == "width") width = std::max<std::size_t>(static_cast<std::size_t>(value), 6);
  }
  for (std::size_t i = 0; i < line_count; ++i) {
    std::string line = fmt::format("{:04} ", i);
    line.resize(width - 1, 'x');
    lines += line + '\n';
  }
}

std::string_view Script::text_at(std::size_t sent) const {
  const std::size_t start = sent % pool().size();
  return std::string_view(pool()).substr(start, std::min(chunk, bytes - sent));
}

}  // namespace kiln::swarm
