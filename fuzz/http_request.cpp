// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "core/base/glob.h"
#include "core/http/change_hook.h"
#include "core/http/compress.h"
#include "core/http/origin.h"
#include "core/http/request_reader.h"
#include "core/data/endpoint.h"
#include "core/data/result_spec_args.h"

using namespace kiln;

// Bytes of a connection, cut as the first byte says, through the reader and everything that looks at a request.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::size_t piece = std::size_t{data[0]} + 1;
  std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  http::RequestReader reader({.header_bytes = 4096, .body_bytes = 4096});
  while (!bytes.empty()) {
    const std::size_t length = std::min(piece, bytes.size());
    reader.feed(bytes.substr(0, length));
    bytes.remove_prefix(length);
    reader.take_wants_continue();
    while (true) {
      const http::RequestReader::Step step = reader.next();
      if (step.failure) return 0;
      if (!step.request) break;
      if (step.request->path.empty() || step.request->body.size() > 4096) std::abort();
      (void)http::parse_base_change(*step.request);
      (void)http::choose_encoding(step.request->header("accept-encoding"));
      (void)matches_glob(step.request->query, step.request->target);
      const auto match = data::match_endpoint(step.request->path);
      if (match.has_error()) continue;
      (void)match->endpoint->not_found_text(match->args);
      (void)data::parse_result_spec(http::parse_query(step.request->query),
                                    {match->endpoint->fields, match->endpoint->kind == data::EndpointKind::collection});
    }
  }
  return 0;
}
