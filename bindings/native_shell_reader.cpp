// SPDX-License-Identifier: MIT
#include "bindings/native_shell_reader.h"

#include <array>
#include <string_view>
#include <utility>

#include "bindings/json_convert.h"
#include "bindings/lock_reader.h"
#include "bindings/template_reader.h"
#include "bindings/values.h"

namespace kiln::bindings {
namespace {

using script::NativeShell;
using script::Template;

template <class Member>
using Fields = std::pair<std::string_view, Member NativeShell::*>;

constexpr std::array<Fields<Template>, 9> templates{{{"name", &NativeShell::name},
                                                     {"command", &NativeShell::command},
                                                     {"workdir", &NativeShell::workdir},
                                                     {"env", &NativeShell::env},
                                                     {"description", &NativeShell::description},
                                                     {"description_done", &NativeShell::description_done},
                                                     {"description_suffix", &NativeShell::description_suffix},
                                                     {"log_files", &NativeShell::log_files},
                                                     {"initial_stdin", &NativeShell::initial_stdin}}};
constexpr std::array<Fields<bool>, 8> switches{{{"always_run", &NativeShell::always_run},
                                                {"skip", &NativeShell::skip},
                                                {"hidden", &NativeShell::hidden},
                                                {"want_stdout", &NativeShell::want_stdout},
                                                {"want_stderr", &NativeShell::want_stderr},
                                                {"use_pty", &NativeShell::use_pty},
                                                {"log_environ", &NativeShell::log_environ},
                                                {"lazy_log_files", &NativeShell::lazy_log_files}}};
constexpr std::array<Fields<Json>, 4> plain_values{{{"timeout", &NativeShell::timeout},
                                                    {"max_time", &NativeShell::max_time},
                                                    {"max_lines", &NativeShell::max_lines},
                                                    {"sigterm_time", &NativeShell::sigterm_time}}};

template <class Table, class Convert>
bool read_from(const Table& table, std::string_view name, NativeShell& shell, Convert convert) {
  for (const auto& [field, member] : table) {
    if (field != name) continue;
    shell.*member = convert();
    return true;
  }
  return false;
}

std::map<int, Results> to_decode_rc(py::handle values) {
  std::map<int, Results> decode_rc;
  for (const auto& [code, results] : py::cast<py::dict>(values)) decode_rc[code.cast<int>()] = to_results(results);
  return decode_rc;
}

void read_special(std::string_view name, py::handle value, NativeShell& shell) {
  if (name == "flags") {
    shell.flags = to_flags(value);
  } else if (name == "build_summary_policy") {
    shell.build_summary_policy = to_results_list(value);
  } else if (name == "decode_rc") {
    shell.decode_rc = to_decode_rc(value);
  } else if (name == "interrupt_signal") {
    shell.interrupt_signal = to_text(value);
  } else if (name == "locks") {
    shell.locks = to_accesses(value);
  } else {
    throw py::value_error("a native step has no field \"" + std::string(name) + "\"");
  }
}

}  // namespace

void read_native_shell(const py::dict& values, NativeShell& shell) {
  for (const auto& [key, value] : values) {
    const std::string name = to_text(key);
    const py::handle item = value;
    if (read_from(templates, name, shell, [item] { return to_template(item); })) continue;
    if (read_from(switches, name, shell, [item] { return is_true(item); })) continue;
    if (read_from(plain_values, name, shell, [item] { return to_json(item); })) continue;
    read_special(name, item, shell);
  }
}

}  // namespace kiln::bindings
