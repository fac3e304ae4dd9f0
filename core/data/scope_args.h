// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "core/data/endpoint.h"
#include "core/db/scopes.h"

// What a path's variable elements mean as scopes of db queries.
namespace kiln::data {

template <class IdType>
std::optional<IdType> id_arg(const PathArgs& args, std::string_view name) {
  const auto number = args.number(name);
  return number ? std::optional(IdType(*number)) : std::nullopt;
}

std::optional<std::string> text_arg(const PathArgs& args, std::string_view name);

db::BuildPath build_path(const PathArgs& args);
db::StepScope step_scope(const PathArgs& args);
db::LogScope log_scope(const PathArgs& args);
db::WorkerScope worker_scope(const PathArgs& args);

}  // namespace kiln::data
