// SPDX-License-Identifier: MIT
#include "core/db/log_store.h"

namespace kiln::db {

Result<Written> apply(WriteContext& context, const writes::AddLog& write) {
  static const Sql sql =
      lasting_insert("logs", "id", "name, slug, stepid, complete, num_lines, type", "?, ?, ?, 0, 0, ?");
  const char type = static_cast<char>(write.type);
  KILN_TRY(const auto id, insert(context.connection, sql.of(context.connection), write.name, write.slug,
                                 context.id(write.step), std::string_view(&type, 1)));
  return Written{.id = id, .number = 0, .ok = true, .child_ids = {}};
}

Result<Written> apply(WriteContext& context, const writes::SetLogLines& write) {
  return written(context.connection.run("UPDATE logs SET num_lines = ? WHERE id = ?", write.num_lines,
                                        context.id(write.log)));
}

Result<Written> apply(WriteContext& context, const writes::FinishLog& write) {
  return written(context.connection.run("UPDATE logs SET complete = 1, num_lines = ? WHERE id = ?", write.num_lines,
                                        context.id(write.log)));
}

}  // namespace kiln::db
