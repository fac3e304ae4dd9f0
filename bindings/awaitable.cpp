// SPDX-License-Identifier: MIT
#include "bindings/awaitable.h"

#include <array>
#include <cstddef>

#include "bindings/python_error.h"
#include "core/base/log.h"

namespace kiln::bindings {
namespace {

enum class State : char { pending, done, failed, cancelled };

struct Awaitable {
  PyObject_HEAD
  PyObject* loop;
  PyObject* outcome;         // the value or the exception; null before
  PyObject* callbacks;       // list of (callback, context), or null
  PyObject* cancel_message;  // or null
  State state;
  bool blocking;     // the flag by which a Task knows that it was yielded by an `await`
  bool was_noticed;  // somebody saw the exception
};

// Process-wide like the interpreter itself, which is never restarted.
PyTypeObject* awaitable_type = nullptr;
PyObject* cancelled_error = nullptr;
PyObject* invalid_state_error = nullptr;
PyObject* context_keyword = nullptr;
PyObject* call_soon_name = nullptr;

Awaitable* self_of(PyObject* object) { return reinterpret_cast<Awaitable*>(object); }

bool call_soon(Awaitable* self, PyObject* callback, PyObject* context) {
  std::array<PyObject*, 4> args{self->loop, callback, reinterpret_cast<PyObject*>(self), context};
  PyObject* handle = PyObject_VectorcallMethod(call_soon_name, args.data(), 3, context_keyword);
  Py_XDECREF(handle);
  return handle != nullptr;
}

bool run_callbacks(Awaitable* self) {
  PyObject* callbacks = self->callbacks;
  if (!callbacks) return true;
  self->callbacks = nullptr;
  bool ok = true;
  for (Py_ssize_t i = 0; ok && i < PyList_GET_SIZE(callbacks); ++i) {
    PyObject* pair = PyList_GET_ITEM(callbacks, i);
    ok = call_soon(self, PyTuple_GET_ITEM(pair, 0), PyTuple_GET_ITEM(pair, 1));
  }
  Py_DECREF(callbacks);
  return ok;
}

bool settle(Awaitable* self, State state, PyObject* outcome) {
  if (self->state != State::pending) return true;
  self->state = state;
  self->outcome = Py_XNewRef(outcome);
  return run_callbacks(self);
}

PyObject* make_cancelled_error(PyObject* object, PyObject*) {
  Awaitable* self = self_of(object);
  return self->cancel_message ? PyObject_CallOneArg(cancelled_error, self->cancel_message)
                              : PyObject_CallNoArgs(cancelled_error);
}

void raise(PyObject* exception) {
  PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(exception)), exception);
}

void raise_cancelled(PyObject* object) {
  if (PyObject* error = make_cancelled_error(object, nullptr)) {
    raise(error);
    Py_DECREF(error);
  }
}

// The value, or null with the exception set.
PyObject* outcome_of(PyObject* object) {
  Awaitable* self = self_of(object);
  if (self->state == State::done) return Py_NewRef(self->outcome);
  if (self->state == State::cancelled) {
    raise_cancelled(object);
  } else {
    self->was_noticed = true;
    raise(self->outcome);
  }
  return nullptr;
}

PySendResult am_send(PyObject* object, PyObject*, PyObject** result) {
  Awaitable* self = self_of(object);
  if (self->state == State::pending) {
    self->blocking = true;
    *result = Py_NewRef(object);
    return PYGEN_NEXT;
  }
  *result = outcome_of(object);
  return *result ? PYGEN_RETURN : PYGEN_ERROR;
}

PyObject* send(PyObject* object, PyObject* value) {
  PyObject* result = nullptr;
  const PySendResult sent = am_send(object, value, &result);
  if (sent != PYGEN_RETURN) return result;
  // Made by hand: a tuple given to PyErr_SetObject would become the arguments.
  if (PyObject* stop = PyObject_CallOneArg(PyExc_StopIteration, result)) {
    raise(stop);
    Py_DECREF(stop);
  }
  Py_DECREF(result);
  return nullptr;
}

PyObject* next(PyObject* object) { return send(object, Py_None); }

PyObject* throw_into(PyObject*, PyObject* const* args, Py_ssize_t count) {
  if (count < 1 || count > 3) {
    PyErr_SetString(PyExc_TypeError, "throw() takes 1 to 3 arguments");
    return nullptr;
  }
  if (PyExceptionInstance_Check(args[0])) {
    raise(args[0]);
  } else if (PyExceptionClass_Check(args[0])) {
    PyObject* const value = count > 1 && args[1] != Py_None ? args[1] : nullptr;
    PyErr_SetObject(args[0], value);
  } else {
    PyErr_SetString(PyExc_TypeError, "throw() takes an exception");
  }
  return nullptr;
}

PyObject* close(PyObject*, PyObject*) { Py_RETURN_NONE; }

PyObject* add_done_callback(PyObject* object, PyObject* args, PyObject* kwargs) {
  static const std::array<const char*, 3> names{"", "context", nullptr};
  PyObject* callback = nullptr;
  PyObject* context = Py_None;
  if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|$O:add_done_callback", const_cast<char**>(names.data()), &callback,
                                   &context)) {
    return nullptr;
  }
  Awaitable* self = self_of(object);
  context = context == Py_None ? PyContext_CopyCurrent() : Py_NewRef(context);
  if (!context) return nullptr;
  bool ok = true;
  if (self->state != State::pending) {
    ok = call_soon(self, callback, context);
  } else {
    if (!self->callbacks) self->callbacks = PyList_New(0);
    PyObject* pair = PyTuple_Pack(2, callback, context);
    ok = self->callbacks && pair && PyList_Append(self->callbacks, pair) == 0;
    Py_XDECREF(pair);
  }
  Py_DECREF(context);
  return ok ? Py_NewRef(Py_None) : nullptr;
}

PyObject* remove_done_callback(PyObject* object, PyObject* callback) {
  PyObject* callbacks = self_of(object)->callbacks;
  long removed = 0;
  for (Py_ssize_t i = callbacks ? PyList_GET_SIZE(callbacks) - 1 : -1; i >= 0; --i) {
    const int same = PyObject_RichCompareBool(PyTuple_GET_ITEM(PyList_GET_ITEM(callbacks, i), 0), callback, Py_EQ);
    if (same < 0 || (same && PyList_SetSlice(callbacks, i, i + 1, nullptr) < 0)) return nullptr;
    removed += same;
  }
  return PyLong_FromLong(removed);
}

PyObject* cancel(PyObject* object, PyObject* args, PyObject* kwargs) {
  static const std::array<const char*, 2> names{"msg", nullptr};
  PyObject* message = Py_None;
  if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|O:cancel", const_cast<char**>(names.data()), &message)) {
    return nullptr;
  }
  Awaitable* self = self_of(object);
  if (self->state != State::pending) Py_RETURN_FALSE;
  if (message != Py_None) self->cancel_message = Py_NewRef(message);
  if (!settle(self, State::cancelled, nullptr)) return nullptr;
  Py_RETURN_TRUE;
}

PyObject* get_loop(PyObject* object, PyObject*) { return Py_NewRef(self_of(object)->loop); }

PyObject* done(PyObject* object, PyObject*) { return PyBool_FromLong(self_of(object)->state != State::pending); }

PyObject* cancelled(PyObject* object, PyObject*) {
  return PyBool_FromLong(self_of(object)->state == State::cancelled);
}

PyObject* result(PyObject* object, PyObject*) {
  if (self_of(object)->state != State::pending) return outcome_of(object);
  PyErr_SetString(invalid_state_error, "the master has not answered yet");
  return nullptr;
}

PyObject* exception(PyObject* object, PyObject*) {
  Awaitable* self = self_of(object);
  if (self->state == State::failed) {
    self->was_noticed = true;
    return Py_NewRef(self->outcome);
  }
  if (self->state == State::done) Py_RETURN_NONE;
  return result(object, nullptr);
}

PyObject* is_blocking(PyObject* object, void*) { return PyBool_FromLong(self_of(object)->blocking); }

int set_blocking(PyObject* object, PyObject* value, void*) {
  const int truth = value ? PyObject_IsTrue(value) : 0;
  if (truth < 0) return -1;
  self_of(object)->blocking = truth != 0;
  return 0;
}

PyObject* cancel_message(PyObject* object, void*) {
  PyObject* message = self_of(object)->cancel_message;
  return Py_NewRef(message ? message : Py_None);
}

int traverse(PyObject* object, visitproc visit, void* arg) {
  Awaitable* self = self_of(object);
  Py_VISIT(Py_TYPE(object));
  Py_VISIT(self->loop);
  Py_VISIT(self->outcome);
  Py_VISIT(self->callbacks);
  Py_VISIT(self->cancel_message);
  return 0;
}

int clear(PyObject* object) {
  Awaitable* self = self_of(object);
  Py_CLEAR(self->loop);
  Py_CLEAR(self->outcome);
  Py_CLEAR(self->callbacks);
  Py_CLEAR(self->cancel_message);
  return 0;
}

void report_unnoticed(PyObject* exception_object) {
  PyObject *type = nullptr, *value = nullptr, *traceback = nullptr;
  PyErr_Fetch(&type, &value, &traceback);
  log_error("a call to the master failed and nobody awaited it: {}", script_error(exception_object).what);
  PyErr_Restore(type, value, traceback);
}

bool is_finalizing() {
#if PY_VERSION_HEX >= 0x030D0000
  return Py_IsFinalizing();
#else
  return _Py_IsFinalizing();
#endif
}

void dealloc(PyObject* object) {
  Awaitable* self = self_of(object);
  PyObject_GC_UnTrack(object);
  if (self->state == State::failed && !self->was_noticed && !is_finalizing()) report_unnoticed(self->outcome);
  clear(object);
  PyTypeObject* type = Py_TYPE(object);
  type->tp_free(object);
  Py_DECREF(type);
}

PyCFunction as_function(PyCFunctionWithKeywords function) {
  return reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(function));
}
PyCFunction as_function(_PyCFunctionFast function) {
  return reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(function));
}

PyTypeObject* make_type() {
  static std::array<PyMethodDef, 13> methods{{
      {"send", send, METH_O, nullptr},
      {"throw", as_function(throw_into), METH_FASTCALL, nullptr},
      {"close", close, METH_NOARGS, nullptr},
      {"add_done_callback", as_function(add_done_callback), METH_VARARGS | METH_KEYWORDS, nullptr},
      {"remove_done_callback", remove_done_callback, METH_O, nullptr},
      {"cancel", as_function(cancel), METH_VARARGS | METH_KEYWORDS, nullptr},
      {"get_loop", get_loop, METH_NOARGS, nullptr},
      {"done", done, METH_NOARGS, nullptr},
      {"cancelled", cancelled, METH_NOARGS, nullptr},
      {"result", result, METH_NOARGS, nullptr},
      {"exception", exception, METH_NOARGS, nullptr},
      {"_make_cancelled_error", make_cancelled_error, METH_NOARGS, nullptr},
      {nullptr, nullptr, 0, nullptr},
  }};
  static std::array<PyGetSetDef, 3> attributes{{
      {"_asyncio_future_blocking", is_blocking, set_blocking, nullptr, nullptr},
      {"_cancel_message", cancel_message, nullptr, nullptr, nullptr},
      {nullptr, nullptr, nullptr, nullptr, nullptr},
  }};
  static std::array<PyType_Slot, 11> slots{{
      {Py_tp_dealloc, reinterpret_cast<void*>(dealloc)},
      {Py_tp_traverse, reinterpret_cast<void*>(traverse)},
      {Py_tp_clear, reinterpret_cast<void*>(clear)},
      {Py_tp_iter, reinterpret_cast<void*>(PyObject_SelfIter)},
      {Py_tp_iternext, reinterpret_cast<void*>(next)},
      {Py_am_await, reinterpret_cast<void*>(PyObject_SelfIter)},
      {Py_am_send, reinterpret_cast<void*>(am_send)},
      {Py_tp_methods, methods.data()},
      {Py_tp_getset, attributes.data()},
      {Py_tp_doc, const_cast<char*>("The answer of the master to one call: await it.")},
      {0, nullptr},
  }};
  static PyType_Spec spec{"buildbot_cfg._core.Awaitable", static_cast<int>(sizeof(Awaitable)), 0,
                          Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots.data()};
  return reinterpret_cast<PyTypeObject*>(PyType_FromSpec(&spec));
}

}  // namespace

void add_awaitable_type(py::module_& module) {
  awaitable_type = make_type();
  if (!awaitable_type) throw py::error_already_set();
  const py::module_ exceptions = py::module_::import("asyncio.exceptions");
  cancelled_error = py::object(exceptions.attr("CancelledError")).release().ptr();
  invalid_state_error = py::object(exceptions.attr("InvalidStateError")).release().ptr();
  context_keyword = py::make_tuple("context").release().ptr();
  call_soon_name = py::str("call_soon").release().ptr();
  module.add_object("Awaitable", py::handle(reinterpret_cast<PyObject*>(awaitable_type)));
}

py::object make_awaitable(py::handle loop) {
  PyObject* object = awaitable_type->tp_alloc(awaitable_type, 0);
  if (!object) throw py::error_already_set();
  self_of(object)->loop = Py_NewRef(loop.ptr());
  return py::reinterpret_steal<py::object>(object);
}

void resolve(py::handle awaitable, py::handle value) {
  if (!settle(self_of(awaitable.ptr()), State::done, value.ptr())) throw py::error_already_set();
}

void reject(py::handle awaitable, py::handle exception_object) {
  if (!settle(self_of(awaitable.ptr()), State::failed, exception_object.ptr())) throw py::error_already_set();
}

}  // namespace kiln::bindings
