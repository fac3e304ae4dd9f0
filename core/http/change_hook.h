// SPDX-License-Identifier: MIT
#pragma once

#include "core/data/controls.h"
#include "core/http/message.h"
#include "core/script/config.h"

namespace kiln::http {

// /change_hook[/dialect] (reference/rest.md section 12); of the dialects only `base`.
void handle_change_hook(const Request& request, const script::Config* config, data::Controls& controls,
                        const Respond& respond);

// The change that a form or query describes. Errors: bad_input.
Result<script::ChangeDraft> parse_base_change(const Request& request);

}  // namespace kiln::http
