// SPDX-License-Identifier: MIT
#include "core/wire/broker.h"

#include "core/wire/pb_password.h"

namespace kiln::wire {
namespace {

constexpr BananaLimits stranger_limits{.depth = 10, .elements = 100, .bytes = 16 * 1024};

}  // namespace

Broker::Broker(Role role)
    : role_(role), decoder_(role == Role::server ? stranger_limits : BananaLimits{}) {
  if (role_ == Role::client) return;
  append_list(output_, 2);
  append_plain_string(output_, "pb");
  append_plain_string(output_, "none");
}

void Broker::lift_limits() { decoder_.set_limits({}); }

Actions Broker::feed(std::span<const char> input) {
  Actions actions;
  if (state_ == State::closed) return actions;
  decoder_.feed(input);
  while (true) {
    const auto expression = decoder_.next();
    if (expression.has_value() && !*expression) return actions;
    const Result<> done =
        expression.has_value() ? receive(**expression, actions) : Result<>(expression.error());
    if (done.has_value()) continue;
    state_ = State::closed;
    actions.emplace_back(Closed{done.error()});
    return actions;
  }
}

Result<> Broker::check_references(const Jelly& jelly) const {
  bool is_known = true;
  for_each_remote(jelly, [&](RemoteRef ref) { is_known = is_known && exports_.contains(ref.id); });
  if (is_known) return {};
  return make_error(Errc::bad_input, "cannot send an object that the peer does not hold any more");
}

void Broker::count_references(const Jelly& jelly) {
  for_each_remote(jelly, [&](RemoteRef ref) { ++exports_.find(ref.id)->second.references; });
}

Result<CallId> Broker::call(ObjectId object, std::string_view method, std::vector<Jelly> args,
                            Kwargs kwargs, bool wants_answer) {
  const Jelly arguments = JellyTuple{std::move(args)};
  JellyDict dict;
  for (auto& [name, value] : kwargs)
    dict.items.push_back({Text{std::move(name)}, std::move(value)});
  const Jelly named = std::move(dict);
  for (const Jelly* part : {&arguments, &named}) {
    if (const auto known = check_references(*part); known.has_error()) return known.error();
  }

  const std::size_t start = output_.size();
  append_list(output_, 7);
  append_string(output_, "message");
  append_integer(output_, last_call_ + 1);
  if (object == root_object) {
    append_string(output_, "root");
  } else {
    append_integer(output_, object.value);
  }
  append_string(output_, method);
  append_integer(output_, wants_answer ? 1 : 0);
  for (const Jelly* part : {&arguments, &named}) {
    if (const auto sent = append_jelly(output_, *part); sent.has_error()) {
      output_.resize(start);
      return sent.error();
    }
  }
  count_references(arguments);
  count_references(named);
  const CallId id(++last_call_);
  if (wants_answer) waiting_.insert(id);
  return id;
}

Result<> Broker::answer(PeerCall call, const Jelly& value) {
  if (!call.wants_answer) return {};
  const std::size_t start = output_.size();
  auto done = check_references(value);
  if (done.has_value()) {
    append_list(output_, 3);
    append_string(output_, "answer");
    append_integer(output_, call.id);
    done = append_jelly(output_, value);
  }
  if (done.has_value()) {
    count_references(value);
  } else {
    output_.resize(start);
    error(call, make_failure(runtime_error_type, done.error().what));
  }
  return done;
}

void Broker::error(PeerCall call, const PbFailure& failure) {
  if (!call.wants_answer) return;
  const std::size_t start = output_.size();
  const auto append = [&](const PbFailure& what) {
    append_list(output_, 3);
    append_string(output_, "error");
    append_integer(output_, call.id);
    return append_jelly(output_, to_jelly(what));
  };
  if (append(failure).has_value()) return;
  output_.resize(start);
  append(make_failure(runtime_error_type, "failure too long to be sent")).value();
}

void Broker::decref(ObjectId object) {
  append_list(output_, 2);
  append_string(output_, "decref");
  append_integer(output_, object.value);
}

Result<ObjectId> Broker::export_object(Exported object) {
  if (const auto found = ids_.find(object); found != ids_.end()) return found->second;
  if (exports_.size() >= export_limit) {
    return make_error(Errc::busy,
                      "the peer holds " + std::to_string(export_limit) + " objects already");
  }
  const ObjectId id(++last_object_);
  ids_.emplace(object, id);
  exports_.emplace(id, Export{.object = std::move(object)});
  return id;
}

const Exported* Broker::find_object(ObjectId id) const {
  const auto found = exports_.find(id);
  return found == exports_.end() ? nullptr : &found->second.object;
}

void Broker::withdraw(ObjectId id) {
  const auto found = exports_.find(id);
  if (found == exports_.end() || found->second.references > 0) return;
  ids_.erase(found->second.object);
  exports_.erase(found);
}

Result<> Broker::challenge(const LoginRequested& request, std::string_view challenge) {
  const auto id = export_object(Challenger{request.username, std::string(challenge)});
  if (id.has_error()) return id.error();
  return answer(request.call, JellyTuple{{Bytes{std::string(challenge)}, RemoteRef{*id}}});
}

bool Broker::verify_login(const LoginAnswered& login, std::string_view password) {
  const bool is_right = check_pb_password(password, login.challenge, login.response);
  if (is_right) lift_limits();
  return is_right;
}

void Broker::send_version() {
  append_list(output_, 2);
  append_string(output_, "version");
  append_integer(output_, protocol_version);
}

}  // namespace kiln::wire
