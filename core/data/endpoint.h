// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/base/json.h"
#include "core/base/result.h"
#include "core/model/field.h"
#include "core/model/result_spec.h"

namespace kiln::data {

// What the variable elements of a path stood for, by name: numbers for `n:`, text for the others.
class PathArgs {
 public:
  struct Arg {
    std::string name;
    std::variant<std::int64_t, std::string> value;
  };
  void add(Arg arg) { args_.push_back(std::move(arg)); }
  std::optional<std::int64_t> number(std::string_view name) const;
  const std::string* text(std::string_view name) const;  // null: absent or a number
  // As Python shows a dict.
  std::string repr() const;

 private:
  std::vector<Arg> args_;
};

enum class EndpointKind { collection, single, raw, raw_inline };

struct Query;    // handlers.h
struct RowText;  // handlers.h
using Handler = Result<RowText> (*)(const Query&);

// One thing that can be asked for, under one or more paths.
struct Endpoint {
  EndpointKind kind;
  std::string_view type;
  std::string_view plural;
  std::span<const FieldInfo> fields;
  std::vector<std::string_view> patterns;  // "builds/n:buildid/steps"
  Handler handler;
  bool is_root = false;  // listed by rootlinks
  bool is_own = false;   // Buildbot has none such: application.spec, which is Buildbot's, leaves it out

  std::string not_found_text(const PathArgs& args) const;
};

// All of them, in the order that decides between patterns that both match.
std::span<const Endpoint> endpoints();

struct EndpointMatch {
  const Endpoint* endpoint;
  PathArgs args;
};
// `path`: decoded elements. Errors: not_found "Invalid path: a/b".
Result<EndpointMatch> match_endpoint(std::span<const std::string> path);

std::vector<std::string> split_path(std::string_view path);

}  // namespace kiln::data
