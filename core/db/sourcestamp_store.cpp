// SPDX-License-Identifier: MIT
#include "core/db/sourcestamp_store.h"

#include "core/base/base64.h"
#include "core/db/hash.h"

namespace kiln::db {
namespace {

Result<PatchId> add_patch(Connection& connection, const Patch& patch) {
  KILN_TRY(const auto id,
           insert(connection,
                  "INSERT INTO patches (patchlevel, patch_base64, patch_author, patch_comment, subdir) "
                  "VALUES (?, ?, ?, ?, ?) RETURNING id",
                  patch.level, to_base64(patch.body), patch.author, patch.comment, patch.subdir));
  return PatchId(id);
}

}  // namespace

Result<SourceStampId> find_or_add_sourcestamp(WriteContext& context, const SourceStamp& stamp) {
  Connection& connection = context.connection;
  std::optional<PatchId> patch;
  if (stamp.patch) {
    if (stamp.patch->id) {
      patch = stamp.patch->id;
    } else {
      KILN_TRY(patch, add_patch(connection, *stamp.patch));
    }
  }
  const std::string hash = sourcestamp_hash(stamp, patch);
  const auto fitted = [&](const std::optional<std::string>& text) {
    return text ? std::optional(connection.fit(*text, 256)) : std::nullopt;
  };
  KILN_TRY(const auto id, find_or_add([&] { return connection.integer("SELECT id FROM sourcestamps WHERE ss_hash = ?", hash); },
                                      [&] {
                                        return connection.integer(
                                            "INSERT INTO sourcestamps (ss_hash, branch, revision, patchid, repository, "
                                            "codebase, project, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?) "
                                            "ON CONFLICT DO NOTHING RETURNING id",
                                            hash, fitted(stamp.branch), fitted(stamp.revision), patch,
                                            connection.fit(stamp.repository, 512), connection.fit(stamp.codebase, 256),
                                            connection.fit(stamp.project, 512), context.now);
                                      }));
  return SourceStampId(id);
}

}  // namespace kiln::db
