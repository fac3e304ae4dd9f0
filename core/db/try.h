// SPDX-License-Identifier: MIT
#pragma once

#include <utility>

// Every SQL call can fail, so these two keep the stores readable. `declaration` gets the value; an error returns from
// the function.
#define KILN_DB_JOIN2(a, b) a##b
#define KILN_DB_JOIN(a, b) KILN_DB_JOIN2(a, b)
#define KILN_TRY(declaration, expression)                                                    \
  auto KILN_DB_JOIN(kiln_result_, __LINE__) = (expression);                                  \
  if (KILN_DB_JOIN(kiln_result_, __LINE__).has_error()) {                                    \
    return std::move(KILN_DB_JOIN(kiln_result_, __LINE__)).error();                          \
  }                                                                                          \
  declaration = *std::move(KILN_DB_JOIN(kiln_result_, __LINE__))
#define KILN_TRY_VOID(expression)                                                            \
  do {                                                                                       \
    if (auto kiln_result = (expression); kiln_result.has_error()) return kiln_result.error(); \
  } while (false)
