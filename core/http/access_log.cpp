// SPDX-License-Identifier: MIT
#include "core/http/access_log.h"

#include <fmt/format.h>

#include <array>
#include <ctime>

#include "core/base/log.h"
#include "core/http/log_text.h"

namespace kiln::http {
namespace {

constexpr std::size_t block_bytes = 64 * 1024;

// Made anew once a second at most.
const std::string& log_time() {
  thread_local std::time_t made_at = 0;
  thread_local std::string text;
  const std::time_t now = std::time(nullptr);
  if (now != made_at) {
    made_at = now;
    std::tm parts{};
    gmtime_r(&now, &parts);
    std::array<char, 64> buffer{};
    text.assign(buffer.data(), std::strftime(buffer.data(), buffer.size(), "%d/%b/%Y:%H:%M:%S +0000", &parts));
  }
  return text;
}

// What a client sent may not end the quotes or the line.
void append_quoted(std::string& out, std::string_view text) {
  constexpr std::size_t max_text = 2000;
  out += '"';
  for (const char c : text.substr(0, max_text)) {
    if (static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\' || c == 0x7F) {
      fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  out += '"';
}

std::string_view or_dash(std::string_view text) { return text.empty() ? std::string_view("-") : text; }

// One word: the field has no quotes.
std::string user_field(const script::User& user) {
  std::string name = log_text(user.owner());
  for (char& c : name) {
    if (c == ' ' || c == '"' || c == '[' || c == ']') c = '_';
  }
  return name;
}

}  // namespace

AccessLog::AccessLog(Options options) : options_(std::move(options)) {
  if (!options_.file.empty()) open();
}

AccessLog::~AccessLog() { flush(); }

void AccessLog::open() {
  file_.reset(std::fopen(options_.file.c_str(), "ae"));
  if (file_ == nullptr) {
    log_error("cannot write the access log '{}'", options_.file.string());
    return;
  }
  std::error_code error;
  const auto size = std::filesystem::file_size(options_.file, error);
  file_bytes_ = error ? 0 : static_cast<std::size_t>(size);
}

void AccessLog::add(const Request& request, int status, std::size_t body_bytes) {
  if (file_ == nullptr) return;
  pending_ += or_dash(request.peer);
  pending_ += " - ";
  pending_ += request.user.is_anonymous() ? "-" : user_field(request.user);
  pending_ += " [";
  pending_ += log_time();
  pending_ += "] ";
  append_quoted(pending_, fmt::format("{} {} HTTP/{}", request.method, request.target,
                                      request.is_http_1_0 ? "1.0" : "1.1"));
  fmt::format_to(std::back_inserter(pending_), " {} {} ", status, body_bytes);
  append_quoted(pending_, or_dash(request.header("referer")));
  pending_ += ' ';
  append_quoted(pending_, or_dash(request.header("user-agent")));
  pending_ += '\n';
  if (pending_.size() >= block_bytes) flush();
}

void AccessLog::flush() {
  if (file_ == nullptr || pending_.empty()) return;
  if (options_.max_bytes > 0 && file_bytes_ + pending_.size() > options_.max_bytes && file_bytes_ > 0) rotate();
  if (file_ != nullptr) {
    std::fwrite(pending_.data(), 1, pending_.size(), file_.get());
    std::fflush(file_.get());
    file_bytes_ += pending_.size();
  }
  pending_.clear();
}

void AccessLog::rotate() {
  file_.reset();
  const auto numbered = [&](int n) { return std::filesystem::path(options_.file.string() + "." + std::to_string(n)); };
  std::error_code ignored;  // a missing old file is no error, a failed rename keeps writing to the same one
  int last = 1;
  while (std::filesystem::exists(numbered(last), ignored)) ++last;
  for (int n = last; n >= 1; --n) {
    if (options_.max_files >= 0 && n > options_.max_files) {
      std::filesystem::remove(numbered(n), ignored);
      continue;
    }
    std::filesystem::rename(n == 1 ? options_.file : numbered(n - 1), numbered(n), ignored);
  }
  open();
}

}  // namespace kiln::http
