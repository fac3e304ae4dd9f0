// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/script/template.h"

// What a parsed Interpolate format consists of. Private to the parser and the evaluation.
namespace kiln::script {

// What stands after the closing bracket, as in Python's % operator: [-][width][.precision]type.
struct Conversion {
  bool left = false;
  std::size_t width = 0;
  std::optional<std::size_t> precision;
  char type = 's';  // s, r or a
};

struct Field {
  enum class Selector { property, keyword, source, worker, secret };
  enum class Modifier { if_missing, if_false, if_present, ternary_present, ternary_true };

  Selector selector = Selector::property;
  std::string codebase;  // source only
  std::string name;
  Modifier modifier = Modifier::if_missing;
  std::shared_ptr<const Interpolation> text;       // null: empty
  std::shared_ptr<const Interpolation> otherwise;  // of the two ternaries
  Conversion conversion;
};

using Piece = std::variant<std::string, Field>;

struct Interpolation::Parts {
  std::vector<Piece> pieces;
  std::vector<std::string> property_names;
  std::vector<std::string> keyword_names;
  std::size_t shortest_length = 0;  // in bytes
};

}  // namespace kiln::script
