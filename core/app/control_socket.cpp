// SPDX-License-Identifier: MIT
#include "core/app/control_socket.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/write.hpp>
#include <cerrno>
#include <cstring>

#include "core/base/log.h"

namespace kiln::app {
namespace asio = boost::asio;
namespace fs = std::filesystem;
using Protocol = asio::local::stream_protocol;

namespace {

constexpr std::size_t max_request = 64 * 1024;

// A socket path may have 107 bytes at most, a base directory more: the kernel's name of its open directory is short.
class ShortPath {
 public:
  explicit ShortPath(const fs::path& path)
      : fd_(::open(path.parent_path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)),
        text_("/proc/self/fd/" + std::to_string(fd_) + "/" + path.filename().string()) {}
  ~ShortPath() {
    if (fd_ >= 0) ::close(fd_);
  }
  ShortPath(const ShortPath&) = delete;
  ShortPath& operator=(const ShortPath&) = delete;
  const std::string& text() const { return text_; }

 private:
  int fd_;
  std::string text_;
};

std::string answer_line(const std::string& line, const ControlSocket::Handler& handler) {
  const auto reply = [&]() -> Result<Json> {
    const auto request = parse_json(line);
    if (!request) return request.error();
    const JsonObject* object = request->if_object();
    const Json* verb = object == nullptr ? nullptr : object->if_contains("verb");
    if (verb == nullptr || !verb->is_string()) return make_error(Errc::bad_input, "a request is an object with a verb");
    return handler(std::string(verb->get_string()), *object);
  }();
  JsonObject answer;
  if (reply) answer["result"] = *reply;
  else answer["error"] = reply.error().what;
  return dump_json(answer) + "\n";
}

struct Client : std::enable_shared_from_this<Client> {
  Client(Protocol::socket s, ControlSocket::Handler h)
      : socket(std::move(s)), handler(std::move(h)), buffer(max_request) {}

  void read() {
    asio::async_read_until(socket, buffer, '\n', [self = shared_from_this()](boost::system::error_code error, std::size_t n) {
      if (error) return;
      const auto* data = static_cast<const char*>(self->buffer.data().data());
      self->output = answer_line(std::string(data, n), self->handler);
      self->buffer.consume(n);
      asio::async_write(self->socket, asio::buffer(self->output),
                        [self](boost::system::error_code failed, std::size_t) {
                          if (!failed) self->read();
                        });
    });
  }

  Protocol::socket socket;
  ControlSocket::Handler handler;
  asio::streambuf buffer;
  std::string output;
};

}  // namespace

struct ControlSocket::Parts : std::enable_shared_from_this<ControlSocket::Parts> {
  Parts(asio::io_context& context, fs::path p, Handler h) : acceptor(context), path(std::move(p)), handler(std::move(h)) {}

  void accept() {
    acceptor.async_accept([self = shared_from_this()](boost::system::error_code error, Protocol::socket socket) {
      if (error) return;
      std::make_shared<Client>(std::move(socket), self->handler)->read();
      self->accept();
    });
  }

  Protocol::acceptor acceptor;
  fs::path path;
  Handler handler;
};

ControlSocket::ControlSocket(std::shared_ptr<Parts> parts) : parts_(std::move(parts)) {}

ControlSocket::~ControlSocket() {
  boost::system::error_code ignored;
  parts_->acceptor.close(ignored);
  ::unlink(parts_->path.c_str());
}

Result<std::unique_ptr<ControlSocket>> ControlSocket::open(asio::io_context& context, fs::path path, Handler handler) {
  auto parts = std::make_shared<Parts>(context, std::move(path), std::move(handler));
  ::unlink(parts->path.c_str());
  const ShortPath name(parts->path);
  boost::system::error_code error;
  parts->acceptor.open(Protocol(), error);
  if (!error) {
    const mode_t before = ::umask(0177);
    parts->acceptor.bind(Protocol::endpoint(name.text()), error);
    ::umask(before);
  }
  if (!error) parts->acceptor.listen(16, error);
  if (error) {
    return make_error(Errc::fatal, "cannot listen on '" + parts->path.string() + "': " + error.message());
  }
  parts->accept();
  return std::unique_ptr<ControlSocket>(new ControlSocket(std::move(parts)));
}

Result<Json> ask_master(const fs::path& basedir, const JsonObject& request) {
  const fs::path path = basedir / "kilnbot.sock";
  const ShortPath name(path);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, name.text().c_str(), sizeof address.sun_path - 1);
  if (fd < 0 || ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    if (fd >= 0) ::close(fd);
    return make_error(Errc::not_found, "no master listens on '" + path.string() + "'");
  }
  const timeval limit{10, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  const std::string line = dump_json(request) + "\n";
  std::string answer;
  if (::send(fd, line.data(), line.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(line.size())) {
    char part[4096];
    while (answer.find('\n') == std::string::npos) {
      const ssize_t n = ::recv(fd, part, sizeof part, 0);
      if (n <= 0) break;
      answer.append(part, static_cast<std::size_t>(n));
    }
  }
  ::close(fd);
  const auto parsed = parse_json(answer);
  if (!parsed || !parsed->is_object()) return make_error(Errc::peer_gone, "the master did not answer on '" + path.string() + "'");
  if (const Json* failure = parsed->get_object().if_contains("error")) {
    return make_error(Errc::bad_input, to_display_text(*failure));
  }
  return parsed->get_object().at("result");
}

}  // namespace kiln::app
