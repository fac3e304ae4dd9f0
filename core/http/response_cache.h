// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>

#include "core/http/message.h"
#include "core/script/config.h"

namespace kiln::http {

// Answers to repeated GETs, good as long as the database and the configuration stay as they were. Bounded: it starts
// anew when full. Loop thread.
class ResponseCache {
 public:
  struct Version {
    std::uint64_t data = 0;
    script::ConfigPtr config;
    friend bool operator==(const Version&, const Version&) = default;
  };
  // Null when there is none of that version.
  const Response* find(const std::string& key, const Version& version);
  // `version`: from before the answer was read.
  void add(const std::string& key, const Version& version, const Response& response);

 private:
  void clear();

  Version version_;
  std::unordered_map<std::string, Response> responses_;
  std::size_t bytes_ = 0;
};

}  // namespace kiln::http
