// SPDX-License-Identifier: MIT
#include "core/session/msgpack_commands.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

namespace kiln::session {
namespace {

using wire::Arg;
using wire::ArgDict;
using wire::ArgItem;

Error missing(std::string_view name) {
  return make_error(Errc::bad_input, "the argument \"" + std::string(name) + "\" is missing or no text");
}

Arg* find(ArgDict& args, std::string_view name) {
  const auto found = std::find_if(args.begin(), args.end(), [&](const ArgItem& item) { return item.name == name; });
  return found == args.end() ? nullptr : &found->value;
}

void drop(ArgDict& args, std::string_view name) {
  std::erase_if(args, [&](const ArgItem& item) { return item.name == name; });
}

std::optional<std::string> text_of(const Arg& arg) {
  const auto* json = std::get_if<Json>(&arg.data);
  if (json == nullptr || !json->is_string()) return std::nullopt;
  return std::string(json->get_string());
}

Result<std::string> text(ArgDict& args, std::string_view name) {
  const Arg* arg = find(args, name);
  const auto value = arg == nullptr ? std::nullopt : text_of(*arg);
  if (!value) return missing(name);
  return *value;
}

class Translator {
 public:
  Translator(ArgDict args, const WorkerPaths& paths, const std::string& builder_dir)
      : args_(std::move(args)), paths_(paths), builder_dir_(builder_dir) {}

  ArgDict take() { return std::move(args_); }

  Result<> shell() {
    const auto workdir = text(args_, "workdir");
    if (!workdir) return workdir.error();
    find(args_, "workdir")->data = Json(in_builder(*workdir));
    for (const std::string_view name : {"want_stdout", "want_stderr"}) {
      Arg* arg = find(args_, name);
      auto* json = arg == nullptr ? nullptr : std::get_if<Json>(&arg->data);
      if (json != nullptr && json->is_int64()) *json = json->get_int64() != 0;
    }
    return {};
  }

  // `dir` becomes `paths`, which is a list also for a single one.
  Result<> directories() {
    const Arg* arg = find(args_, "dir");
    if (arg == nullptr) return missing("dir");
    wire::ArgList dirs;
    const auto* list = std::get_if<wire::ArgList>(&arg->data);
    if (list == nullptr) dirs.push_back(*arg);
    JsonArray made;
    for (const Arg& dir : list == nullptr ? dirs : *list) {
      const auto path = text_of(dir);
      if (!path) return missing("dir");
      made.emplace_back(in_builder(*path));
    }
    drop(args_, "dir");
    args_.push_back({"paths", {Json(std::move(made))}});
    return {};
  }

  Result<> copy() {
    if (const auto from = rename("fromdir", "from_path"); !from) return from;
    return rename("todir", "to_path");
  }

  Result<> stat() {
    const auto file = text(args_, "file");
    if (!file) return file.error();
    drop(args_, "file");
    args_.push_back({"path", {Json(in_workdir(*file))}});
    return {};
  }

  Result<> list() { return rename("dir", "path"); }
  Result<> glob() { return rename("path", "path"); }

  Result<> remove_file() {
    const auto path = text(args_, "path");
    if (!path) return path.error();
    find(args_, "path")->data = Json(in_builder(paths_.expand_user(*path)));
    return {};
  }

  Result<> upload() { return transfer("workersrc", "writer"); }
  Result<> download() { return transfer("workerdest", "reader"); }

 private:
  std::string in_builder(const std::string& path) const { return paths_.join(builder_dir_, path); }

  std::string in_workdir(const std::string& path) {
    const auto workdir = text(args_, "workdir");
    return paths_.join(workdir ? in_builder(*workdir) : builder_dir_, path);
  }

  Result<> rename(std::string_view from, const char* to) {
    const auto path = text(args_, from);
    if (!path) return path.error();
    drop(args_, from);
    args_.push_back({to, {Json(in_builder(*path))}});
    return {};
  }

  Result<> transfer(std::string_view source, std::string_view object) {
    const auto path = text(args_, source);
    if (!path) return path.error();
    drop(args_, object);
    args_.push_back({"path", {Json(in_workdir(paths_.expand_user(*path)))}});
    return {};
  }

  ArgDict args_;
  const WorkerPaths& paths_;
  const std::string& builder_dir_;
};

struct Rule {
  std::string_view name;
  const char* msgpack_name;
  Result<> (Translator::*translate)();
};

constexpr std::array rules{
    Rule{"shell", "shell", &Translator::shell},
    Rule{"mkdir", "mkdir", &Translator::directories},
    Rule{"rmdir", "rmdir", &Translator::directories},
    Rule{"cpdir", "cpdir", &Translator::copy},
    Rule{"stat", "stat", &Translator::stat},
    Rule{"glob", "glob", &Translator::glob},
    Rule{"listdir", "listdir", &Translator::list},
    Rule{"rmfile", "rmfile", &Translator::remove_file},
    Rule{"uploadFile", "upload_file", &Translator::upload},
    Rule{"uploadDirectory", "upload_directory", &Translator::upload},
    Rule{"downloadFile", "download_file", &Translator::download},
};

}  // namespace

Result<TranslatedCommand> translate_command(const std::string& name, ArgDict args, const WorkerPaths& paths,
                                            const std::string& builder_dir) {
  for (const auto& [known, msgpack_name, translate] : rules) {
    if (known != name) continue;
    Translator translator(std::move(args), paths, builder_dir);
    if (const auto done = (translator.*translate)(); !done) {
      return make_error(Errc::bad_input, "command " + name + ": " + done.error().what);
    }
    return TranslatedCommand{msgpack_name, translator.take()};
  }
  return TranslatedCommand{name, std::move(args)};
}

}  // namespace kiln::session
