// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <memory>

#include "core/script/transfer.h"

namespace kiln::files {

class WorkPool;

// The real Transfers: file work on a few threads of its own, replies on the loop thread in order.
class FileTransfers final : public script::Transfers {
 public:
  explicit FileTransfers(std::function<void(std::function<void()>)> post_to_loop);
  // Finishes what was asked for; transfers that are dropped later are undone all the same.
  ~FileTransfers() override;

  script::TransferPtr open(const script::TransferPlan& plan) override;

 private:
  std::function<void(std::function<void()>)> post_to_loop_;
  std::shared_ptr<WorkPool> pool_;
};

}  // namespace kiln::files
