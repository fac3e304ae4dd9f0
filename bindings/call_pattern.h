// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <unordered_set>
#include <vector>

#include "bindings/python.h"

namespace kiln::bindings {

// How far the value of an argument decides whether a call is right.
struct FreeParameters {
  py::object any;    // names of those of which only the type counts (of strings also: empty, short or long)
  py::object texts;  // the same, but other values than strings count by themselves
  py::object order;  // names of the positional ones, a tuple
};

// What is left of a call's arguments when everything is taken away that cannot make it wrong. Borrows its objects.
class CallPattern {
 public:
  // False: there is an argument that nothing can be said about.
  bool take(const FreeParameters& free, const std::unordered_set<PyTypeObject*>& renderables, PyObject* args,
            PyObject* kwargs);
  bool operator==(const CallPattern& other) const;
  std::size_t hash() const { return hash_; }
  void hold() const;  // owns its objects from now on, until release()
  void release() const;

 private:
  enum class Kind : std::size_t { itself, value, type, empty_text, short_text, long_text };
  struct Token {
    PyObject* name;  // null: positional
    PyObject* what;
    Kind kind;
  };

  bool add(const FreeParameters& free, const std::unordered_set<PyTypeObject*>& renderables, PyObject* given_as,
           PyObject* name, PyObject* value);
  bool add_by_value(PyObject* given_as, PyObject* value);
  void add_token(const Token& token, std::size_t hash);

  std::vector<Token> tokens_;
  std::size_t hash_ = 0;
};

struct CallPatternHash {
  std::size_t operator()(const CallPattern& pattern) const { return pattern.hash(); }
};
using CallPatterns = std::unordered_set<CallPattern, CallPatternHash>;

}  // namespace kiln::bindings
