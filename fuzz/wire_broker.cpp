// SPDX-License-Identifier: MIT
// Any peer: to a host that only listens, the broker behaves the same however the bytes are cut; a
// host that answers may be disturbed in no way. (Its answers come between the pieces, so there the
// cuts matter.)
#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/wire/broker.h"

using namespace kiln;
using namespace kiln::wire;

namespace {

// A host that accepts every login and answers every call, or only counts what happens.
class Host {
 public:
  Host(Broker::Role role, bool reacts) : broker_(role), reacts_(reacts) {
    for (std::uint64_t key = 0; key < 3; ++key) broker_.export_object(Command{key}).value();
    broker_.export_object(FileWriter{9}).value();
    if (role == Broker::Role::client) broker_.call(root_object, "login", {Bytes{"x"}}).value();
  }

  std::string run(std::string_view bytes, std::size_t step) {
    std::string output = broker_.take_output();
    for (std::size_t start = 0; start < bytes.size(); start += step) {
      for (Action& action : broker_.feed(bytes.substr(start, step))) {
        ++actions_;
        count_text(action);
        if (reacts_) std::visit([this](auto& value) { react(value); }, action);
      }
      output += broker_.take_output();
    }
    return output + std::to_string(actions_) + ' ' + std::to_string(text_size_);
  }

 private:
  void count_text(const Action& action) {
    const auto* updated = std::get_if<CommandUpdated>(&action);
    if (updated == nullptr) return;
    for (const Update& update : updated->updates.items) {
      if (const auto* stream = std::get_if<StreamUpdate>(&update))
        text_size_ += stream->text.size();
      if (const auto* log = std::get_if<LogFileUpdate>(&update)) text_size_ += log->text.size();
    }
  }

  void react(const Connected&) { broker_.lift_limits(); }
  void react(const LoginRequested& login) { (void)broker_.challenge(login, "0123456789abcdef"); }
  void react(const LoginAnswered& login) {
    (void)broker_.verify_login(login, "secret");
    if (login.mind) broker_.decref(*login.mind);
    const auto id = broker_.export_object(Perspective{1});
    if (id.has_value()) (void)broker_.answer(login.call, RemoteRef{*id});
  }
  void react(const Called& called) {
    if (called.args.empty()) {
      broker_.error(called.call, make_failure(runtime_error_type, called.method));
    } else {
      (void)broker_.answer(called.call, called.args.front());
    }
  }
  void react(const CommandUpdated& updated) {
    (void)broker_.answer(updated.call, updated.updates.number);
  }
  void react(const Answered& answered) {
    if (std::holds_alternative<Jelly>(answered.outcome))
      (void)broker_.call(ObjectId(1), "print", {});
  }
  void react(const Released&) {}
  void react(const Closed&) {}

  Broker broker_;
  bool reacts_;
  std::size_t actions_ = 0;
  std::size_t text_size_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const auto role = data[0] % 2 == 0 ? Broker::Role::server : Broker::Role::client;
  const std::size_t step = 1 + data[0] / 2 % 9;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::string whole = Host(role, false).run(bytes, bytes.size());
  KILN_CHECK(Host(role, false).run(bytes, step) == whole);
  Host(role, true).run(bytes, step);
  return 0;
}
