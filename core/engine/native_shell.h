// SPDX-License-Identifier: MIT
#pragma once

#include <memory>

#include "core/script/config.h"
#include "core/script/step.h"

namespace kiln::engine {

class BuildRun;

// A step that runs a shell command without Python (semantics.md section 3.1). `build` outlives the step.
script::StepPtr make_native_shell(std::shared_ptr<const script::NativeShell> config, const BuildRun& build);

// How a step without a description shows its command: the first two words. Empty: there is no command.
std::string short_command(const Json& command);

}  // namespace kiln::engine
