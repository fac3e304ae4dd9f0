// SPDX-License-Identifier: MIT
#include <algorithm>

#include "core/base/text.h"
#include "core/wire/broker.h"

namespace kiln::wire {
namespace {

Error refuse(std::string what) {
  return make_error(Errc::bad_input, "perspective broker: " + std::move(what));
}

// Words that name broker verbs of no use here.
bool is_ignored(std::string_view word) {
  constexpr std::string_view words[] = {"cachemessage", "decache", "uncache", "didNotUnderstand"};
  return std::find(std::begin(words), std::end(words), word) != std::end(words);
}

PbFailure undecodable(const Error& error) {
  return make_failure("twisted.spread.jelly.InsecureJelly", error.what);
}

PbFailure no_such_method(std::string_view method, std::string_view object) {
  return make_failure(
      no_such_method_type,
      "no method \"" + to_utf8_replacing(method.substr(0, 200)) + "\" on " + std::string(object));
}

Result<std::vector<Jelly>> read_args(std::string_view bytes) {
  auto jelly = read_jelly(parse_value(bytes));
  if (jelly.has_error()) return jelly.error();
  if (auto* tuple = std::get_if<JellyTuple>(&jelly->data)) return std::move(tuple->items);
  if (auto* list = std::get_if<JellyList>(&jelly->data)) return std::move(list->items);
  return refuse("arguments that are no tuple");
}

Result<Kwargs> read_kwargs(std::string_view bytes) {
  auto jelly = read_jelly(parse_value(bytes));
  if (jelly.has_error()) return jelly.error();
  auto* dict = std::get_if<JellyDict>(&jelly->data);
  if (dict == nullptr) return refuse("keyword arguments that are no dictionary");
  Kwargs kwargs;
  for (auto& [key, value] : dict->items) {
    const auto name = key.as_string();
    if (!name) return refuse("keyword that is no text");
    kwargs.emplace_back(to_utf8_replacing(*name), std::move(value));
  }
  return kwargs;
}

}  // namespace

struct Broker::Message {
  PeerCall call;
  ObjectId object;
  std::string_view method;
  std::string_view args;  // banana
  std::string_view kwargs;
};

Result<> Broker::receive(std::string_view expression, Actions& actions) {
  if (state_ == State::awaiting_dialect) return receive_greeting(expression);
  return receive_word(expression, actions);
}

Result<> Broker::receive_greeting(std::string_view expression) {
  BananaCursor cursor(expression);
  const BananaElement first = cursor.next();
  if (role_ == Role::server) {
    if (!first.is_string("pb")) return refuse("the peer chose a dialect other than \"pb\"");
  } else {
    bool is_offered = false;
    for (std::size_t i = 0; i < first.count; ++i) {
      is_offered = BananaCursor(cursor.skip()).next().is_string("pb") || is_offered;
    }
    if (!is_offered) return refuse("the peer does not offer the dialect \"pb\"");
    append_plain_string(output_, "pb");
  }
  send_version();
  state_ = State::awaiting_version;
  return {};
}

Result<> Broker::receive_word(std::string_view expression, Actions& actions) {
  BananaCursor cursor(expression);
  const BananaElement list = cursor.next();
  const BananaElement word = cursor.next();
  if (list.kind != BananaKind::list || word.kind != BananaKind::string) {
    return refuse("expression that does not begin with a word");
  }
  if (word.bytes == "version" && list.count == 2) return receive_version(cursor, actions);
  if (state_ == State::awaiting_version) return refuse("expected the version");
  if (word.bytes == "message" && list.count == 7) return receive_message(cursor, actions);
  if (word.bytes == "answer" && list.count == 3) return receive_answer(cursor, false, actions);
  if (word.bytes == "error" && list.count == 3) return receive_answer(cursor, true, actions);
  if (word.bytes == "decref" && list.count == 2) return receive_decref(cursor, actions);
  if (is_ignored(word.bytes)) return {};
  append_list(output_, 2);
  append_string(output_, "didNotUnderstand");
  append_string(output_, word.bytes);
  return {};
}

Result<> Broker::receive_version(BananaCursor& cursor, Actions& actions) {
  const BananaElement version = cursor.next();
  if (version.kind != BananaKind::integer || version.integer != protocol_version) {
    return refuse("the peer speaks another version than 6");
  }
  if (state_ == State::awaiting_version) actions.emplace_back(Connected{});
  state_ = State::running;
  return {};
}

Result<> Broker::receive_message(BananaCursor& cursor, Actions& actions) {
  const BananaElement id = cursor.next();
  if (id.kind != BananaKind::integer) return refuse("message without a number");
  const BananaElement object = cursor.next();
  // An id that no exported object has stands for names other than root.
  ObjectId target(-1);
  if (object.is_string("root")) target = root_object;
  if (object.kind == BananaKind::integer && object.integer > 0) target = ObjectId(object.integer);
  if (object.kind == BananaKind::list) return refuse("message to no object");
  const BananaElement method = cursor.next();
  if (method.kind != BananaKind::string) return refuse("message without a method name");
  const BananaElement wants_answer = cursor.next();
  if (wants_answer.kind != BananaKind::integer) return refuse("message without the answer flag");
  const std::string_view args = cursor.skip();
  const std::string_view kwargs = cursor.skip();
  dispatch({.call = {id.integer, wants_answer.integer != 0},
            .object = target,
            .method = method.bytes,
            .args = args,
            .kwargs = kwargs},
           actions);
  return {};
}

void Broker::dispatch(const Message& message, Actions& actions) {
  if (message.object == root_object) return dispatch_login(message, actions);
  const auto found = exports_.find(message.object);
  if (found == exports_.end()) {
    return error(message.call,
                 make_failure(runtime_error_type, "no such object on this connection"));
  }
  if (std::holds_alternative<Challenger>(found->second.object)) {
    return dispatch_respond(message, found->second, actions);
  }
  const auto* command = std::get_if<Command>(&found->second.object);
  if (command != nullptr && message.method == "update")
    return dispatch_update(message, *command, actions);
  auto args = read_args(message.args);
  if (args.has_error()) return error(message.call, undecodable(args.error()));
  auto kwargs = read_kwargs(message.kwargs);
  if (kwargs.has_error()) return error(message.call, undecodable(kwargs.error()));
  actions.emplace_back(Called{.call = message.call,
                              .object = message.object,
                              .target = found->second.object,
                              .method = std::string(message.method),
                              .args = std::move(*args),
                              .kwargs = std::move(*kwargs)});
}

void Broker::dispatch_update(const Message& message, Command command, Actions& actions) {
  auto updates = read_updates(message.args);
  if (updates.has_error()) return error(message.call, undecodable(updates.error()));
  actions.emplace_back(CommandUpdated{message.call, command, std::move(*updates)});
}

void Broker::dispatch_login(const Message& message, Actions& actions) {
  if (message.method != "login" || role_ == Role::client) {
    return error(message.call, no_such_method(message.method, "the root object"));
  }
  const auto args = read_args(message.args);
  if (args.has_error()) return error(message.call, undecodable(args.error()));
  const auto username = args->size() == 1 ? args->front().as_string() : std::nullopt;
  if (!username) return error(message.call, make_failure(unauthorized_login_type, ""));
  actions.emplace_back(LoginRequested{message.call, to_utf8_replacing(*username)});
}

void Broker::dispatch_respond(const Message& message, Export& entry, Actions& actions) {
  if (message.method != "respond") {
    return error(message.call, no_such_method(message.method, "the login challenge"));
  }
  const auto args = read_args(message.args);
  if (args.has_error()) return error(message.call, undecodable(args.error()));
  const auto response = args->size() == 2 ? (*args)[0].as_string() : std::nullopt;
  if (!response || std::exchange(entry.is_spent, true)) {
    return error(message.call, make_failure(unauthorized_login_type, ""));
  }
  const auto& challenger = std::get<Challenger>(entry.object);
  LoginAnswered login{.call = message.call,
                      .username = challenger.username,
                      .challenge = challenger.challenge,
                      .response = std::string(*response),
                      .mind = std::nullopt};
  if (const auto* mind = (*args)[1].as<RemoteRef>()) login.mind = mind->id;
  actions.emplace_back(std::move(login));
}

Result<> Broker::receive_answer(BananaCursor& cursor, bool is_error, Actions& actions) {
  const BananaElement id = cursor.next();
  if (id.kind != BananaKind::integer) return refuse("answer without a number");
  const CallId call(id.integer);
  if (waiting_.erase(call) == 0) return {};
  auto jelly = read_jelly(parse_value(cursor.skip()));
  if (jelly.has_error()) {
    actions.emplace_back(Answered{call, undecodable(jelly.error())});
  } else if (is_error) {
    auto failure = read_failure(*jelly);
    actions.emplace_back(
        Answered{call, failure.has_value() ? std::move(*failure) : undecodable(failure.error())});
  } else {
    actions.emplace_back(Answered{call, std::move(*jelly)});
  }
  return {};
}

Result<> Broker::receive_decref(BananaCursor& cursor, Actions& actions) {
  const BananaElement id = cursor.next();
  if (id.kind != BananaKind::integer) return refuse("decref without a number");
  const auto found = exports_.find(ObjectId(id.integer));
  if (found == exports_.end()) return {};
  Export& entry = found->second;
  if (entry.references > 1) {
    --entry.references;
    return {};
  }
  ids_.erase(entry.object);
  actions.emplace_back(Released{found->first, std::move(entry.object)});
  exports_.erase(found);
  return {};
}

}  // namespace kiln::wire
