// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <string>

namespace kiln::http {

// How often somebody gave a wrong password lately: by address and name, so that those behind one proxy do not lock
// each other out, and by address. Bounded: the oldest is forgotten. Knows no clock. Loop thread.
class FailedLogins {
 public:
  using Time = std::chrono::steady_clock::time_point;
  struct Limits {
    int for_name = 10;
    int for_address = 100;
    std::chrono::seconds window{60};
    std::size_t entries = 10'000;
  };
  explicit FailedLogins(Limits limits) : limits_(limits) {}

  // How long to wait before the next try is looked at; 0: not at all.
  std::chrono::seconds wait(const std::string& address, const std::string& name, Time now) const;
  // A try begins: it counts as failed until it is known to be right, so that many at once gain nothing.
  void begin(const std::string& address, const std::string& name, Time now);
  void succeeded(const std::string& address, const std::string& name);

  std::size_t size() const { return counts_.size(); }

 private:
  struct Count {
    Time since;
    int tries = 0;
  };
  void add(const std::string& key, Time now);
  void forget_oldest();
  std::chrono::seconds wait_of(const std::string& key, int limit, Time now) const;

  Limits limits_;
  std::map<std::string, Count> counts_;
};

}  // namespace kiln::http
