// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace kiln::testing {

// A PostgreSQL of our own in a temporary directory, on a Unix socket only. Started when first asked for, stopped at the
// end of the run. Throws std::runtime_error with what is missing: the tests fail without it, on purpose.
class PostgresCluster {
 public:
  static PostgresCluster& instance();
  ~PostgresCluster();
  PostgresCluster(const PostgresCluster&) = delete;
  PostgresCluster& operator=(const PostgresCluster&) = delete;

  // The url of a new empty database.
  std::string new_database();
  std::string url_of(const std::string& database) const;

 private:
  PostgresCluster();
  void start_server();
  void wait_until_ready();

  std::string directory_;
  int server_pid_ = -1;
  int databases_ = 0;
};

}  // namespace kiln::testing
