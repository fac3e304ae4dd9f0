// SPDX-License-Identifier: MIT
#include "core/script/runtime.h"

#include <fmt/format.h>

namespace kiln::script {

std::string to_text(const ConfigProblem& problem) {
  std::string text = problem.file;
  if (problem.line > 0) text += fmt::format(":{}", problem.line);
  if (!text.empty()) text += ": ";
  if (!problem.object.empty()) text += problem.object + ": ";
  return text + problem.what;
}

}  // namespace kiln::script
