// SPDX-License-Identifier: MIT
#include "core/db/scheduler_store.h"

namespace kiln::db {

Result<Written> apply(WriteContext& context, const writes::SetSchedulerEnabled& write) {
  return written(
      context.connection.run("UPDATE schedulers SET enabled = ? WHERE id = ?", write.enabled, write.scheduler));
}

}  // namespace kiln::db
