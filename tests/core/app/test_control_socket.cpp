// SPDX-License-Identifier: MIT
#include <sys/stat.h>

#include <boost/asio/io_context.hpp>
#include <catch2/catch_test_macros.hpp>
#include <thread>

#include "core/app/control_socket.h"
#include "tests/support/result_text.h"

using namespace kiln;
using namespace kiln::app;
namespace fs = std::filesystem;

namespace {

// A folder whose name is too long for a socket address.
struct LongFolder {
  fs::path path = fs::temp_directory_path() / ("kilnbot-control-" + std::string(150, 'x') + std::to_string(::getpid()));
  LongFolder() { fs::create_directories(path); }
  ~LongFolder() { fs::remove_all(path); }
};

struct Listening {
  boost::asio::io_context context;
  LongFolder folder;
  std::unique_ptr<ControlSocket> socket;
  std::thread thread;

  Listening() {
    socket = ControlSocket::open(context, folder.path / "kilnbot.sock", [](const ControlSocket::Question& question) {
               if (question.verb == "wait") return;
               if (question.verb != "echo") {
                 return question.reply(make_error(Errc::not_supported, "no verb '" + question.verb + "'"));
               }
               question.progress("first");
               question.progress("second");
               question.reply(question.request.at("text"));
             }).value();
    thread = std::thread([this] { context.run(); });
  }
  ~Listening() {
    context.stop();
    thread.join();
  }
};

}  // namespace

TEST_CASE("a command reaches the master by its control socket, however long the path") {
  const Listening master;

  const auto answer = ask_master(master.folder.path, {{"verb", "echo"}, {"text", "h\xC3\xA9llo"}});

  REQUIRE(answer.has_value());
  CHECK(*answer == Json("h\xC3\xA9llo"));
}

TEST_CASE("what happens meanwhile is told before the answer") {
  const Listening master;
  std::vector<std::string> said;

  const auto answer = ask_master(master.folder.path, {{"verb", "echo"}, {"text", "x"}},
                                 {.on_progress = [&](const std::string& text) { said.push_back(text); }});

  CHECK(answer.has_value());
  CHECK(said == std::vector<std::string>{"first", "second"});
}

TEST_CASE("a master that does not answer is not waited for longer than asked") {
  const Listening master;

  CHECK(ask_master(master.folder.path, {{"verb", "wait"}}, {.patience = std::chrono::seconds(1), .on_progress = {}})
            .error()
            .code == Errc::timeout);
}

TEST_CASE("only the owner may open the control socket") {
  const Listening master;
  struct stat info {};

  REQUIRE(::stat((master.folder.path / "kilnbot.sock").c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0600);
}

TEST_CASE("an unknown verb is answered with an error") {
  const Listening master;

  CHECK(ask_master(master.folder.path, {{"verb", "fly"}}).error().what == "no verb 'fly'");
  CHECK(ask_master(master.folder.path, {{"word", "echo"}}).error().code == Errc::bad_input);
}

TEST_CASE("where no master listens the command is told so") {
  const LongFolder folder;

  CHECK(ask_master(folder.path, {{"verb", "echo"}}).error().code == Errc::not_found);
}
