// SPDX-License-Identifier: MIT
#pragma once

#include <memory>

#include "core/session/pb_link.h"

namespace kiln::session {

// What happens between a worker's right password and the answer to it: a living connection of the same name is kept
// and this one refused; else the worker is asked for its info and told its builders, and the engine gets the link.
net::Task<void> attach_worker(std::shared_ptr<PbLink> link, wire::LoginAnswered login);

}  // namespace kiln::session
