// SPDX-License-Identifier: MIT
// The one place that compiles Beast's sources.
#include <boost/beast/src.hpp>
