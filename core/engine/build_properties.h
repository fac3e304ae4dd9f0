// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/secrets.h"
#include "core/engine/kernel.h"
#include "core/engine/state.h"
#include "core/script/template.h"

namespace kiln::engine {

// The properties a build is given, by upstream's precedence (semantics.md section 5), without its own.
// `builder` is what the build began with: meanwhile there may be another one, or none.
Properties given_properties(const script::Config& config, const RequestState& request,
                            const script::BuilderConfig& builder, const WorkerState& worker);
// Its own: those of its source, and null for its number.
void add_own_properties(Properties& properties, const BuildsetState& buildset);
// A builder that a build appears under in place of its own: none when no property says so.
struct VirtualBuilder {
  std::string name;
  std::optional<std::string> description, description_format;
  std::vector<std::string> tags;
};
std::optional<VirtualBuilder> virtual_builder(const Properties& properties, const script::BuilderConfig& builder);
// Adds the tag of such builders to the property that names tags, if there is one.
void mark_virtual_tags(Properties& properties);
// The value with secrets replaced in all texts of it.
Json masked_values(const Secrets& secrets, const Json& value);
Properties masked_values(const Secrets& secrets, const Properties& properties);
// Who is to blame or asked for the build: sorted; empty: nobody known.
JsonArray build_owners(const BuildsetState& buildset);
// basedir and builddir on the worker.
Properties directory_properties(const WorkerInfo& info, const script::BuilderConfig& builder);

// What templates of a build's steps may refer to.
class BuildScope : public script::RenderScope {
 public:
  BuildScope(const Properties& properties, const std::vector<SourceStamp>& stamps, const JsonObject& worker_info)
      : properties_(properties), stamps_(stamps), worker_info_(worker_info) {}

  const Json* property(std::string_view name) const override;
  std::optional<Json> source(std::string_view codebase, std::string_view attribute) const override;
  std::optional<Json> worker(std::string_view name) const override;
  std::optional<std::string> secret(std::string_view) const override { return std::nullopt; }
  std::optional<Json> keyword(std::string_view) const override { return std::nullopt; }

 private:
  const Properties& properties_;
  const std::vector<SourceStamp>& stamps_;
  const JsonObject& worker_info_;
};

}  // namespace kiln::engine
