// SPDX-License-Identifier: MIT
#pragma once

#include <memory>

#include "core/engine/worker_link.h"
#include "core/wire/worker_messages.h"

namespace kiln::session {

// Over msgpack a worker gets what is obfuscated in `args` as it is, and writes it into the header of its output. The
// sink returned gets the headers with what should be shown instead; it is `sink` itself when nothing is obfuscated.
std::shared_ptr<engine::CommandSink> mask_headers(const wire::ArgDict& args, std::shared_ptr<engine::CommandSink> sink);

}  // namespace kiln::session
