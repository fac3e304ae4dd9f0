// SPDX-License-Identifier: MIT
#include "core/http/failed_logins.h"

#include <algorithm>

namespace kiln::http {
namespace {

constexpr std::size_t max_name_bytes = 200;  // of a name that somebody made up

std::string key_of(const std::string& address, const std::string& name) {
  return address + '\n' + name.substr(0, max_name_bytes);
}

}  // namespace

std::chrono::seconds FailedLogins::wait_of(const std::string& key, int limit, Time now) const {
  const auto found = counts_.find(key);
  if (found == counts_.end() || found->second.tries < limit) return std::chrono::seconds(0);
  const auto left = found->second.since + limits_.window - now;
  return std::max(std::chrono::seconds(0), std::chrono::ceil<std::chrono::seconds>(left));
}

std::chrono::seconds FailedLogins::wait(const std::string& address, const std::string& name, Time now) const {
  return std::max(wait_of(key_of(address, name), limits_.for_name, now),
                  wait_of(address, limits_.for_address, now));
}

void FailedLogins::begin(const std::string& address, const std::string& name, Time now) {
  add(key_of(address, name), now);
  add(address, now);
}

void FailedLogins::add(const std::string& key, Time now) {
  const auto [entry, is_new] = counts_.try_emplace(key, Count{now, 0});
  Count& count = entry->second;
  if (now - count.since >= limits_.window) count = {now, 0};
  ++count.tries;
  if (is_new && counts_.size() > limits_.entries) forget_oldest();
}

void FailedLogins::succeeded(const std::string& address, const std::string& name) {
  counts_.erase(key_of(address, name));
  const auto found = counts_.find(address);
  if (found != counts_.end() && --found->second.tries <= 0) counts_.erase(found);
}

void FailedLogins::forget_oldest() {
  const auto oldest = std::min_element(counts_.begin(), counts_.end(), [](const auto& a, const auto& b) {
    return a.second.since < b.second.since;
  });
  counts_.erase(oldest);
}

}  // namespace kiln::http
