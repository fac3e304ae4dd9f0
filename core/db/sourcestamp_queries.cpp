// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include "core/base/base64.h"
#include "core/db/covers.h"
#include "core/db/sourcestamp_store.h"

namespace kiln::db {
namespace {

constexpr bool nullable = true;
constexpr std::array fields{
    Field{"ssid", FieldKind::integer, "ss.id"},
    Field{"revision", FieldKind::text, "ss.revision", nullable},
    Field{"branch", FieldKind::text, "ss.branch", nullable},
    Field{"repository", FieldKind::text, "ss.repository"},
    Field{"project", FieldKind::text, "ss.project"},
    Field{"codebase", FieldKind::text, "ss.codebase"},
    Field{"created_at", FieldKind::integer, "ss.created_at"},
};
static_assert(covers<SourceStamp>(fields));

constexpr Entity entity{
    .columns = sourcestamp_columns,
    .from = "sourcestamps ss LEFT JOIN patches pa ON pa.id = ss.patchid",
    .id = "ss.id",
    .fields = fields,
    .paging = Paging::in_memory,
};

}  // namespace

SourceStamp sourcestamp_of(const Row& row, int first_column) {
  const int first = first_column;
  SourceStamp stamp;
  stamp.id = SourceStampId(row.integer(first));
  stamp.branch = row.optional_text(first + 1);
  stamp.revision = row.optional_text(first + 2);
  stamp.repository = row.text(first + 3);
  stamp.project = row.text(first + 4);
  stamp.codebase = row.text(first + 5);
  stamp.created_at = row.integer(first + 6);
  if (row.is_null(first + 7)) return stamp;
  Patch& patch = stamp.patch.emplace();
  patch.id = PatchId(row.integer(first + 7));
  patch.level = static_cast<int>(row.integer(first + 8));
  patch.subdir = row.text(first + 9);
  patch.author = row.text(first + 10);
  patch.comment = row.text(first + 11);
  patch.body = from_loose_base64(row.view(first + 12));
  return stamp;
}

Result<Rows<SourceStamp>> query_sourcestamps(Connection& connection, const SourceStampScope& scope,
                                             const ResultSpec& spec) {
  Select select(connection, entity);
  if (scope.id) select.where("ss.id = ?", *scope.id);
  if (scope.buildset) {
    select.where("ss.id IN (SELECT sb.sourcestampid FROM buildset_sourcestamps sb WHERE sb.buildsetid = ?)",
                 *scope.buildset);
  }
  KILN_TRY_VOID(select.apply(spec));
  return select.rows(connection, [](const Row& row) { return sourcestamp_of(row, 0); });
}

}  // namespace kiln::db
