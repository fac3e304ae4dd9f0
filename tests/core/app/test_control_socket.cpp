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
    socket = ControlSocket::open(context, folder.path / "kilnbot.sock", [](const std::string& verb, const JsonObject& request) {
               if (verb != "echo") return Result<Json>(make_error(Errc::not_supported, "no verb '" + verb + "'"));
               return Result<Json>(request.at("text"));
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
