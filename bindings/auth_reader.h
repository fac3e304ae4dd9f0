// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "bindings/policy.h"
#include "core/script/auth.h"

namespace kiln::bindings {

// From the dicts of buildbot_cfg._view_www. With the GIL; raise error_already_set.
script::AuthConfig read_auth(Policy& policy, const py::dict& view);
// Nothing for None.
std::optional<script::AuthzConfig> read_authz(Policy& policy, const py::object& view);

}  // namespace kiln::bindings
