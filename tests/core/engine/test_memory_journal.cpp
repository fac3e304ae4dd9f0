// SPDX-License-Identifier: MIT
#include "tests/support/journal_contract.h"
#include "tests/support/memory_journal.h"

using namespace kiln;
using namespace kiln::testing;

namespace {

class MemoryHost : public JournalHost {
 public:
  Journal& journal() override { return journal_; }
  bool run_until(const std::function<bool()>& done) override {
    while (!done()) {
      if (!journal_.commit_one()) return false;
    }
    return true;
  }

 private:
  MemoryJournal journal_;
};

}  // namespace

TEST_CASE("the in-memory journal keeps to the journal's contract") {
  check_journal_contract([] { return std::make_unique<MemoryHost>(); });
}
