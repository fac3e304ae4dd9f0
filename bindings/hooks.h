// SPDX-License-Identifier: MIT
#pragma once

#include <memory>

#include "bindings/policy.h"
#include "core/script/config.h"

namespace kiln::bindings {

// The request as user code sees it: one object as long as the request waits. With the GIL, policy thread.
py::object seen(Policy& policy, const script::WaitingRequest& request);

// The user's callbacks as the engine sees them.
std::shared_ptr<script::SchedulerHooks> make_scheduler_hooks(Policy& policy, script::ObjectRef hooks);
std::shared_ptr<script::OrderHooks> make_order_hooks(Policy& policy, script::ObjectRef scheduler);
std::shared_ptr<script::TriggerHooks> make_trigger_hooks(Policy& policy, script::ObjectRef scheduler);
std::shared_ptr<script::ChangeHooks> make_change_hooks(Policy& policy);
std::shared_ptr<script::BuilderHooks> make_builder_hooks(Policy& policy, script::ObjectRef hooks);
std::shared_ptr<script::MatchHooks> make_match_hooks(Policy& policy, script::ObjectRef hooks, bool chooses_request);
std::shared_ptr<script::BuildGate> make_build_gate(Policy& policy, script::ObjectRef gate);
std::shared_ptr<script::BuilderOrderHooks> make_builder_order(Policy& policy, script::ObjectRef function);
std::shared_ptr<script::ForceForm> make_force_form(Policy& policy, script::ObjectRef form, bool is_stock);
std::shared_ptr<script::LoginHooks> make_login_hooks(Policy& policy, script::ObjectRef auth);
std::shared_ptr<script::AuthzHooks> make_authz_hooks(Policy& policy, script::ObjectRef authz);

}  // namespace kiln::bindings
