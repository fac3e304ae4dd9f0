// SPDX-License-Identifier: MIT
#include "bench/swarm/worker.h"

#include <boost/asio/write.hpp>
#include <chrono>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "core/wire/pb_password.h"
#include "core/wire/worker_messages.h"

namespace kiln::swarm {
namespace {

namespace asio = boost::asio;
using wire::Bytes;
using wire::Jelly;
using wire::JellyDict;
using wire::JellyList;
using wire::JellyTuple;
using wire::Text;

constexpr std::uint64_t the_bot = 0;

Jelly text(std::string value) { return Text{std::move(value)}; }

Jelly worker_info() {
  JellyDict commands;
  for (const char* name : {"shell", "uploadFile", "uploadDirectory", "downloadFile", "mkdir", "rmdir", "cpdir", "stat",
                           "glob", "listdir", "rmfile"}) {
    commands.items.push_back({text(name), text("3.3")});
  }
  JellyDict environ;
  environ.items = {{text("PATH"), text("/usr/bin:/bin")}, {text("HOME"), text("/srv/worker")}};
  JellyDict info;
  info.items = {{text("admin"), text("bench\n")},       {text("host"), text("swarm\n")},
                {text("environ"), environ},             {text("system"), text("posix")},
                {text("basedir"), text("/srv/worker")}, {text("numcpus"), std::int64_t(4)},
                {text("version"), text("4.3.0")},       {text("worker_commands"), commands},
                {text("delete_leftover_dirs"), false}};
  return info;
}

std::vector<std::string> words_of(const Jelly& value) {
  std::vector<std::string> words;
  if (const auto line = value.as_string()) {
    std::istringstream in{std::string(*line)};
    for (std::string word; in >> word;) words.push_back(word);
  } else if (const auto* list = value.as<JellyList>()) {
    for (const Jelly& item : list->items) words.emplace_back(item.as_string().value_or("?"));
  }
  return words;
}

// The argv of a shell command; of others their name.
std::vector<std::string> argv_of(const wire::Called& call) {
  const std::string name(call.args.at(2).as_string().value_or(""));
  const auto* args = call.args.at(3).as<JellyDict>();
  if (name == "shell" && args != nullptr) {
    for (const auto& [key, value] : args->items) {
      if (key.as_string() == "command") return words_of(value);
    }
  }
  return {name};
}

wire::ObjectId reference_in(const Jelly& value) {
  const auto* remote = value.as<wire::RemoteRef>();
  if (remote == nullptr) throw std::runtime_error("the master sent no reference where one belongs");
  return remote->id;
}

}  // namespace

Worker::Worker(const WorkerNeeds& needs, std::string name)
    : needs_(needs), name_(std::move(name)), socket_(needs.executor) {
  broker_.lift_limits();
}

void Worker::start(std::function<void(const std::string&)> settled, std::function<void()> ended) {
  settled_ = std::move(settled);
  ended_ = std::move(ended);
  socket_.async_connect(needs_.master, [self = shared_from_this()](const boost::system::error_code& error) {
    if (error) return self->fail(error.message());
    self->socket_.set_option(asio::ip::tcp::no_delay(true));
    self->read();
  });
}

void Worker::read() {
  socket_.async_read_some(asio::buffer(buffer_),
                          [self = shared_from_this()](const boost::system::error_code& error, std::size_t size) {
                            if (error) return self->fail(error.message());
                            self->receive(size);
                            if (!self->is_closed_) self->read();
                          });
}

void Worker::receive(std::size_t size) {
  try {
    for (wire::Action& action : broker_.feed({buffer_.data(), size})) handle(action);
  } catch (const std::exception& error) {
    return fail(error.what());
  }
  flush();
}

void Worker::handle(wire::Action& action) {
  ++needs_.totals.msgs_in;
  if (std::holds_alternative<wire::Connected>(action)) return log_in();
  if (auto* call = std::get_if<wire::Called>(&action)) return handle_call(*call);
  if (auto* answered = std::get_if<wire::Answered>(&action)) return handle_answer(*answered);
  if (const auto* closed = std::get_if<wire::Closed>(&action)) throw std::runtime_error(closed->why.what);
}

void Worker::handle_answer(wire::Answered& answered) {
  const auto found = waiting_.find(answered.call);
  const auto then = found == waiting_.end() ? nullptr : std::move(found->second);
  if (found != waiting_.end()) waiting_.erase(found);
  if (const auto* failure = std::get_if<wire::PbFailure>(&answered.outcome)) {
    if (!is_attached_) throw std::runtime_error(failure->type + ": " + failure->value);
    return;
  }
  if (then) then(std::get<Jelly>(answered.outcome));
}

void Worker::call(wire::ObjectId object, std::string_view method, std::vector<Jelly> args,
                  std::function<void(const Jelly&)> answered) {
  const auto id = broker_.call(object, method, std::move(args));
  if (!id) throw std::runtime_error(id.error().what);
  ++needs_.totals.msgs_out;
  if (answered) waiting_.emplace(*id, std::move(answered));
}

void Worker::log_in() {
  call(wire::root_object, "login", {Bytes{name_}}, [this](const Jelly& answer) { respond(answer); });
}

void Worker::respond(const Jelly& answer) {
  const auto* pair = answer.as<JellyTuple>();
  if (pair == nullptr || pair->items.size() != 2) throw std::runtime_error("the master sent no challenge");
  const auto challenge = pair->items[0].as_string().value_or("");
  const auto bot = broker_.export_object(wire::Bot{the_bot});
  call(reference_in(pair->items[1]), "respond",
       {Bytes{wire::pb_login_response(needs_.password, challenge)}, wire::RemoteRef{*bot}}, [this](const Jelly&) {
         is_attached_ = true;
         ++needs_.totals.attached;
         ++needs_.totals.up;
         settled_("");
       });
}

void Worker::handle_call(wire::Called& called) {
  ++needs_.totals.msgs_out;
  Jelly answer;
  if (called.method == "startCommand") {
    start_command(called);
  } else if (called.method == "startBuild") {
    ++needs_.totals.builds;
  } else if (called.method == "setBuilderList") {
    answer = builder_objects(called);
  } else if (called.method == "getWorkerInfo") {
    answer = worker_info();
  } else if (called.method == "interruptCommand") {
    if (const auto* builder = std::get_if<wire::WorkerForBuilder>(&called.target)) interrupt(builder->key);
  } else if (called.method == "shutdown") {
    asio::post(needs_.executor, [self = shared_from_this()] { self->fail("the master asked for the end"); });
  }
  if (called.call.wants_answer) {
    if (const auto done = broker_.answer(called.call, answer); !done) throw std::runtime_error(done.error().what);
  }
}

Jelly Worker::builder_objects(const wire::Called& called) {
  JellyDict objects;
  const auto* list = called.args.at(0).as<JellyList>();
  for (const Jelly& item : list == nullptr ? std::vector<Jelly>{} : list->items) {
    const auto* tuple = item.as<JellyTuple>();
    const auto* pair = item.as<JellyList>();
    const Jelly& name = tuple != nullptr ? tuple->items.at(0) : pair->items.at(0);
    const auto [entry, is_new] =
        builders_.try_emplace(std::string(name.as_string().value_or("")), builders_.size() + 1);
    const auto object = broker_.export_object(wire::WorkerForBuilder{entry->second});
    if (!object) throw std::runtime_error(object.error().what);
    objects.items.push_back({name, wire::RemoteRef{*object}});
  }
  return objects;
}

std::shared_ptr<const Script> Worker::script_of(const std::vector<std::string>& words) {
  // Steps repeat: each distinct command is read once a process.
  static std::map<std::vector<std::string>, std::shared_ptr<const Script>> known;
  auto& script = known[words];
  if (!script) script = std::make_shared<const Script>(words);
  return script;
}

void Worker::start_command(wire::Called& called) {
  const auto* builder = std::get_if<wire::WorkerForBuilder>(&called.target);
  if (builder == nullptr || called.args.size() < 4) throw std::runtime_error("a startCommand that cannot be understood");
  ++needs_.totals.commands;
  auto running = std::make_shared<Running>();
  running->command = reference_in(called.args[0]);
  running->script = script_of(argv_of(called));
  running->began = std::chrono::steady_clock::now();
  running_[builder->key] = running;
  update(running->command, "header", text(running->script->header));
  if (!running->script->lines.empty()) {
    update(running->command, "stdout", text(running->script->lines));
    needs_.totals.payload += running->script->lines.size();
  }
  go_on(builder->key, running);
}

void Worker::go_on(std::uint64_t builder, const RunningPtr& running) {
  const Script& script = *running->script;
  while (running->sent < script.bytes && !running->is_interrupted) {
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - running->began;
    const double early = script.rate > 0 ? static_cast<double>(running->sent) / script.rate - elapsed.count() : 0;
    if (early > 0) return go_on_after(early, builder, running);
    running->is_window_full = running->unanswered >= needs_.window;
    if (running->is_window_full) return;
    const std::string_view part = script.text_at(running->sent);
    running->sent += part.size();
    needs_.totals.payload += part.size();
    ++running->unanswered;
    update(running->command, "stdout", text(std::string(part)), [this, builder, running] {
      --running->unanswered;
      if (std::exchange(running->is_window_full, false)) go_on(builder, running);
    });
  }
  if (running->is_interrupted) return complete(builder, running, -1);
  if (script.sleep > 0 && !std::exchange(running->has_slept, true)) return go_on_after(script.sleep, builder, running);
  complete(builder, running, script.rc);
}

void Worker::go_on_after(double seconds, std::uint64_t builder, const RunningPtr& running) {
  running->timer = std::make_unique<asio::steady_timer>(needs_.executor);
  running->timer->expires_after(std::chrono::microseconds(static_cast<std::int64_t>(seconds * 1e6)));
  running->timer->async_wait([self = shared_from_this(), builder, running](const boost::system::error_code&) {
    running->timer.reset();
    if (self->is_closed_) return;
    self->go_on(builder, running);
    self->flush();
  });
}

void Worker::interrupt(std::uint64_t builder) {
  const auto found = running_.find(builder);
  if (found == running_.end() || found->second->is_interrupted) return;
  const RunningPtr running = found->second;
  running->is_interrupted = true;
  update(running->command, "header", text("command interrupted\n"));
  if (running->timer) {
    running->timer->cancel();
  } else {
    complete(builder, running, -1);
  }
}

void Worker::update(wire::ObjectId command, const char* key, Jelly value, std::function<void()> answered) {
  JellyDict values;
  values.items.push_back({text(key), std::move(value)});
  JellyList item;
  item.items = {std::move(values), std::int64_t(0)};
  JellyList updates;
  updates.items.push_back(std::move(item));
  std::function<void(const Jelly&)> then;
  if (answered) then = [answered = std::move(answered)](const Jelly&) { answered(); };
  call(command, "update", {std::move(updates)}, std::move(then));
}

void Worker::complete(std::uint64_t builder, const RunningPtr& running, std::int64_t rc) {
  const auto found = running_.find(builder);
  if (found == running_.end() || found->second != running) return;
  running_.erase(found);
  update(running->command, "rc", rc);
  update(running->command, "header", text("elapsedTime=0.001000\n"));
  call(running->command, "complete", {Jelly()}, [this, command = running->command](const Jelly&) {
    broker_.decref(command);
  });
}

void Worker::flush() {
  unsent_ += broker_.take_output();
  if (is_closed_ || unsent_.empty() || !being_sent_.empty()) return;
  being_sent_ = std::exchange(unsent_, {});
  asio::async_write(socket_, asio::buffer(being_sent_),
                    [self = shared_from_this()](const boost::system::error_code& error, std::size_t) {
                      self->being_sent_.clear();
                      if (error) return self->fail(error.message());
                      self->flush();
                    });
}

void Worker::fail(const std::string& why) {
  if (std::exchange(is_closed_, true)) return;
  boost::system::error_code ignored;
  socket_.close(ignored);
  for (const auto& [builder, running] : running_) {
    if (running->timer) running->timer->cancel();
  }
  if (is_attached_) {
    ++needs_.totals.lost;
    --needs_.totals.up;
  } else {
    ++needs_.totals.rejected;
    settled_(name_ + ": " + why);
  }
  waiting_.clear();
  ended_();
}

}  // namespace kiln::swarm
