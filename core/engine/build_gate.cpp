// SPDX-License-Identifier: MIT
// do_build_if: whether a claimed request is built. Asked before the build has a row; while the question is open, the
// build can be given up like any claim.
#include <fmt/format.h>

#include "core/engine/build_run.h"
#include "core/engine/consultations.h"

namespace kiln::engine {

void BuildRun::ask_gate() {
  enter_phase(Phase::deciding);
  config_->gate->ask({context(), shown(request_)}, [self = shared_from_this()](Result<script::GateAnswer> answer) {
    self->on_decided(std::move(answer));
  });
}

void BuildRun::on_decided(Result<script::GateAnswer> answer) {
  if (phase_ != Phase::deciding) return;  // stopped or lost meanwhile
  if (builder_.config != config_) {       // who is configured now is to be asked
    give_up_claim();
    return;
  }
  if (!answer) {
    gate_failure_ = Failure{Results::exception, "error in do_build_if", "do_build_if could not be asked",
                            answer.error().what};
  } else {
    take_answer(*std::move(answer));
  }
  add_row();
}

void BuildRun::take_answer(script::GateAnswer answer) {
  for (const auto& [name, secret] : answer.secrets) secrets_.add(name, secret);
  properties_.update(answer.properties);
  if (!answer.why.empty()) {
    gate_failure_ = Failure{Results::exception, "error in do_build_if", masked(answer.why),
                            fmt::format("{}\n{}", answer.why, answer.traceback)};
    return;
  }
  is_wanted_ = answer.is_wanted;
  if (is_wanted_ && config_->maker) asked_ = std::move(answer.build);
}

// The build's row is all there is of it.
void BuildRun::skip() {
  announce({});
  enter_phase(Phase::finishing);
  results_ = Results::skipped;
  ending_texts_ = {"build successful"};
  write_end();
}

}  // namespace kiln::engine
