// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "bindings/values.h"
#include "core/script/locks.h"

// Locks as pylib's _view_locks.py gives them: (is of workers, name, places, places by worker), and accesses, which have
// two parts more: exclusive, count. With the GIL; all raise error_already_set.
namespace kiln::bindings {

inline script::Lock to_lock(const py::sequence& parts) {
  script::Lock lock;
  lock.kind = is_true(py::object(parts[0])) ? script::Lock::Kind::worker : script::Lock::Kind::master;
  lock.name = to_text(py::object(parts[1]));
  lock.max_count = py::object(parts[2]).cast<std::int64_t>();
  for (const auto& [worker, places] : py::cast<py::dict>(py::object(parts[3]))) {
    lock.max_count_for_worker[to_text(worker)] = places.cast<std::int64_t>();
  }
  return lock;
}

inline std::vector<script::Lock> to_locks(py::handle values) {
  std::vector<script::Lock> locks;
  for (const py::handle value : values) locks.push_back(to_lock(py::cast<py::sequence>(value)));
  return locks;
}

inline script::LockAccesses to_accesses(py::handle values) {
  script::LockAccesses accesses;
  for (const py::handle value : values) {
    const auto parts = py::cast<py::sequence>(value);
    accesses.push_back({to_lock(parts), is_true(py::object(parts[4])), py::object(parts[5]).cast<std::int64_t>()});
  }
  return accesses;
}

}  // namespace kiln::bindings
