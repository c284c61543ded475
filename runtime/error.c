/* error.c: raising: the pending exception, its chaining, errors that cannot propagate. */
#include "runtime/error.h"
#include "runtime/attr.h"
#include "runtime/context.h"
#include "runtime/dict.h"
#include "runtime/exc_impl.h"
#include "runtime/list.h"
#include "runtime/names.h"
#include "runtime/num.h"
#include "runtime/str.h"
#include "runtime/tuple.h"

#include <errno.h>
#include <unistd.h>

/* -- Setting the pending exception ----------------------------------------------------------------------------------------- */

/* What is being handled becomes the context; chains never become rings. */
static void chain(RpThread *th, Value exc) {
  Value handled = thread_handled(th);
  if (handled == EMPTY || handled == exc) return;
  for (Value o = handled, slow = handled;;) {
    Value c = as_exc(o)->context;
    if (c == EMPTY) break;
    if (c == exc) {
      as_exc(o)->context = EMPTY;
      break;
    }
    o = c;
    c = as_exc(o)->context; /* two steps to one: a ring that others made ends the walk */
    if (c == EMPTY || o == slow) break;
    if (c == exc) {
      as_exc(o)->context = EMPTY;
      break;
    }
    o = c;
    slow = as_exc(slow)->context;
    if (o == slow) break;
  }
  obj_store(th, as_exc(exc), &as_exc(exc)->context, handled);
}

static Value set_pending(RpThread *th, Value exc) {
  chain(th, exc);
  th->pending = exc;
  return EMPTY;
}

Value raise_value_object(RpThread *th, Value exc) {
  if (has_kind(exc, K_TYPE) && type_is_subtype((Type *)as_object(exc), &type_BaseException)) {
    Type *t = (Type *)as_object(exc);
    exc = op_call0(th, exc);
    if (exc == EMPTY) return EMPTY;
    if (!exc_check(exc)) return raise_type(th, "calling %V should have returned an instance of BaseException, not %T", value_object(t), exc);
  }
  if (!exc_check(exc)) return raise_type(th, "exceptions must derive from BaseException");
  return set_pending(th, exc);
}

static Value raise_text(RpThread *th, Type *type, Str *text) {
  if (!text) return EMPTY; /* formatting failed: that error stands */
  Value e = exc_new(th, type, value_object(text));
  return e == EMPTY ? EMPTY : set_pending(th, e);
}

Value raise_error(RpThread *th, Type *exc, const char *fmt, ...) {
  va_list ap;
  va_start(ap, fmt);
  Str *text = str_vfmt(th, fmt, ap);
  va_end(ap);
  return raise_text(th, exc, text);
}

Value raise_from_pending(RpThread *th, Type *exc, const char *fmt, ...) {
  Value cause = error_take(th);
  va_list ap;
  va_start(ap, fmt);
  Str *text = str_vfmt(th, fmt, ap);
  va_end(ap);
  raise_text(th, exc, text);
  if (cause != EMPTY && th->pending != EMPTY && th->pending != cause) {
    Exception *e = as_exc(th->pending);
    obj_store(th, e, &e->cause, cause);
    obj_store(th, e, &e->context, cause);
    e->suppress_context = true;
  }
  return EMPTY;
}

Value raise_name(RpThread *th, Str *name) {
  raise_error(th, &type_NameError, "name '%S' is not defined", name);
  name_error_field(th, name);
  return EMPTY;
}

Value raise_key(RpThread *th, Value key) {
  Value e = exc_new(th, &type_KeyError, key);
  return e == EMPTY ? EMPTY : set_pending(th, e);
}

/* The one pre-made object is reset rather than copied: nothing is left to copy it into. Not even that is there at the very start of a context:
** its creation fails then, without an error to show. */
Value raise_memory(RpThread *th) {
  Value e = th->ctx ? th->ctx->memory_error : EMPTY;
  if (e == EMPTY) return EMPTY;
  as_exc(e)->traceback = as_exc(e)->cause = as_exc(e)->context = EMPTY;
  th->pending = e;
  return EMPTY;
}

Value raise_stop_iteration(RpThread *th, Value value) {
  Value e = exc_alloc(th, &type_StopIteration, &value, value != NONE && value != EMPTY);
  if (e == EMPTY) return EMPTY;
  exc_set_field(th, e, EXC_StopIteration_value, value == EMPTY ? NONE : value);
  return set_pending(th, e);
}

Value raise_os(RpThread *th, int err, Value filename) {
  Str *text = str_from_c(th, strerror(err));
  if (!text) return EMPTY;
  Value args[3] = {value_int(err), value_object(text), filename};
  Value e = op_call(th, value_object(exc_errno_type(err)), args, filename == EMPTY ? 2 : 3, NULL);
  return e == EMPTY ? EMPTY : set_pending(th, e);
}

bool error_is(RpThread *th, const Type *t) { return th->pending != EMPTY && value_is_instance(th->pending, t); }

Value error_take(RpThread *th) {
  Value e = th->pending;
  th->pending = EMPTY;
  return e;
}

void error_clear(RpThread *th) { th->pending = EMPTY; }

/* -- Printing ----------------------------------------------------------------------------------------------------------------- */

/* To sys.stderr; when that is missing or fails, to fd 2. */
static void write_error(RpThread *th, Str *text) {
  Value file = th->ctx->sys_dict ? dict_get_str(th->ctx->sys_dict, S(stderr)) : EMPTY;
  if (file == NONE) return;
  if (file != EMPTY) {
    Value arg = value_object(text);
    if (op_call_method(th, file, S(write), &arg, 1) != EMPTY) {
      if (op_call_method(th, file, S(flush), NULL, 0) == EMPTY) error_clear(th);
      return;
    }
    error_clear(th);
  }
  size_t n;
  const char *p = str_utf8(th, text, &n);
  if (!p) {
    error_clear(th);
    Str *ascii = op_ascii(th, value_object(text));
    p = ascii ? str_utf8(th, ascii, &n) : NULL;
  }
  while (p && n) {
    ssize_t w = write(2, p, n);
    if (w <= 0) break;
    p += w, n -= (size_t)w;
  }
}

void error_print(RpThread *th, Value exc) {
  Value saved = error_take(th);
  Str *text = error_text(th, exc);
  if (!text) {
    error_clear(th);
    text = str_fmt(th, "%S\n", type_of(exc)->name);
  }
  if (text) write_error(th, text);
  th->pending = saved;
}

/* sys.unraisablehook's default: also called with nothing but the exception. */
void error_unraisable_text(RpThread *th, Value exc, Str *message, Value where) {
  StrBuilder sb;
  sb_init(&sb, th);
  if (message) sb_fmt(&sb, "%S", message);
  else sb_ascii(&sb, "Exception ignored in");
  if (where != EMPTY && where != NONE) {
    Str *r = op_repr(th, where);
    if (!r) error_clear(th);
    sb_ascii(&sb, ": ");
    if (r) sb_str(&sb, r);
    else sb_ascii(&sb, "<object repr() failed>");
  } else if (message) sb_ascii(&sb, ":");
  sb_ascii(&sb, "\n");
  Str *head = sb_finish(&sb);
  if (head) write_error(th, head);
  Value context = as_exc(exc)->context, cause = as_exc(exc)->cause;
  as_exc(exc)->context = as_exc(exc)->cause = EMPTY; /* CPython prints no chain here */
  error_print(th, exc);
  as_exc(exc)->context = context;
  as_exc(exc)->cause = cause;
}

void error_unraisable(RpThread *th, Value where) { error_unraisable_as(th, where, NULL); }

void error_unraisable_as(RpThread *th, Value where, const char *text) {
  Str *message = text ? str_from_c(th, text) : NULL;
  Value exc = error_take(th);
  if (exc == EMPTY) return;
  Value handled = th->handled;
  Value hook = th->ctx->sys_dict ? dict_get_c(th, th->ctx->sys_dict, "unraisablehook") : EMPTY;
  if (hook != EMPTY && hook != NONE && !has_kind(hook, K_NATIVE)) {
    Value unraisable = unraisable_args(th, exc, message, where);
    if (unraisable == EMPTY || op_call1(th, hook, unraisable) == EMPTY) {
      error_clear(th);
      error_unraisable_text(th, exc, message, where);
    }
  } else error_unraisable_text(th, exc, message, where);
  error_clear(th);
  th->handled = handled;
}
