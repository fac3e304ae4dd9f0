// SPDX-License-Identifier: MIT
// A job file of anybody's: it is read, or refused in words.
#include <cstdint>
#include <string_view>

#include "core/base/result.h"
#include "core/wire/try_job.h"

using namespace kiln;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto job = wire::read_job_file({reinterpret_cast<const char*>(data), size});
  if (job) {
    KILN_CHECK(!job->branch || !job->branch->empty());
  } else {
    KILN_CHECK(!job.error().what.empty());
  }
  return 0;
}
