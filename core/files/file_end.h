// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/script/transfer.h"

namespace kiln::files {

// The file work of one transfer, blocking: script::Transfer's verbs. Used by one thread at a time. Destroying it undoes
// what was not closed.
class FileEnd {
 public:
  virtual ~FileEnd() = default;
  virtual Result<void> write(std::string_view bytes);
  virtual Result<void> set_times(double accessed, double modified);
  virtual Result<void> unpack();
  virtual Result<std::string> read(std::size_t length);
  virtual Result<void> close();
};

// Opens the file, or makes the temporary one beside the target and the directories above it.
Result<std::unique_ptr<FileEnd>> open_file_end(const script::TransferPlan& plan);

Result<std::unique_ptr<FileEnd>> open_file_upload(const script::TransferPlan& plan);
Result<std::unique_ptr<FileEnd>> open_directory_upload(const script::TransferPlan& plan);
Result<std::unique_ptr<FileEnd>> open_download(const script::TransferPlan& plan);

}  // namespace kiln::files
