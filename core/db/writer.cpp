// SPDX-License-Identifier: MIT
#include "core/db/writer.h"

#include <fmt/format.h>

#include <random>

#include "core/base/log.h"

namespace kiln::db {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr milliseconds lost_retry_delay = seconds(1);
constexpr milliseconds busy_retry_delay = milliseconds(20);
constexpr seconds stop_patience = seconds(10);
constexpr EpochSeconds batch_kept_s = 3600;

std::string new_uuid() {
  static thread_local std::mt19937_64 random{std::random_device{}()};
  const std::uint64_t a = random();
  const std::uint64_t b = random();
  return fmt::format("{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}", a >> 32U, (a >> 16U) & 0xFFFFU, a & 0xFFFU,
                     0x8000U | ((b >> 48U) & 0x3FFFU), b & 0xFFFFFFFFFFFFU);
}

// Failures that pass: the same batch is written again.
bool passes(Errc code) {
  return code == Errc::busy || code == Errc::broken || code == Errc::in_doubt || code == Errc::storage_full;
}

}  // namespace

Writer::Writer(Options options, std::unique_ptr<Connection> connection)
    : options_(std::move(options)), connection_(std::move(connection)) {}

Writer::~Writer() { stop(); }

void Writer::start(MasterId master) {
  KILN_CHECK(!thread_.joinable());
  master_ = master;
  thread_ = std::thread([this] { run(); });
}

void Writer::stop() {
  {
    const std::lock_guard lock(mutex_);
    if (!stopping_) give_up_at_ = steady_clock::now() + stop_patience;
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
  if (!queue_.empty()) log_error("database: stopping with {} units not written", std::exchange(queue_, {}).size());
}

void Writer::commit(Unit unit) {
  {
    const std::lock_guard lock(mutex_);
    queue_.push_back(std::move(unit));
    if (queue_.size() > 1) return;  // the thread knows already
  }
  wake_.notify_all();
}

void Writer::on_storage_lost(std::function<void(bool)> callback) { *storage_lost_callback_ = std::move(callback); }

void Writer::run() {
  for (;;) {
    Batch batch;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [&] { return stopping_ || !queue_.empty(); });
      if (queue_.empty()) return;
      batch.swap(queue_);
    }
    run_batch(std::move(batch));
  }
}

void Writer::run_batch(Batch batch) {
  auto outcomes = write_until_done(batch);
  if (!outcomes) {
    log_error("database: stopping with {} units not written", batch.size());
    return;
  }
  data_version_.fetch_add(1, std::memory_order_release);
  announce(std::move(batch), *std::move(outcomes));
}

std::optional<Writer::Outcomes> Writer::write_until_done(const Batch& batch) {
  bool unit_by_unit = false;
  batch_uuid_ = new_uuid();
  for (;;) {
    Outcomes outcomes;
    const Result<void> result = write_once(batch, unit_by_unit, outcomes);
    if (result.has_value() || (result.error().code == Errc::in_doubt && was_committed())) {
      set_storage_lost(false, {});
      return outcomes;
    }
    if (!passes(result.error().code) && !unit_by_unit) {
      // Some unit is refused. Written one by one, only that one is left out.
      unit_by_unit = true;
      continue;
    }
    retries_.fetch_add(1, std::memory_order_relaxed);
    log_warning("database: write failed, trying again: {}", result.error().what);
    if (!wait_until_usable(result.error())) return std::nullopt;
  }
}

bool Writer::wait_until_usable(const Error& error) {
  if (error.code == Errc::busy) return wait_before_retry(busy_retry_delay);
  set_storage_lost(true, error.what);
  for (;;) {
    if (!wait_before_retry(lost_retry_delay)) return false;
    if (error.code == Errc::storage_full || reconnect().has_value()) return true;
  }
}

Result<void> Writer::write_once(const Batch& batch, bool unit_by_unit, Outcomes& outcomes) {
  outcomes.reserve(batch.size());
  KILN_TRY(Transaction transaction, Transaction::begin(*connection_));
  KILN_TRY_VOID(stamp_batch());
  for (const Unit& unit : batch) {
    if (unit_by_unit) {
      KILN_TRY(Outcome outcome, write_in_savepoint(unit));
      outcomes.push_back(std::move(outcome));
    } else {
      KILN_TRY(Committed written, write_unit(unit));
      outcomes.push_back({std::move(written), std::nullopt});
    }
  }
  return transaction.commit();
}

Result<Writer::Outcome> Writer::write_in_savepoint(const Unit& unit) {
  KILN_TRY_VOID(connection_->script("SAVEPOINT kiln_unit"));
  Result<Committed> written = write_unit(unit);
  if (written.has_value()) {
    KILN_TRY_VOID(connection_->script("RELEASE SAVEPOINT kiln_unit"));
    return Outcome{*std::move(written), std::nullopt};
  }
  if (passes(written.error().code)) return written.error();
  KILN_TRY_VOID(connection_->script("ROLLBACK TO SAVEPOINT kiln_unit; RELEASE SAVEPOINT kiln_unit"));
  return Outcome{{}, written.error()};
}

Result<Committed> Writer::write_unit(const Unit& unit) {
  WriteContext context{*connection_, master_, options_.now(), {}};
  context.done.reserve(unit.writes.size());
  for (const Write& write : unit.writes) KILN_TRY_VOID(apply_write(context, write));
  return std::move(context.done);
}

// A SQLite commit is never in doubt.
Result<void> Writer::stamp_batch() {
  if (connection_->is_sqlite()) return {};
  const EpochSeconds now = options_.now();
  KILN_TRY_VOID(connection_->run("DELETE FROM kiln_batches WHERE committed_at < ?", now - batch_kept_s));
  KILN_TRY_VOID(connection_->run("INSERT INTO kiln_batches (uuid, committed_at) VALUES (?, ?)", batch_uuid_, now));
  return {};
}

bool Writer::was_committed() {
  while (reconnect().has_error()) {
    set_storage_lost(true, "the connection broke during a commit");
    if (!wait_before_retry(lost_retry_delay)) return false;
  }
  const auto count = connection_->integer("SELECT count(*) FROM kiln_batches WHERE uuid = ?", batch_uuid_);
  return count.has_value() && count->value_or(0) > 0;
}

Result<void> Writer::reconnect() {
  if (options_.url.in_memory) return {};  // the data would be another's
  KILN_TRY(auto fresh, connect(options_.url, Access::write));
  connection_ = std::move(fresh);
  return {};
}

void Writer::announce(Batch batch, Outcomes outcomes) {
  // std::function wants something copyable.
  struct News {
    Batch batch;
    Outcomes outcomes;
  };
  const auto news = std::make_shared<News>(News{std::move(batch), std::move(outcomes)});
  for (const Outcome& outcome : news->outcomes) {
    if (outcome.refused) log_error("database: a unit of work was refused: {}", outcome.refused->what);
  }
  options_.post_to_loop([news, refused = options_.on_unit_refused] {
    for (std::size_t i = 0; i < news->batch.size(); ++i) {
      const Outcome& outcome = news->outcomes[i];
      if (outcome.refused) {
        if (refused) refused(*outcome.refused);
        continue;
      }
      for (const Effect& effect : news->batch[i].effects) effect(outcome.written);
    }
  });
}

void Writer::set_storage_lost(bool lost, const std::string& why) {
  if (storage_lost_ == lost) return;
  storage_lost_ = lost;
  if (lost) {
    log_error("database: cannot write ({}): trying each second, no new work until then", why);
  } else {
    log_info("database: writing works again");
  }
  options_.post_to_loop([callback = storage_lost_callback_, lost] {
    if (*callback) (*callback)(lost);
  });
}

bool Writer::wait_before_retry(milliseconds delay) {
  std::unique_lock lock(mutex_);
  if (!stopping_) {
    wake_.wait_for(lock, delay, [&] { return stopping_; });
    return true;
  }
  // Stopping: no event will come any more, so this is the pause itself.
  lock.unlock();
  if (steady_clock::now() >= give_up_at_) return false;
  std::this_thread::sleep_for(std::min<steady_clock::duration>(delay, give_up_at_ - steady_clock::now()));
  return true;
}

}  // namespace kiln::db
