// SPDX-License-Identifier: MIT
#include "core/app/try_jobdirs.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include "core/base/log.h"
#include "core/wire/try_job.h"

namespace kiln::app {
namespace {

namespace fs = std::filesystem;

// A look takes no more than this, so that a flood of files holds up nobody else.
constexpr std::size_t most_at_once = 50;

std::string quoted(const std::string& name) { return dump_json(Json(name)); }

// Only regular files, and without waiting: a pipe or a link to one must not stop the master.
Result<std::string> read_job(const fs::path& file) {
  const int fd = ::open(file.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) return make_error(Errc::bad_input, fmt::format("it cannot be read: {}", std::strerror(errno)));
  const std::unique_ptr<const int, void (*)(const int*)> closing(&fd, [](const int* open) { ::close(*open); });
  struct stat known{};
  if (::fstat(fd, &known) != 0 || !S_ISREG(known.st_mode)) return make_error(Errc::bad_input, "it is no file");
  if (static_cast<std::uintmax_t>(known.st_size) > TryJobdirs::largest_job) {
    return make_error(Errc::bad_input,
                      fmt::format("it has {} bytes, more than {}", known.st_size, TryJobdirs::largest_job));
  }
  std::string bytes(static_cast<std::size_t>(known.st_size), '\0');
  std::size_t got = 0;
  while (got < bytes.size()) {
    const ssize_t count = ::read(fd, bytes.data() + got, bytes.size() - got);
    if (count <= 0) break;
    got += static_cast<std::size_t>(count);
  }
  bytes.resize(got);
  return bytes;
}

}  // namespace

void TryJobdirs::configure(const script::Config& config) {
  dirs_.clear();
  stuck_.clear();
  for (const auto& scheduler : config.schedulers) {
    if (scheduler->kind != script::SchedulerConfig::Kind::try_jobdir) continue;
    const fs::path dir = base_ / scheduler->jobdir;
    for (const char* part : {"new", "cur", "tmp"}) {
      std::error_code error;
      fs::create_directories(dir / part, error);
      if (error) log_error("scheduler \"{}\": {}: {}", scheduler->name, (dir / part).string(), error.message());
    }
    dirs_[scheduler->name] = dir;
  }
  timer_.reset();
  if (!dirs_.empty()) timer_ = clock_.call_after(std::chrono::milliseconds(0), [this] { look(); });
}

void TryJobdirs::look() {
  is_waiting_ = false;
  for (const auto& [scheduler, dir] : dirs_) look_into(scheduler, dir);
  std::erase_if(dirs_, [this](const auto& item) { return stuck_.contains(item.first); });
  timer_ = clock_.call_after(interval, [this] { look(); });
}

void TryJobdirs::look_into(const std::string& scheduler, const fs::path& dir) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator it(dir / "new", error), end; !error && it != end; it.increment(error)) {
    std::string name = it->path().filename().string();
    if (!name.starts_with('.')) names.push_back(std::move(name));
  }
  std::sort(names.begin(), names.end());
  if (names.size() > most_at_once) names.resize(most_at_once);
  for (const std::string& name : names) {
    if (!stuck_.contains(scheduler) && !is_waiting_) take(scheduler, dir, name);
  }
}

void TryJobdirs::put_back(const fs::path& dir, const std::string& name) {
  std::error_code error;
  fs::rename(dir / "cur" / name, dir / "new" / name, error);
  if (error) log_error("the job {} cannot be moved back: {}", quoted((dir / "cur" / name).string()), error.message());
}

// Moved first: whatever becomes of it, it is not read a second time.
void TryJobdirs::take(const std::string& scheduler, const fs::path& dir, const std::string& name) {
  const fs::path file = dir / "cur" / name;
  std::error_code error;
  fs::rename(dir / "new" / name, file, error);
  if (error) {
    log_error("scheduler \"{}\": the job {} cannot be moved, nor any other until the next reconfiguration: {}", scheduler,
              quoted(name), error.message());
    stuck_.insert(scheduler);
    return;
  }
  auto bytes = read_job(file);
  auto job = bytes ? wire::read_job_file(*bytes) : Result<wire::TryJob>(bytes.error());
  if (!job) {
    log_error("scheduler \"{}\": {} is no job: {}", scheduler, quoted(file.string()), job.error().what);
    return;
  }
  host_.submit_try(scheduler, *std::move(job), [this, scheduler, dir, name](const auto& done) {
    is_waiting_ = !done && done.error().code == Errc::storage_full;
    if (done) log_info("scheduler \"{}\": job {}", scheduler, quoted(name));
    if (is_waiting_) put_back(dir, name);
    const bool is_news = !std::exchange(was_told_, is_waiting_);
    if (done || (is_waiting_ && !is_news)) return;
    log_error("scheduler \"{}\": the job {} is not built{}: {}", scheduler, quoted(name), is_waiting_ ? " yet" : "",
              done.error().what);
  });
}

}  // namespace kiln::app
