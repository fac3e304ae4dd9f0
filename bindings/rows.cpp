// SPDX-License-Identifier: MIT
#include "bindings/rows.h"

namespace kiln::bindings {
namespace {

py::object find(const py::dict& values, const char* key) {
  PyObject* item = PyDict_GetItemString(values.ptr(), key);
  return item && item != Py_None ? py::reinterpret_borrow<py::object>(item) : py::object();
}

void read(const py::dict& values, const char* key, std::string& out) {
  if (const py::object value = find(values, key)) out = to_text(value);
}
void read(const py::dict& values, const char* key, std::optional<std::string>& out) {
  if (const py::object value = find(values, key)) out = to_text(value);
}
void read(const py::dict& values, const char* key, EpochSeconds& out) {
  if (const py::object value = find(values, key)) out = value.cast<EpochSeconds>();
}

Patch to_patch(const py::dict& values) {
  Patch patch;
  if (const py::object level = find(values, "level")) patch.level = level.cast<int>();
  read(values, "subdir", patch.subdir);
  read(values, "author", patch.author);
  read(values, "comment", patch.comment);
  if (const py::object body = find(values, "body")) patch.body = body.cast<std::string>();  // str or bytes
  return patch;
}

}  // namespace

py::object triggered_of(Result<script::Triggered>& triggered) {
  py::dict requests;
  for (const auto& [builder, request] : triggered->requests) requests[to_python(builder)] = to_python(request);
  return py::make_tuple(to_python(triggered->buildset), requests);
}

SourceStamp to_sourcestamp(const py::dict& values) {
  SourceStamp stamp;
  if (const py::object id = find(values, "ssid")) stamp.id = SourceStampId(id.cast<std::int64_t>());
  read(values, "branch", stamp.branch);
  read(values, "revision", stamp.revision);
  read(values, "repository", stamp.repository);
  read(values, "project", stamp.project);
  read(values, "codebase", stamp.codebase);
  if (const py::object patch = find(values, "patch")) stamp.patch = to_patch(py::cast<py::dict>(patch));
  return stamp;
}

script::StampOrder to_stamp_order(const py::dict& values) {
  script::StampOrder stamp;
  read(values, "codebase", stamp.codebase);
  read(values, "repository", stamp.repository);
  read(values, "project", stamp.project);
  if (values.contains("branch")) read(values, "branch", stamp.branch.emplace());
  if (values.contains("revision")) read(values, "revision", stamp.revision.emplace());
  if (const py::object patch = find(values, "patch")) stamp.patch = to_patch(py::cast<py::dict>(patch));
  return stamp;
}

Change to_change(const py::dict& values) {
  Change change;
  read(values, "author", change.author);
  read(values, "committer", change.committer);
  read(values, "comments", change.comments);
  read(values, "revision", change.revision);
  read(values, "when_timestamp", change.when_timestamp);
  read(values, "branch", change.branch);
  read(values, "category", change.category);
  read(values, "revlink", change.revlink);
  read(values, "repository", change.repository);
  read(values, "project", change.project);
  read(values, "codebase", change.codebase);
  if (const py::object files = find(values, "files")) {
    for (const py::handle file : files) change.files.push_back(to_text(file));
  }
  if (const py::object properties = find(values, "properties")) change.properties = to_properties(properties);
  return change;
}

}  // namespace kiln::bindings
