// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <vector>

#include "core/session/msgpack_link.h"

namespace kiln::session {

// What happens between a worker's right password and its work: a living connection of the same name is kept and this one
// closed; else the worker is asked for its info, its directories are made, and the engine gets the link.
net::Task<void> attach_msgpack_worker(std::shared_ptr<MsgpackLink> link);

// What stands for a list of builders in this protocol: settings, and a directory for each. Replies once.
net::Task<void> prepare_builders(std::shared_ptr<MsgpackLink> link, std::vector<engine::BuilderDir> builders,
                                 Reply<> reply);

}  // namespace kiln::session
