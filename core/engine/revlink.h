// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

namespace kiln::engine {

// The page that shows a revision of a repository on a host known by its URL: GitHub, Bitbucket, SourceForge.
// Empty for any other repository.
std::string known_revlink(std::string_view repository, std::string_view revision);

}  // namespace kiln::engine
