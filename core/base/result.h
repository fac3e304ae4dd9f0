// SPDX-License-Identifier: MIT
#pragma once

#include <boost/system/result.hpp>
#include <functional>
#include <source_location>
#include <stdexcept>
#include <ostream>
#include <string>
#include <utility>

namespace kiln {

// The kinds of failure that callers tell apart.
enum class Errc {
  not_found,      // no such row, file or name
  conflict,       // somebody else was first, or the name is taken
  bad_input,      // the caller or a peer sent something wrong
  forbidden,      // not allowed to do this
  peer_gone,      // the connection ended
  timeout,        // the deadline passed
  busy,           // try again: the database or resource is locked
  broken,         // the connection to the database broke before commit
  in_doubt,       // the connection broke during commit: outcome unknown
  storage_full,   // disk full or read-only
  not_supported,  // this verb does not exist here
  script,         // user code raised
  cancelled,      // the operation was called off
  fatal,          // cannot go on
};

const char* to_string(Errc code);

// `what` says what was tried, on what, why it failed and what to do: lower case, no full stop.
struct Error {
  Errc code = Errc::fatal;
  std::string what;
  std::source_location where = std::source_location::current();
};

inline std::ostream& operator<<(std::ostream& out, const Error& error) {
  return out << to_string(error.code) << ": " << error.what;
}

inline Error make_error(Errc code, std::string what,
                        std::source_location where = std::source_location::current()) {
  return Error{code, std::move(what), where};
}

template <class T = void>
using Result = boost::system::result<T, Error>;

// What Result::value() throws on an error; meant for start-up code and tests.
class ErrorException : public std::runtime_error {
 public:
  explicit ErrorException(Error error) : std::runtime_error(error.what), error_(std::move(error)) {}
  const Error& error() const { return error_; }

 private:
  Error error_;
};

[[noreturn]] void throw_exception_from_error(const Error& error, const boost::source_location& where);

// The completion of something asynchronous. Each API says on which thread it is called.
template <class T = void>
using Reply = std::function<void(Result<T>)>;

[[noreturn]] void check_failed(const char* condition, const std::source_location& where);

}  // namespace kiln

// For bugs only: logs the condition and aborts.
#define KILN_CHECK(condition) \
  ((condition) ? void() : ::kiln::check_failed(#condition, std::source_location::current()))
