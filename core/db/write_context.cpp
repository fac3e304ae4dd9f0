// SPDX-License-Identifier: MIT
#include "core/db/write_context.h"

#include <fmt/format.h>

#include <variant>

#include "core/db/build_store.h"
#include "core/db/buildset_store.h"
#include "core/db/change_store.h"
#include "core/db/config_store.h"
#include "core/db/log_store.h"
#include "core/db/master_store.h"
#include "core/db/request_store.h"
#include "core/db/scheduler_store.h"
#include "core/db/state_store.h"
#include "core/db/step_store.h"
#include "core/db/test_result_store.h"
#include "core/db/worker_store.h"

namespace kiln::db {

Sql lasting_insert(std::string_view table, std::string_view id_column, std::string_view columns,
                   std::string_view values) {
  const auto with_id = [&](std::string_view id) {
    return fmt::format("INSERT INTO {} ({}, {}) VALUES ({}, {}) RETURNING {}", table, id_column, columns, id, values,
                       id_column);
  };
  return {with_id(fmt::format("(SELECT max(coalesce((SELECT max({1}) FROM {0}), 0), "
                              "coalesce((SELECT high FROM kiln_ids WHERE name = '{0}'), 0)) + 1)",
                              table, id_column)),
          with_id("DEFAULT")};
}

Result<void> apply_write(WriteContext& context, const Write& write) {
  KILN_TRY(Written done, std::visit([&](const auto& one) { return apply(context, one); }, write));
  context.done.push_back(std::move(done));
  return {};
}

}  // namespace kiln::db
