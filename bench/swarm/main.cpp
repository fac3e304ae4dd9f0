// SPDX-License-Identifier: MIT
// Plays many workers that speak Perspective Broker, in one process, against any compatible master. Says what happens as
// JSON lines on its output, with the same events and options as swarm.py, of which it is the fast twin.
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <deque>

#include "bench/swarm/worker.h"

namespace {

namespace asio = boost::asio;
using kiln::swarm::Totals;
using kiln::swarm::Worker;
using kiln::swarm::WorkerNeeds;

struct Options {
  std::string master = "127.0.0.1:9989";
  std::size_t workers = 50;
  std::size_t first = 0;
  std::string password = "pw";
  std::size_t parallel = 100;
  std::size_t window = 64;
  double retry = 1.0;
  double max_seconds = 3600;
};

Options parse(int argc, char** argv) {
  Options options;
  CLI::App app("Plays workers for a Buildbot-compatible master");
  app.add_option("--master", options.master, "HOST:PORT of the workers' port")->capture_default_str();
  app.add_option("--workers", options.workers, "How many")->capture_default_str();
  app.add_option("--first", options.first, "Number of the first: they are called w0, w1 ...")->capture_default_str();
  app.add_option("--password", options.password, "Of all of them")->capture_default_str();
  app.add_option("--parallel", options.parallel, "Logins under way at once")->capture_default_str();
  app.add_option("--window", options.window, "Unanswered output updates of a command")->capture_default_str();
  app.add_option("--retry", options.retry, "Seconds before a reconnect")->capture_default_str();
  app.add_option("--max-seconds", options.max_seconds, "Ends by itself after this time")->capture_default_str();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::exit(app.exit(error));
  }
  return options;
}

asio::ip::tcp::endpoint endpoint_of(const std::string& master) {
  const auto colon = master.rfind(':');
  if (colon == std::string::npos) throw std::runtime_error(fmt::format("'{}' is not HOST:PORT", master));
  return {asio::ip::make_address(master.substr(0, colon)),
          static_cast<asio::ip::port_type>(std::stoul(master.substr(colon + 1)))};
}

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6; };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

class Swarm {
 public:
  explicit Swarm(Options options)
      : options_(std::move(options)),
        signals_(io_, SIGTERM, SIGINT),
        end_(io_),
        parent_watch_(io_),
        parent_(::getppid()),
        needs_{io_.get_executor(), endpoint_of(options_.master), options_.password, options_.window, totals_} {}

  void run() {
    for (std::size_t i = 0; i < options_.workers; ++i) queue_.push_back(fmt::format("w{}", options_.first + i));
    signals_.async_wait([this](const boost::system::error_code& error, int) {
      if (!error) io_.stop();
    });
    end_.expires_after(std::chrono::milliseconds(static_cast<std::int64_t>(options_.max_seconds * 1e3)));
    end_.async_wait([this](const boost::system::error_code& error) {
      if (!error) io_.stop();
    });
    watch_parent();
    connect_more();
    io_.run();
    say("end");
  }

 private:
  void connect_more() {
    while (logging_in_ < options_.parallel && !queue_.empty()) {
      std::string name = std::move(queue_.front());
      queue_.pop_front();
      connect(std::move(name));
    }
  }

  void connect(std::string name) {
    ++logging_in_;
    const auto worker = std::make_shared<Worker>(needs_, name);
    worker->start([this](const std::string& error) { settled(error); }, [this, name] { again_later(name); });
  }

  void settled(const std::string& error) {
    --logging_in_;
    if (!error.empty() && totals_.rejected <= 5) say("error", error);
    if (totals_.up == options_.workers) say("all_attached");
    asio::post(io_, [this] { connect_more(); });
  }

  void again_later(const std::string& name) {
    const auto timer = std::make_shared<asio::steady_timer>(io_);
    timer->expires_after(std::chrono::milliseconds(static_cast<std::int64_t>(options_.retry * 1e3)));
    timer->async_wait([this, timer, name](const boost::system::error_code& error) {
      if (error) return;
      queue_.push_back(name);
      connect_more();
    });
  }

  // Never outlives the benchmark that started it.
  void watch_parent() {
    if (::getppid() != parent_) return io_.stop();
    parent_watch_.expires_after(std::chrono::seconds(1));
    parent_watch_.async_wait([this](const boost::system::error_code& error) {
      if (!error) watch_parent();
    });
  }

  void say(const char* event, const std::string& error = {}) const {
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - began_;
    kiln::JsonObject line{{"event", event},
                          {"secs", elapsed.count()},
                          {"cpu", cpu_seconds()},
                          {"attached", totals_.attached},
                          {"lost", totals_.lost},
                          {"msgs_in", totals_.msgs_in},
                          {"msgs_out", totals_.msgs_out},
                          {"commands", totals_.commands},
                          {"builds", totals_.builds},
                          {"payload", totals_.payload},
                          {"rejected", totals_.rejected}};
    if (!error.empty()) line["text"] = error;
    fmt::print("{}\n", boost::json::serialize(line));
    std::fflush(stdout);
  }

  const Options options_;
  asio::io_context io_{1};
  asio::signal_set signals_;
  asio::steady_timer end_;
  asio::steady_timer parent_watch_;
  const pid_t parent_;
  Totals totals_;
  const WorkerNeeds needs_;
  std::deque<std::string> queue_;
  std::size_t logging_in_ = 0;
  const std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
};

}  // namespace

int main(int argc, char** argv) {
  try {
    Swarm(parse(argc, argv)).run();
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}
