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

JsonObject to_answer(const Result<Json>& reply) {
  if (reply) return {{"result", *reply}};
  return {{"error", reply.error().what}};
}

struct Client : std::enable_shared_from_this<Client> {
  Client(Protocol::socket s, ControlSocket::Handler h)
      : socket(std::move(s)), handler(std::move(h)), buffer(max_request) {}

  void read() {
    asio::async_read_until(socket, buffer, '\n', [self = shared_from_this()](boost::system::error_code error, std::size_t n) {
      if (error) return;
      const std::string line(static_cast<const char*>(self->buffer.data().data()), n);
      self->buffer.consume(n);
      self->ask(line);
      self->read();
    });
  }

  void ask(const std::string& line) {
    const auto request = parse_json(line);
    const JsonObject* object = request ? request->if_object() : nullptr;
    const Json* verb = object == nullptr ? nullptr : object->if_contains("verb");
    if (verb == nullptr || !verb->is_string()) {
      const std::string what = request ? "a request is an object with a verb" : request.error().what;
      return send(to_answer(make_error(Errc::bad_input, what)));
    }
    handler({std::string(verb->get_string()), *object,
             [self = shared_from_this()](const Result<Json>& reply) { self->send(to_answer(reply)); },
             [self = shared_from_this()](const std::string& text) { self->send({{"progress", text}}); }});
  }

  void send(const JsonObject& answer) {
    unsent += dump_json(answer) + "\n";
    if (sending.empty()) write();
  }

  void write() {
    sending = std::exchange(unsent, {});
    if (sending.empty()) return;
    asio::async_write(socket, asio::buffer(sending),
                      [self = shared_from_this()](boost::system::error_code error, std::size_t) {
                        self->sending.clear();
                        if (!error) self->write();
                      });
  }

  Protocol::socket socket;
  ControlSocket::Handler handler;
  asio::streambuf buffer;
  std::string sending, unsent;
};

// The command's end: lines of the master.
class Asking {
 public:
  Asking(int fd, std::chrono::seconds patience) : fd_(fd) {
    const timeval limit{patience.count(), 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  }
  ~Asking() { ::close(fd_); }
  Asking(const Asking&) = delete;
  Asking& operator=(const Asking&) = delete;

  bool send(const std::string& line) const {
    return ::send(fd_, line.data(), line.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(line.size());
  }

  Result<JsonObject> next_line() {
    std::size_t end = 0;
    while ((end = received_.find('\n')) == std::string::npos) {
      char part[4096];
      const ssize_t n = ::recv(fd_, part, sizeof part, 0);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return make_error(Errc::timeout, "the master does not answer");
      if (n <= 0) return make_error(Errc::peer_gone, "the master ended before it answered");
      received_.append(part, static_cast<std::size_t>(n));
    }
    const auto parsed = parse_json(received_.substr(0, end));
    received_.erase(0, end + 1);
    if (!parsed || !parsed->is_object()) return make_error(Errc::peer_gone, "the master's answer cannot be read");
    return parsed->get_object();
  }

 private:
  int fd_;
  std::string received_;
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

Result<Json> ask_master(const fs::path& basedir, const JsonObject& request, const AskOptions& options) {
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
  Asking asking(fd, options.patience);
  if (!asking.send(dump_json(request) + "\n")) return make_error(Errc::peer_gone, "the master does not listen");
  for (;;) {
    const Result<JsonObject> line = asking.next_line();
    if (!line) return line.error();
    if (const Json* progress = line->if_contains("progress")) {
      if (options.on_progress) options.on_progress(to_display_text(*progress));
      continue;
    }
    if (const Json* failure = line->if_contains("error")) return make_error(Errc::bad_input, to_display_text(*failure));
    return line->at("result");
  }
}

}  // namespace kiln::app
