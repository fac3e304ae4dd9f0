// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/wire/jelly.h"

namespace kiln::wire {

// Exception classes whose dotted names both sides of a connection act upon.
constexpr std::string_view unauthorized_login_type = "twisted.cred.error.UnauthorizedLogin";
constexpr std::string_view no_such_method_type = "twisted.spread.flavors.NoSuchMethod";
constexpr std::string_view attribute_error_type = "builtins.AttributeError";
constexpr std::string_view runtime_error_type = "builtins.RuntimeError";

struct PbFrame {
  std::string function;
  std::string file;
  std::int64_t line = 0;
};

// A Python exception as the answer of a call.
struct PbFailure {
  std::string type = {};                  // dotted class name
  std::string value = {};                 // str(exception)
  std::vector<std::string> parents = {};  // dotted names of the class itself and all its bases
  std::string traceback = {};
  std::vector<PbFrame> frames = {};
  std::int64_t count = 0;  // running number of failures in the sender
  bool has_unsafe_traceback = false;

  // True when the exception is of this class or derived from it.
  bool is(std::string_view dotted_class) const;
};

// A failure to send; the bases are added for the types that peers check for, else Exception's.
PbFailure make_failure(std::string_view type, std::string_view value);

Jelly to_jelly(const PbFailure& failure);
// Errors: bad_input when the instance is not a failure. Missing parts stay empty.
Result<PbFailure> read_failure(const Jelly& jelly);

}  // namespace kiln::wire
