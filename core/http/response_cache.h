// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
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
    // Weak: what is remembered here keeps no configuration, with all its Python objects, alive. One that has ended is
    // still told apart from each that comes later.
    std::weak_ptr<const script::Config> config;
    friend bool operator==(const Version& a, const Version& b) {
      return a.data == b.data && !a.config.owner_before(b.config) && !b.config.owner_before(a.config);
    }
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
