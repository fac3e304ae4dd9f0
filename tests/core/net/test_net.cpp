// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <catch2/catch_test_macros.hpp>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <thread>

#include "core/net/asio_clock.h"
#include "core/net/deadline.h"
#include "core/net/listener.h"
#include "core/net/task_group.h"
#include "tests/support/result_text.h"

namespace kiln::net {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

void run_until(asio::io_context& io, const std::function<bool()>& is_done) {
  const auto deadline = std::chrono::steady_clock::now() + 20s;
  while (!is_done()) {
    REQUIRE(std::chrono::steady_clock::now() < deadline);
    io.restart();
    io.run_one_for(1s);
  }
}

Task<void> wait_long(bool& has_started, bool& was_cancelled) {
  asio::steady_timer timer(co_await asio::this_coro::executor, 1h);
  has_started = true;
  const auto [error] = co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
  was_cancelled = error == asio::error::operation_aborted;
}

Task<Result<int>> answer_after(std::chrono::milliseconds delay, int value) {
  asio::steady_timer timer(co_await asio::this_coro::executor, delay);
  co_await timer.async_wait(asio::use_awaitable);
  co_return value;
}

Endpoint local(const std::string& port = "0") { return parse_endpoint("tcp:" + port + ":interface=127.0.0.1").value(); }

TEST_CASE("a listener on port 0 reports the port and accepts there") {
  asio::io_context io;
  std::string peer;
  const auto listener = std::move(
      Listener::open(io.get_executor(), local(), [&](Socket socket) { peer = peer_name(socket); }).value());
  REQUIRE(listener->port() != 0);

  asio::ip::tcp::socket client(io);
  client.connect({asio::ip::make_address("127.0.0.1"), listener->port()});

  run_until(io, [&] { return !peer.empty(); });
  REQUIRE(peer == "127.0.0.1");
}

TEST_CASE("processes that are started do not inherit connections") {
  asio::io_context io;
  bool is_checked = false;
  const auto listener = std::move(Listener::open(io.get_executor(), local(), [&](Socket socket) {
    REQUIRE(::fcntl(socket.native_handle(), F_GETFD) == FD_CLOEXEC);
    is_checked = true;
  }).value());
  asio::ip::tcp::socket client(io);
  client.connect({asio::ip::make_address("127.0.0.1"), listener->port()});
  run_until(io, [&] { return is_checked; });
}

TEST_CASE("a port in use is a clear error that names it") {
  asio::io_context io;
  const auto first = std::move(Listener::open(io.get_executor(), local(), [](Socket) {}).value());
  const auto second = Listener::open(io.get_executor(), local(std::to_string(first->port())), [](Socket) {});

  REQUIRE(second.has_error());
  REQUIRE(second.error().code == Errc::conflict);
  REQUIRE(second.error().what ==
          "cannot listen on tcp port " + std::to_string(first->port()) + " on 127.0.0.1: address in use");
}

TEST_CASE("a closed listener's port can be opened again at once") {
  asio::io_context io;
  auto first = std::move(Listener::open(io.get_executor(), local(), [](Socket) {}).value());
  const auto port = std::to_string(first->port());
  asio::ip::tcp::socket client(io);
  client.connect({asio::ip::make_address("127.0.0.1"), first->port()});
  io.poll();
  first.reset();

  REQUIRE(Listener::open(io.get_executor(), local(port), [](Socket) {}).has_value());
}

TEST_CASE("a unix socket replaces a stale one but not a living one") {
  asio::io_context io;
  const auto path = (std::filesystem::temp_directory_path() / ("kiln-net-" + std::to_string(::getpid()))).string();
  {
    asio::local::stream_protocol::acceptor stale(io);
    stale.open();
    stale.bind(asio::local::stream_protocol::endpoint(path));
  }
  const Endpoint endpoint = parse_endpoint("unix:" + path + ":mode=600").value();
  auto listener = std::move(Listener::open(io.get_executor(), endpoint, [](Socket) {}).value());
  REQUIRE((std::filesystem::status(path).permissions() & std::filesystem::perms::others_all) ==
          std::filesystem::perms::none);
  REQUIRE(Listener::open(io.get_executor(), endpoint, [](Socket) {}).error().code == Errc::conflict);

  listener.reset();
  REQUIRE_FALSE(std::filesystem::exists(path));
}

TEST_CASE("an ssl endpoint without its files is refused naming the file") {
  asio::io_context io;
  const Endpoint endpoint = parse_endpoint("ssl:0:interface=127.0.0.1:privateKey=/nowhere/k.pem").value();
  const auto listener = Listener::open(io.get_executor(), endpoint, [](Socket) {});
  REQUIRE(listener.error().code == Errc::bad_input);
  REQUIRE(listener.error().what.find("/nowhere/k.pem") != std::string::npos);
}

TEST_CASE("a TLS stream carries bytes both ways") {
  const auto pem = std::filesystem::temp_directory_path() / ("kiln-net-" + std::to_string(::getpid()) + ".pem");
  const std::string make = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj "
                           "/CN=localhost -keyout " + pem.string() + " -out " + pem.string() + ".crt 2>/dev/null";
  REQUIRE(std::system(make.c_str()) == 0);
  asio::io_context io;
  TaskGroup group(io.get_executor());
  const Endpoint endpoint = parse_endpoint("ssl:0:interface=127.0.0.1:privateKey=" + pem.string() + ":certKey=" +
                                           pem.string() + ".crt").value();
  std::vector<char> scratch(1000);
  const auto serve = [&scratch](std::unique_ptr<Stream> stream) -> Task<void> {
    if (!co_await stream->start()) co_return;
    const auto bytes = co_await stream->read(scratch);
    if (bytes) co_await stream->write("got " + std::string(bytes->data(), bytes->size()));
  };
  TlsContext tls;
  const auto listener = std::move(Listener::open(io.get_executor(), endpoint, [&](Socket socket) {
    group.spawn("server", serve(make_stream(std::move(socket), tls)));
  }).value());
  tls = listener->tls();

  std::string answer;
  std::thread client([&, port = listener->port()] {
    asio::io_context own;
    asio::ssl::context context(asio::ssl::context::tls_client);
    asio::ssl::stream<asio::ip::tcp::socket> stream(own, context);
    stream.next_layer().connect({asio::ip::make_address("127.0.0.1"), port});
    stream.handshake(asio::ssl::stream_base::client);
    asio::write(stream, asio::buffer(std::string("hello")));
    std::string buffer(100, '\0');
    buffer.resize(stream.read_some(asio::buffer(buffer)));
    asio::post(io, [&answer, buffer] { answer = buffer; });
  });
  run_until(io, [&] { return !answer.empty(); });
  client.join();
  std::filesystem::remove(pem);
  std::filesystem::remove(pem.string() + ".crt");

  REQUIRE(answer == "got hello");
}

TEST_CASE("a task group cancels what has not ended by its deadline") {
  asio::io_context io;
  TaskGroup group(io.get_executor());
  bool has_started = false;
  bool was_cancelled = false;
  group.spawn("waiter", wait_long(has_started, was_cancelled));
  std::optional<std::size_t> cut;
  group.shut_down(1ms, [&](std::size_t count) { cut = count; });

  run_until(io, [&] { return cut.has_value(); });

  REQUIRE(has_started);
  REQUIRE(was_cancelled);
  REQUIRE(*cut == 1);
  REQUIRE(group.size() == 0);
}

TEST_CASE("a task group whose tasks have ended is shut down without waiting") {
  asio::io_context io;
  TaskGroup group(io.get_executor());
  group.spawn("thrower", []() -> Task<void> {
    throw std::runtime_error("a task that fails ends alone");
    co_return;
  }());
  std::optional<std::size_t> cut;
  group.shut_down(1h, [&](std::size_t count) { cut = count; });

  run_until(io, [&] { return cut.has_value(); });

  REQUIRE(*cut == 0);
}

TEST_CASE("destroying a task group ends its tasks") {
  asio::io_context io;
  bool has_started = false;
  bool was_cancelled = false;
  {
    TaskGroup group(io.get_executor());
    group.spawn("waiter", wait_long(has_started, was_cancelled));
    run_until(io, [&] { return has_started; });
  }
  run_until(io, [&] { return was_cancelled; });
}

TEST_CASE("with_deadline gives the result of what is quick and a timeout for what is not") {
  asio::io_context io;
  TaskGroup group(io.get_executor());
  std::vector<Result<int>> results;
  group.spawn("both", [](std::vector<Result<int>>& out) -> Task<void> {
    out.push_back(co_await with_deadline(answer_after(0ms, 5), 1h, "the quick one"));
    out.push_back(co_await with_deadline(answer_after(1h, 6), 1ms, "the slow one"));
  }(results));

  run_until(io, [&] { return results.size() == 2; });

  REQUIRE(results[0].value() == 5);
  REQUIRE(results[1].error().code == Errc::timeout);
  REQUIRE(results[1].error().what == "the slow one took more than 1 ms");
}

TEST_CASE("timers of the real clock fire once, and not when destroyed") {
  asio::io_context io;
  AsioClock clock(io.get_executor());
  int fired = 0;
  bool never = false;
  bool is_over = false;
  std::unique_ptr<Timer> kept = clock.call_after(0ms, [&] {
    ++fired;
    kept.reset();  // a callback may destroy its own timer
  });
  std::unique_ptr<Timer> dropped = clock.call_after(0ms, [&] { never = true; });
  dropped.reset();
  const auto last = clock.call_after(20ms, [&] { is_over = true; });
  REQUIRE(fired == 0);

  run_until(io, [&] { return is_over; });

  REQUIRE(fired == 1);
  REQUIRE_FALSE(never);
  REQUIRE(clock.now_s() > 1'700'000'000);
}

}  // namespace
}  // namespace kiln::net
