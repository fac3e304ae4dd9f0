// SPDX-License-Identifier: MIT
#pragma once

#include <catch2/catch_tostring.hpp>
#include <string>

#include "core/base/result.h"

// Lets Catch2 print a Result whose value has no operator<<: include it in each test that checks Results.
template <class T>
struct Catch::StringMaker<boost::system::result<T, kiln::Error>> {
  static std::string convert(const boost::system::result<T, kiln::Error>& result) {
    if (result.has_value()) return "ok";
    return std::string(kiln::to_string(result.error().code)) + ": " + result.error().what;
  }
};
