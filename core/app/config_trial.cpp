// SPDX-License-Identifier: MIT
#include "core/app/config_trial.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <optional>

#include "core/app/process_group.h"
#include "core/base/json.h"
#include "core/base/log.h"

extern char** environ;

namespace kiln::app {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr int most_processes = 100;
constexpr std::size_t longest_report = 1 << 20;
constexpr std::size_t kept_output = 16 * 1024;
constexpr milliseconds poll_interval{20};
constexpr milliseconds look_interval{250};
constexpr std::chrono::seconds traceback_patience{2};
constexpr int report_fd = 3;  // in the child

// One end of a pipe that is read without blocking.
class Reader {
 public:
  Reader(int fd, std::size_t kept) : fd_(fd), kept_(kept) { ::fcntl(fd_, F_SETFL, O_NONBLOCK); }
  ~Reader() { ::close(fd_); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  // Everything that is there; the oldest goes when there is too much.
  void read_on() {
    char part[8192];
    ssize_t n = 0;
    while ((n = ::read(fd_, part, sizeof part)) > 0) {
      text_.append(part, static_cast<std::size_t>(n));
      if (text_.size() > 2 * kept_) text_.erase(0, text_.size() - kept_);
    }
  }
  int fd() const { return fd_; }
  const std::string& text() const { return text_; }

 private:
  int fd_;
  std::size_t kept_;
  std::string text_;
};

struct Pipe {
  int ends[2] = {-1, -1};
  Pipe() { KILN_CHECK(::pipe2(ends, O_CLOEXEC) == 0); }
};

// The environment, with tracebacks of crashes on standard error.
std::vector<char*> child_environment() {
  static char traceback[] = "PYTHONFAULTHANDLER=1";
  std::vector<char*> variables;
  for (char** variable = environ; *variable != nullptr; ++variable) variables.push_back(*variable);
  variables.push_back(traceback);
  variables.push_back(nullptr);
  return variables;
}

// A child in a process group of its own.
class Child {
 public:
  explicit Child(const ConfigTrial::Order& order);
  ~Child() { kill_group(); }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  pid_t pid() const { return pid_; }
  const std::string& report() const { return report_->text(); }
  const std::string& output() const { return output_->text(); }

  // Takes in what it says for a moment; false: it has ended.
  bool wait_a_moment() {
    pollfd waiting[] = {{report_->fd(), POLLIN, 0}, {output_->fd(), POLLIN, 0}};
    // A closed pipe would wake at once for ever.
    if (std::exchange(is_hung_up_, false)) ::poll(nullptr, 0, static_cast<int>(poll_interval.count()));
    else ::poll(waiting, 2, static_cast<int>(poll_interval.count()));
    is_hung_up_ = ((waiting[0].revents | waiting[1].revents) & POLLHUP) != 0;
    report_->read_on();
    output_->read_on();
    return !has_ended();
  }
  bool has_ended() {
    if (!status_) {
      int status = 0;
      if (::waitpid(pid_, &status, WNOHANG) == pid_) status_ = status;
    }
    return status_.has_value();
  }
  int status() const { return status_.value_or(0); }
  void signal(int number) const { ::kill(pid_, number); }
  // It and all it made, as far as they did not leave its group.
  void kill_group() {
    ::kill(-pid_, SIGKILL);
    if (status_) return;
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) continue;
    status_ = status;
  }

 private:
  void spawn(const ConfigTrial::Order& order, const Pipe& report, const Pipe& output);

  pid_t pid_ = -1;
  std::optional<int> status_;
  std::optional<Reader> report_, output_;
  bool is_hung_up_ = false;
};

Child::Child(const ConfigTrial::Order& order) {
  const Pipe report, output;
  report_.emplace(report.ends[0], longest_report);
  output_.emplace(output.ends[0], kept_output);
  spawn(order, report, output);
  ::close(report.ends[1]);
  ::close(output.ends[1]);
}

void Child::spawn(const ConfigTrial::Order& order, const Pipe& report, const Pipe& output) {
  std::vector<std::string> words = order.command;
  words.insert(words.end(), {"checkconfig", "--report-fd", std::to_string(report_fd), "--memory",
                             std::to_string(order.limits.memory_mib), "--basedir", order.basedir.string(), "--",
                             order.file.string()});
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t files;
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&files, output.ends[1], STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&files, output.ends[1], STDERR_FILENO);
  ::posix_spawn_file_actions_adddup2(&files, report.ends[1], report_fd);
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  sigset_t none, all;
  ::sigemptyset(&none);
  ::sigfillset(&all);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  ::posix_spawnattr_setpgroup(&attributes, 0);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setsigdefault(&attributes, &all);
  std::vector<char*> environment = child_environment();
  const int error = ::posix_spawn(&pid_, order.program.c_str(), &files, &attributes, argv.data(), environment.data());
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&files);
  if (error != 0) throw std::system_error(error, std::generic_category(), "cannot start a process");
}

// The innermost line of the file in a traceback of faulthandler, most recent call first: "master.cfg:7: ", or "".
std::string place_in(const std::string& output, const std::string& file) {
  const std::string mark = "File \"" + file + "\", line ";
  const std::size_t found = output.find(mark);
  if (found == std::string::npos) return file + ": ";
  const std::size_t start = found + mark.size();
  const std::size_t end = output.find_first_not_of("0123456789", start);
  return fmt::format("{}:{}: ", file, output.substr(start, end == std::string::npos ? end : end - start));
}

// The report of the child itself; nullopt: there is none.
std::optional<ConfigTrial::Verdict> read_report(const Child& child) {
  const auto parsed = parse_json(child.report().substr(0, child.report().find('\n')));
  const JsonObject* report = parsed ? parsed->if_object() : nullptr;
  if (report == nullptr) return std::nullopt;
  const Json* pid = report->if_contains("pid");
  const Json* good = report->if_contains("good");
  const Json* problems = report->if_contains("problems");
  if (pid == nullptr || good == nullptr || problems == nullptr || !problems->is_array() || !good->is_bool() ||
      *pid != Json(child.pid())) {
    return std::nullopt;
  }
  ConfigTrial::Verdict verdict;
  for (const Json& problem : problems->get_array()) verdict.push_back(to_display_text(problem));
  if (!good->get_bool() && verdict.empty()) verdict.emplace_back("the file was refused without a reason");
  return verdict;
}

std::string describe_end(const Child& child, const std::string& file) {
  const int status = child.status();
  if (WIFSIGNALED(status)) {
    return fmt::format("{}the file crashed the process: signal {} ({})", place_in(child.output(), file),
                       WTERMSIG(status), ::strsignal(WTERMSIG(status)));
  }
  return fmt::format("{}: the file ended the process (exit status {})", file, WEXITSTATUS(status));
}

// A child that does not end says where it is when it is aborted.
std::string stop_slow(Child& child, const ConfigTrial::Order& order) {
  child.signal(SIGABRT);
  const auto end = steady_clock::now() + traceback_patience;
  while (child.wait_a_moment() && steady_clock::now() < end) continue;
  child.kill_group();
  return fmt::format("{}the file did not end within {:g} s: a loop that never ends, or something that waits (the limit is "
                     "KilnbotConfig[\"reload_timeout\"])",
                     place_in(child.output(), order.file.string()),
                     std::chrono::duration<double>(order.limits.time).count());
}

// Why the group must not go on; empty: it may.
std::string excess_of(pid_t group, const ConfigTrial::Order& order) {
  const GroupUse use = use_of_group(group);
  if (use.processes > most_processes) {
    return fmt::format("{}: the file started more than {} processes", order.file.string(), most_processes);
  }
  if (use.resident_bytes >> 20 > static_cast<std::uint64_t>(order.limits.memory_mib)) {
    return fmt::format("{}: the file and its processes used more than {} MiB of memory (the limit is "
                       "KilnbotConfig[\"reload_memory\"])",
                       order.file.string(), order.limits.memory_mib);
  }
  return {};
}

ConfigTrial::Verdict judge(const ConfigTrial::Order& order, const std::atomic<bool>& is_called_off) {
  Child child(order);
  const auto start = steady_clock::now();
  auto next_look = start + look_interval;
  while (child.wait_a_moment()) {
    if (is_called_off) return {"called off"};
    const auto now = steady_clock::now();
    if (now > start + order.limits.time) return {stop_slow(child, order)};
    if (now < next_look) continue;
    next_look = now + look_interval;
    if (const std::string excess = excess_of(child.pid(), order); !excess.empty()) {
      child.kill_group();
      return {excess};
    }
  }
  child.wait_a_moment();  // what it said last
  if (const int left = use_of_group(child.pid()).processes; left > 0) {
    log_warning("{}: {} processes that the file started were still running after it: ended", order.file.string(), left);
  }
  child.kill_group();
  if (auto verdict = read_report(child)) return *std::move(verdict);
  if (!child.output().empty()) log_info("the file's last output:\n{}", child.output());
  return {describe_end(child, order.file.string())};
}

}  // namespace

ConfigTrial::ConfigTrial(Order order, std::function<void(std::function<void()>)> post,
                         std::function<void(Verdict)> done) {
  thread_ = std::thread([order = std::move(order), post = std::move(post), done = std::move(done),
                         is_called_off = is_called_off_] {
    Verdict verdict;
    try {
      verdict = judge(order, *is_called_off);
    } catch (const std::exception& error) {
      verdict = {fmt::format("the file cannot be tried: {}", error.what())};
    }
    post([done, is_called_off, verdict = std::move(verdict)] {
      if (!*is_called_off) done(verdict);
    });
  });
}

// The thread notices within some milliseconds and has the child killed.
ConfigTrial::~ConfigTrial() {
  *is_called_off_ = true;
  thread_.join();
}

}  // namespace kiln::app
