// SPDX-License-Identifier: MIT
#include "core/base/result.h"

#include <cstdlib>

#include "core/base/log.h"

namespace kiln {

const char* to_string(Errc code) {
  switch (code) {
    case Errc::not_found: return "not found";
    case Errc::conflict: return "conflict";
    case Errc::bad_input: return "bad input";
    case Errc::forbidden: return "forbidden";
    case Errc::peer_gone: return "peer gone";
    case Errc::timeout: return "timeout";
    case Errc::busy: return "busy";
    case Errc::broken: return "broken";
    case Errc::in_doubt: return "in doubt";
    case Errc::storage_full: return "storage full";
    case Errc::not_supported: return "not supported";
    case Errc::script: return "script";
    case Errc::cancelled: return "cancelled";
    case Errc::fatal: return "fatal";
  }
  return "unknown";
}

void throw_exception_from_error(const Error& error, const boost::source_location&) {
  throw ErrorException(error);
}

void check_failed(const char* condition, const std::source_location& where) {
  log_error("check failed: {} at {}:{}", condition, where.file_name(), where.line());
  std::abort();
}

}  // namespace kiln
