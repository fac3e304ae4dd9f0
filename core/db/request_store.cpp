// SPDX-License-Identifier: MIT
#include "core/db/request_store.h"

namespace kiln::db {

Result<Written> apply(WriteContext& context, const writes::ClaimRequests& write) {
  std::vector<RequestId> claimed;
  for (const RequestId request : write.requests) {
    KILN_TRY(const auto made,
             context.connection.run("INSERT INTO buildrequest_claims (brid, masterid, claimed_at) "
                                    "SELECT id, CAST(? AS INTEGER), CAST(? AS INTEGER) FROM buildrequests WHERE id = ? "
                                    "ON CONFLICT DO NOTHING",
                                    context.master, write.claimed_at, request));
    if (made == 0) break;
    claimed.push_back(request);
  }
  if (claimed.size() == write.requests.size()) return Written{};
  for (const RequestId request : claimed) {
    KILN_TRY_VOID(context.connection.run("DELETE FROM buildrequest_claims WHERE brid = ? AND masterid = ?", request,
                                         context.master));
  }
  return Written{.id = 0, .number = 0, .ok = false, .child_ids = {}};
}

Result<Written> apply(WriteContext& context, const writes::UnclaimRequests& write) {
  for (const RequestId request : write.requests) {
    KILN_TRY_VOID(context.connection.run("DELETE FROM buildrequest_claims WHERE brid = ? AND masterid = ?", request,
                                         context.master));
  }
  return Written{};
}

Result<Written> apply(WriteContext& context, const writes::CompleteRequests& write) {
  Written done;
  for (const RequestId request : write.requests) {
    KILN_TRY(const auto changed,
             context.connection.run("UPDATE buildrequests SET complete = 1, results = ?, complete_at = ? "
                                    "WHERE id = ? AND coalesce(complete, 0) <> 1",
                                    write.results, write.complete_at, request));
    if (changed > 0) done.child_ids.push_back(request.value);
  }
  return done;
}

Result<Written> apply(WriteContext& context, const writes::SetRequestPriority& write) {
  return written(
      context.connection.run("UPDATE buildrequests SET priority = ? WHERE id = ?", write.priority, write.request));
}

}  // namespace kiln::db
