// SPDX-License-Identifier: MIT
#pragma once

#include <memory>

#include "core/base/result.h"

namespace kiln::session {

// A connection as its port knows it, whatever it speaks. Loop thread.
class Peer {
 public:
  virtual ~Peer() = default;
  // Ends the connection: at once, or after what waits to be sent. Tells whoever uses it.
  virtual void end(const Error& why) = 0;
};
using PeerPtr = std::shared_ptr<Peer>;

}  // namespace kiln::session
