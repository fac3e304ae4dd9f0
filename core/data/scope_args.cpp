// SPDX-License-Identifier: MIT
#include "core/data/scope_args.h"

namespace kiln::data {

std::optional<std::string> text_arg(const PathArgs& args, std::string_view name) {
  const std::string* text = args.text(name);
  return text == nullptr ? std::nullopt : std::optional(*text);
}

db::BuildPath build_path(const PathArgs& args) {
  return {.id = id_arg<BuildId>(args, "buildid"),
          .builder = id_arg<BuilderId>(args, "builderid"),
          .builder_name = text_arg(args, "buildername"),
          .number = args.number("build_number")};
}

db::StepScope step_scope(const PathArgs& args) {
  return {.id = id_arg<StepId>(args, "stepid"),
          .build = build_path(args),
          .number = args.number("step_number"),
          .name = text_arg(args, "step_name")};
}

db::LogScope log_scope(const PathArgs& args) {
  return {.id = id_arg<LogId>(args, "logid"), .step = step_scope(args), .slug = text_arg(args, "log_slug")};
}

db::WorkerScope worker_scope(const PathArgs& args) {
  return {.id = id_arg<WorkerId>(args, "workerid"),
          .name = text_arg(args, "name"),
          .master = id_arg<MasterId>(args, "masterid"),
          .builder = id_arg<BuilderId>(args, "builderid")};
}

}  // namespace kiln::data
