// SPDX-License-Identifier: MIT
#include "core/files/file_end.h"

namespace kiln::files {
namespace {

Error wrong_verb(const char* verb) {
  return make_error(Errc::bad_input, std::string("this transfer has no \"") + verb + "\"");
}

}  // namespace

Result<void> FileEnd::write(std::string_view) { return wrong_verb("write"); }
Result<void> FileEnd::set_times(double, double) { return wrong_verb("utime"); }
Result<void> FileEnd::unpack() { return wrong_verb("unpack"); }
Result<std::string> FileEnd::read(std::size_t) { return wrong_verb("read"); }
Result<void> FileEnd::close() { return wrong_verb("close"); }

Result<std::unique_ptr<FileEnd>> open_file_end(const script::TransferPlan& plan) {
  using Kind = script::TransferPlan::Kind;
  switch (plan.kind) {
    case Kind::upload_file: return open_file_upload(plan);
    case Kind::upload_directory: return open_directory_upload(plan);
    case Kind::download_file:
    case Kind::download_text: return open_download(plan);
  }
  return make_error(Errc::bad_input, "unknown kind of transfer");
}

}  // namespace kiln::files
