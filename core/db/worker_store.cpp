// SPDX-License-Identifier: MIT
#include "core/db/worker_store.h"

namespace kiln::db {

Result<Written> apply(WriteContext& context, const writes::WorkerConnected& write) {
  Connection& connection = context.connection;
  KILN_TRY_VOID(connection.run("UPDATE workers SET info = ?, graceful = 0 WHERE id = ?", dump_json_spaced(write.info),
                               write.worker));
  return written(connection.run(
      "INSERT INTO connected_workers (masterid, workerid) VALUES (?, ?) ON CONFLICT DO NOTHING", context.master,
      write.worker));
}

Result<Written> apply(WriteContext& context, const writes::WorkerDisconnected& write) {
  return written(context.connection.run("DELETE FROM connected_workers WHERE masterid = ? AND workerid = ?",
                                        context.master, write.worker));
}

Result<Written> apply(WriteContext& context, const writes::SetWorkerState& write) {
  return written(context.connection.run("UPDATE workers SET paused = ?, pause_reason = ?, graceful = ? WHERE id = ?",
                                        write.paused, write.pause_reason, write.graceful, write.worker));
}

}  // namespace kiln::db
