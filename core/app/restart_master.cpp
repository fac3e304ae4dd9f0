// SPDX-License-Identifier: MIT
#include "core/app/restart_master.h"

#include <fmt/format.h>

#include <cstdio>

#include "core/app/stop_master.h"

namespace kiln::app {

int restart_master(const Restart& options, const MakeRuntime& make_runtime) {
  const Stop stop{.basedir = options.start.basedir, .quiet = options.start.quiet, .clean = options.clean};
  if (const auto stopped = stop_master(stop); !stopped) {
    fmt::print(stderr, "{}\n", stopped.error().what);
    return 1;
  }
  return start_master(options.start, make_runtime);
}

}  // namespace kiln::app
