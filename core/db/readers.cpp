// SPDX-License-Identifier: MIT
#include "core/db/readers.h"

namespace kiln::db {

Readers::Readers(const DatabaseUrl& url, int count) {
  for (int i = 0; i < count; ++i) {
    threads_.emplace_back([this, url] { run(Reader(url)); });
  }
}

Readers::~Readers() { stop(); }

void Readers::add(Job job) {
  {
    const std::lock_guard lock(mutex_);
    jobs_.push_back(std::move(job));
  }
  wake_.notify_one();
}

void Readers::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

void Readers::run(Reader reader) {
  for (;;) {
    Job job;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [&] { return stopping_ || !jobs_.empty(); });
      if (jobs_.empty()) return;
      job = std::move(jobs_.front());
      jobs_.pop_front();
    }
    job(reader);
  }
}

}  // namespace kiln::db
