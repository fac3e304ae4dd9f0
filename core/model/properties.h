// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/json.h"

namespace kiln {

struct Property {
  std::string name;
  Json value;
  std::string source;
  bool runtime = false;  // set while a build ran: not carried over by a rebuild

  friend bool operator==(const Property&, const Property&) = default;
};

// Named values with the place each came from, in order of first setting. A value type.
class Properties {
 public:
  const Property* find(std::string_view name) const;
  void set(std::string_view name, Json value, std::string_view source, bool runtime = false);
  void set_if_missing(std::string_view name, const Json& value, std::string_view source);
  // All of `other` with their own sources; they win.
  void update(const Properties& other);
  bool empty() const { return items_.empty(); }
  std::size_t size() const { return items_.size(); }
  auto begin() const { return items_.begin(); }
  auto end() const { return items_.end(); }
  friend bool operator==(const Properties&, const Properties&) = default;

 private:
  std::vector<Property> items_;
};

}  // namespace kiln
