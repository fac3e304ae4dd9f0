// SPDX-License-Identifier: MIT
#include "core/wire/msgpack_messages.h"

#include <array>
#include <utility>

#include "core/base/text.h"

namespace kiln::wire {
namespace {

Error refused(std::string what) { return make_error(Errc::bad_input, std::move(what)); }

std::optional<UpdateStream> stream_of(std::string_view key) {
  if (key == "stdout") return UpdateStream::standard_output;
  if (key == "stderr") return UpdateStream::standard_error;
  if (key == "header") return UpdateStream::header;
  return std::nullopt;
}

Result<std::string_view> take_text(MsgpackCursor& cursor, const char* what) {
  const auto item = cursor.next();
  if (!item) return item.error();
  if (const auto* text = std::get_if<MsgpackText>(&*item)) return text->text;
  return refused(std::string(what) + " must be text");
}

Result<> take_array(MsgpackCursor& cursor, std::size_t count, const char* what) {
  const auto item = cursor.next();
  if (!item) return item.error();
  if (*item == MsgpackItem(MsgpackArray{count})) return {};
  return refused(std::string(what) + " must be an array of " + std::to_string(count));
}

// [text, [places of newlines], [times of lines]]; the logs count lines themselves.
Result<std::string_view> take_lines(MsgpackCursor& cursor) {
  if (const auto head = take_array(cursor, 3, "output"); !head) return head.error();
  const auto text = take_text(cursor, "output");
  if (!text) return text;
  for (int i = 0; i < 2; ++i) {
    if (const auto skipped = cursor.skip(); !skipped) return skipped;
  }
  return text;
}

Result<Update> take_update(MsgpackCursor& cursor) {
  if (const auto head = take_array(cursor, 2, "an update"); !head) return head.error();
  const auto key = take_text(cursor, "an update's key");
  if (!key) return key.error();
  if (const auto stream = stream_of(*key)) {
    const auto text = take_lines(cursor);
    if (!text) return text.error();
    return Update(StreamUpdate{*stream, *text});
  }
  if (*key == "log") {
    if (const auto head = take_array(cursor, 2, "a log's update"); !head) return head.error();
    const auto name = take_text(cursor, "a log's name");
    if (!name) return name.error();
    const auto text = take_lines(cursor);
    if (!text) return text.error();
    return Update(LogFileUpdate{to_utf8_replacing(*name), *text});
  }
  auto value = cursor.json();
  if (!value) return value.error();
  return Update(OtherUpdate{to_utf8_replacing(*key), std::move(*value)});
}

Result<Updates> read_update_list(std::string_view raw) {
  MsgpackCursor cursor(raw);
  const auto head = cursor.next();
  if (!head) return head.error();
  const auto* array = std::get_if<MsgpackArray>(&*head);
  if (array == nullptr) return refused("updates must be an array");
  Updates updates;
  for (std::size_t i = 0; i < array->count; ++i) {
    auto update = take_update(cursor);
    if (!update) return update.error();
    updates.items.push_back(std::move(*update));
  }
  return updates;
}

Result<MsgpackReport> read_update(std::string_view command, const MsgpackFields& fields) {
  const auto raw = fields.raw("args");
  if (!raw) return raw.error();
  auto updates = read_update_list(*raw);
  if (!updates) return updates.error();
  return MsgpackReport(MsgpackUpdate{command, std::move(*updates)});
}

Result<MsgpackReport> read_complete(std::string_view command, const MsgpackFields& fields) {
  const auto raw = fields.raw("args");
  if (!raw) return raw.error();
  const auto failure = MsgpackCursor(*raw).json();
  if (!failure) return failure.error();
  if (failure->is_null()) return MsgpackReport(MsgpackComplete{command, std::nullopt});
  return MsgpackReport(MsgpackComplete{command, to_display_text(*failure)});
}

Result<MsgpackReport> as_transfer(std::string_view command, TransferRequest request) {
  return MsgpackReport(MsgpackTransfer{command, std::move(request)});
}

Result<MsgpackReport> read_write(std::string_view command, const MsgpackFields& fields) {
  const auto block = fields.bytes("args");
  if (!block) return block.error();
  return as_transfer(command, WriteRequest{std::string(*block)});
}

Result<MsgpackReport> read_utime(std::string_view command, const MsgpackFields& fields) {
  const auto accessed = fields.number("access_time");
  if (!accessed) return accessed.error();
  const auto modified = fields.number("modified_time");
  if (!modified) return modified.error();
  return as_transfer(command, UtimeRequest{*accessed, *modified});
}

Result<MsgpackReport> read_read(std::string_view command, const MsgpackFields& fields) {
  const auto length = fields.integer("length");
  if (!length) return length.error();
  if (*length < 0) return refused("\"length\" must not be negative");
  return as_transfer(command, ReadRequest{static_cast<std::size_t>(*length)});
}

Result<MsgpackReport> read_close(std::string_view command, const MsgpackFields&) {
  return as_transfer(command, CloseRequest{});
}

Result<MsgpackReport> read_unpack(std::string_view command, const MsgpackFields&) {
  return as_transfer(command, UnpackRequest{});
}

struct ReportKind {
  std::string_view op;
  Result<MsgpackReport> (*read)(std::string_view command, const MsgpackFields& fields);
};

constexpr std::array report_kinds{
    ReportKind{"update", read_update},
    ReportKind{"complete", read_complete},
    ReportKind{"update_upload_file_write", read_write},
    ReportKind{"update_upload_file_close", read_close},
    ReportKind{"update_upload_file_utime", read_utime},
    ReportKind{"update_upload_directory_write", read_write},
    ReportKind{"update_upload_directory_unpack", read_unpack},
    ReportKind{"update_read_file", read_read},
    ReportKind{"update_read_file_close", read_close},
};

}  // namespace

Result<MsgpackReport> read_report(const MsgpackRequested& request) {
  for (const auto& [op, read] : report_kinds) {
    if (op != request.op) continue;
    const auto command = request.fields.text("command_id");
    if (!command) return command.error();
    return read(*command, request.fields);
  }
  return make_error(Errc::not_supported,
                    "Command " + to_utf8_replacing(request.op.substr(0, 100)) + " does not exist.");
}

ArgDict worker_settings() {
  ArgDict settings;
  settings.push_back({"newline_re", {Json(R"((\r\n|\r(?=.)|\033\[u|\033\[[0-9]+;[0-9]+[Hf]|\033\[2J|\x08+))")}});
  settings.push_back({"max_line_length", {Json(4096)}});
  settings.push_back({"buffer_timeout", {Json(5)}});
  settings.push_back({"buffer_size", {Json(65536)}});
  return settings;
}

SequenceNumber request_print(MsgpackPeer& peer, std::string_view message) {
  return peer.request("print", {{"message", {Json(message)}}});
}

SequenceNumber request_keepalive(MsgpackPeer& peer) { return peer.request("keepalive"); }

SequenceNumber request_worker_info(MsgpackPeer& peer) { return peer.request("get_worker_info"); }

SequenceNumber request_settings(MsgpackPeer& peer) {
  return peer.request("set_worker_settings", {{"args", {worker_settings()}}});
}

SequenceNumber request_shutdown(MsgpackPeer& peer) { return peer.request("shutdown"); }

SequenceNumber request_start(MsgpackPeer& peer, MsgpackCommand command) {
  ArgDict fields;
  if (command.builder) fields.push_back({"builder_name", {Json(*command.builder)}});
  fields.push_back({"command_id", {Json(command.id)}});
  fields.push_back({"command_name", {Json(command.name)}});
  fields.push_back({"args", {std::move(command.args)}});
  return peer.request("start_command", fields);
}

SequenceNumber request_interrupt(MsgpackPeer& peer, const std::string& builder, const std::string& command_id,
                                 const std::string& why) {
  return peer.request("interrupt_command", {{"builder_name", {Json(builder)}},
                                            {"command_id", {Json(command_id)}},
                                            {"why", {Json(why)}}});
}

}  // namespace kiln::wire
