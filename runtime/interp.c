/* interp.c: the RIR interpreter: a handler per operation, threaded by tail calls (interp_impl.h says how). Calls, returns, generators and exceptions are
** in interp_call.c.
**
** What is done here are the paths that ordinary programs take all the time: small int and double arithmetic, list and tuple items, inline cache hits.
** Everything else is a call into rt_ops.c.
**
** Invariants: f->pc is stored before anything that may raise, call, allocate or poll (SAVE). Feedback bytes are written only when a bit is new, so that
** hot code stays clean in the cache. After a call of anything that may run Python, f is still valid: frames do not move. */
#include "runtime/interp_impl.h"
#include "runtime/func.h"
#include "runtime/complex.h"
#include "runtime/exc.h"
#include "runtime/heap_fast.h"
#include "runtime/iter.h"
#include "runtime/list.h"
#include "runtime/names.h"
#include "runtime/str.h"
#include "runtime/tuple.h"

const OpHandlers interp_handlers = {{
#define OP(name, ...) [RIR_##name] = interp_##name,
#include "runtime/rir.def"
#undef OP
}};

Value interp_run(RpThread *th, Frame *f) {
  Code *co = f->code;
  const Instr *pc = f->pc;
  const OpHandlers *ops = &interp_handlers;
  Value tag = INT_TAG_MIN;
  RP_ASSERT(f->regs == R && th->frame == f);
  if (unlikely(th->pending != EMPTY)) return interp_error(pc, f, th, co, ops, tag); /* throw() into a suspended generator */
  if (pc == co->instrs && likely(!(f->flags & FRAME_NATIVE))) /* compiled code that gave up at its start comes here with its own frame */
    return interp_start_slow(pc, f, th, co, ops, tag);
  return ops->at[pc->op](pc, f, th, co, ops, tag);
}

Value interp_run_plain(RpThread *th, Frame *f) {
  if (unlikely(!thread_poll(th))) return interp_run(th, f);
  hot_count(th, &f->code->calls);
  return interp_handlers.at[f->pc->op](f->pc, f, th, f->code, &interp_handlers, INT_TAG_MIN);
}

/* -- Feedback ------------------------------------------------------------ */

uint8_t interp_classify(Value x, Value y) {
  if (is_int(x) && is_int(y)) return FB_OVERFLOW;
  if (is_int(x) && is_double(y)) return FB_INT_FLOAT;
  if (is_double(x) && is_int(y)) return FB_FLOAT_INT;
  if (is_double(x) && is_double(y)) return FB_FLOAT;
  bool cx = has_kind(x, K_COMPLEX), cy = has_kind(y, K_COMPLEX);
  if ((cx || cy) && (cx || is_double(x) || is_int(x)) && (cy || is_double(y) || is_int(y))) return FB_COMPLEX;
  if (has_kind(x, K_STR) && has_kind(y, K_STR)) return FB_STR;
  return FB_OTHER;
}

static uint8_t classify_item(Value container, Value key) {
  if (!is_object(container)) return FB_I_OTHER;
  switch (obj_shape_id(as_object(container))) {
  case SHAPE_list: return is_int(key) ? FB_I_LIST : FB_I_OTHER;
  case SHAPE_tuple: return is_int(key) ? FB_I_TUPLE : FB_I_OTHER;
  case SHAPE_dict: return FB_I_DICT;
  case SHAPE_str: return is_int(key) ? FB_I_STR : FB_I_OTHER;
  case SHAPE_bytes: case SHAPE_bytearray: return is_int(key) ? FB_I_BYTES : FB_I_OTHER;
  default: return as_object(container)->kind == K_INSTANCE ? FB_I_INSTANCE : FB_I_OTHER;
  }
}

static uint8_t classify_iter(Value it) {
  if (!is_object(it)) return FB_IT_OTHER;
  switch (obj_shape_id(as_object(it))) {
  case SHAPE_range_iterator: return FB_IT_RANGE;
  case SHAPE_list_iterator: return FB_IT_LIST;
  case SHAPE_tuple_iterator: return FB_IT_TUPLE;
  case SHAPE_dict_keyiterator: case SHAPE_dict_valueiterator: case SHAPE_dict_itemiterator: return FB_IT_DICT;
  case SHAPE_generator: return FB_IT_GENERATOR;
  default: return FB_IT_OTHER;
  }
}

/* -- Moves and constants ------------------------------------------------ */

HANDLER(NOP) { NEXT(); }
HANDLER(MOVE) {
  R[pc->a] = R[pc->b];
  NEXT();
}
HANDLER(LOAD_CONST) {
  R[pc->a] = K[pc->e];
  NEXT();
}
HANDLER(LOAD_INT) {
  R[pc->a] = value_int(pc->e);
  NEXT();
}
HANDLER(LOAD_NONE) {
  R[pc->a] = NONE;
  NEXT();
}
HANDLER(LOAD_EMPTY) {
  R[pc->a] = EMPTY;
  NEXT();
}
HANDLER(CHECK_LOCAL) {
  if (unlikely(R[pc->a] == EMPTY)) RT_CALL(CHECK_LOCAL);
  NEXT();
}

/* -- Cells and namespaces ------------------------------------------------ */

HANDLER(LOAD_DEREF) {
  Value v = load_relaxed(&((Cell *)as_object(R[pc->b]))->v);
  if (unlikely(v == EMPTY)) RT_CALL(LOAD_DEREF);
  R[pc->a] = v;
  NEXT();
}
HANDLER(STORE_DEREF) {
  Cell *c = (Cell *)as_object(R[pc->a]);
  obj_store(th, c, &c->v, R[pc->b]);
  NEXT();
}
HANDLER(LOAD_CLOSURE) {
  R[pc->a] = f->func->closure->items[pc->e];
  NEXT();
}
HANDLER(LOAD_GLOBAL) {
  Value v = ic_global_hit(&co->ics[pc->e], f->globals, f->builtins);
  if (unlikely(v == EMPTY)) RT_CALL(LOAD_GLOBAL);
  R[pc->a] = v;
  NEXT();
}
/* In a module the namespace is the globals. */
HANDLER(LOAD_NAME) {
  if (f->locals == value_object(f->globals)) {
    Value v = ic_global_hit(&co->ics[pc->e], f->globals, f->builtins);
    if (likely(v != EMPTY)) {
      R[pc->a] = v;
      NEXT();
    }
  }
  RT_CALL(LOAD_NAME);
}

/* -- Arithmetic ------------------------------------------------------------ */
/* A word that is no double reads as a NaN when taken for one (value.h: doubles are offset, all other words end up above the infinities). So a result
** that is a number proves both operands doubles, with one test instead of two. */
#define ARITH(NAME, INT_CODE, DOUBLE_EXPR, COMPLEX_FN)                                               \
  SLOW(NAME) {                                                                                       \
    RELOAD();                                                                                        \
    Value x = R[pc->b], y = R[pc->c];                                                                \
    double p, q;                                                                                     \
    if (!BOTH_INT(x, y) && as_number(x, &p) && as_number(y, &q)) {                                   \
      FB(interp_classify(x, y));                                                                     \
      R[pc->a] = value_double(DOUBLE_EXPR);                                                          \
      NEXT();                                                                                        \
    }                                                                                                \
    if (has_shape(x, SHAPE_complex) && has_shape(y, SHAPE_complex)) {                                \
      FB(FB_COMPLEX);                                                                                \
      Cplx z = COMPLEX_FN(complex_value(x), complex_value(y));                                       \
      SAVE();                                                                                        \
      Complex *o = (Complex *)heap_alloc_fast(th, SHAPE_complex, K_COMPLEX, sizeof(Complex));        \
      if (unlikely(!o)) ERROR();                                                                     \
      o->re = z.re;                                                                                  \
      o->im = z.im;                                                                                  \
      R[pc->a] = value_object(o);                                                                    \
      NEXT();                                                                                        \
    }                                                                                                \
    TAIL(interp_binary_object);                                                                      \
  }                                                                                                  \
  HANDLER(NAME) {                                                                                    \
    Value x = R[pc->b], y = R[pc->c];                                                                \
    if (likely(BOTH_INT(x, y))) {                                                                    \
      Value z;                                                                                       \
      if (likely(INT_CODE)) {                                                                        \
        FB(FB_INT);                                                                                  \
        R[pc->a] = z;                                                                                \
        NEXT();                                                                                      \
      }                                                                                              \
    } else {                                                                                         \
      double p = AS_DOUBLE(x), q = AS_DOUBLE(y), r = DOUBLE_EXPR;                                    \
      if (likely(r == r)) {                                                                          \
        FB(FB_FLOAT);                                                                                \
        R[pc->a] = BOX_DOUBLE(r);                                                                  \
        NEXT();                                                                                      \
      }                                                                                              \
    }                                                                                                \
    TAIL(slow_##NAME);                                                                               \
  }
/* Sums of two boxed ints that leave the 49 bits leave the range of tags, too. */
#define INT_ADD (z = x + (y - INT_BIAS), IS_INT(z))
#define INT_SUB (z = x - y + INT_BIAS, IS_INT(z))
ALWAYS_INLINE bool small_mul(Value x, Value y, Value *z) {
  int64_t r;
  bool overflow = __builtin_mul_overflow(as_int(x), as_int(y), &r);
  *z = value_int(r);
  return !overflow && int_fits(r);
}
#define INT_MUL small_mul(x, y, &z)
ARITH(ADD, INT_ADD, p + q, cplx_add)
ARITH(IADD, INT_ADD, p + q, cplx_add)
ARITH(SUB, INT_SUB, p - q, cplx_sub)
ARITH(ISUB, INT_SUB, p - q, cplx_sub)
ARITH(MUL, INT_MUL, p * q, cplx_mul)
ARITH(IMUL, INT_MUL, p * q, cplx_mul)

/* int / int needs both exact as doubles: 49 bits are. */
#define DIVIDE(NAME)                                                                                          \
  SLOW(NAME) {                                                                                                \
    RELOAD();                                                                                                 \
    Value x = R[pc->b], y = R[pc->c];                                                                         \
    double p, q;                                                                                              \
    if (as_number(x, &p) && as_number(y, &q) && q != 0.0) {                                                   \
      FB(BOTH_INT(x, y) ? FB_INT : interp_classify(x, y));                                                    \
      R[pc->a] = value_double(p / q);                                                                         \
      NEXT();                                                                                                 \
    }                                                                                                         \
    TAIL(interp_binary_object);                                                                               \
  }                                                                                                           \
  HANDLER(NAME) {                                                                                             \
    double p = AS_DOUBLE(R[pc->b]), q = AS_DOUBLE(R[pc->c]), r = p / q;                                       \
    if (likely(r == r) && likely(q != 0.0)) {                                                                 \
      FB(FB_FLOAT);                                                                                           \
      R[pc->a] = BOX_DOUBLE(r);                                                                             \
      NEXT();                                                                                                 \
    }                                                                                                         \
    TAIL(slow_##NAME);                                                                                        \
  }
DIVIDE(TRUEDIV)
DIVIDE(ITRUEDIV)

ALWAYS_INLINE bool both_double(Value x, Value y) { return (int)is_double(x) & (int)is_double(y); }

/* The complete form of the binary operation at pc. */
SLOW(binary) {
  RELOAD();
  SAVE();
  FB(interp_classify(R[pc->b], R[pc->c]));
  if (unlikely(rt_ops[pc->op](th, f, pc) < 0)) ERROR();
  NEXT();
}

#define INT_DIVISION(NAME, INT_CODE, DOUBLE_EXPR)                                                \
  SLOW(NAME) {                                                                                   \
    RELOAD();                                                                                    \
    Value x = R[pc->b], y = R[pc->c];                                                            \
    if (both_double(x, y) && as_double(y) != 0.0) {                                              \
      double p = as_double(x), q = as_double(y);                                                 \
      FB(FB_FLOAT);                                                                              \
      R[pc->a] = value_double(DOUBLE_EXPR);                                                      \
      NEXT();                                                                                    \
    }                                                                                            \
    TAIL(slow_binary);                                                                           \
  }                                                                                              \
  HANDLER(NAME) {                                                                                \
    Value x = R[pc->b], y = R[pc->c];                                                            \
    if (likely(BOTH_INT(x, y)) && likely(y != INT_BIAS)) {                                       \
      int64_t i = as_int(x), j = as_int(y), r;                                                   \
      if (likely((i | j) >> 32 == 0)) { /* half the cost of a 64-bit division */                 \
        uint32_t quot = (uint32_t)i / (uint32_t)j, rem = (uint32_t)i % (uint32_t)j;              \
        bool adjust = false;                                                                     \
        INT_CODE;                                                                                \
      } else {                                                                                   \
        int64_t quot = i / j, rem = i % j;                                                       \
        bool adjust = rem != 0 && (rem ^ j) < 0;                                                 \
        INT_CODE;                                                                                \
      }                                                                                          \
      if (likely(int_fits(r))) {                                                                 \
        FB(FB_INT);                                                                              \
        R[pc->a] = value_int(r);                                                                 \
        NEXT();                                                                                  \
      }                                                                                          \
    }                                                                                            \
    TAIL(slow_##NAME);                                                                           \
  }
INT_DIVISION(FLOORDIV, (void)rem; r = (int64_t)quot - adjust, float_floordiv(p, q))
INT_DIVISION(IFLOORDIV, (void)rem; r = (int64_t)quot - adjust, float_floordiv(p, q))
INT_DIVISION(MOD, (void)quot; r = adjust ? (int64_t)rem + j : (int64_t)rem, float_mod(p, q))
INT_DIVISION(IMOD, (void)quot; r = adjust ? (int64_t)rem + j : (int64_t)rem, float_mod(p, q))

#define BITWISE(NAME, EXPR)                      \
  HANDLER(NAME) {                                \
    Value x = R[pc->b], y = R[pc->c];            \
    if (likely(BOTH_INT(x, y))) {                \
      int64_t i = as_int(x), j = as_int(y);      \
      FB(FB_INT);                                \
      R[pc->a] = value_int(EXPR);                \
      NEXT();                                    \
    }                                            \
    TAIL(slow_binary);                           \
  }
BITWISE(AND, i & j)
BITWISE(IAND, i & j)
BITWISE(OR, i | j)
BITWISE(IOR, i | j)
BITWISE(XOR, i ^ j)
BITWISE(IXOR, i ^ j)

#define SHIFT(NAME, OK, EXPR)                                             \
  HANDLER(NAME) {                                                         \
    Value x = R[pc->b], y = R[pc->c];                                     \
    if (likely(BOTH_INT(x, y))) {                                         \
      int64_t i = as_int(x), j = as_int(y);                               \
      if (likely(j >= 0 && OK)) {                                         \
        FB(FB_INT);                                                       \
        R[pc->a] = value_int(EXPR);                                       \
        NEXT();                                                           \
      }                                                                   \
    }                                                                     \
    TAIL(slow_binary);                                                    \
  }
#define LSHIFT_OK (j < 48 && i >= (SMALL_INT_MIN >> j) && i <= (SMALL_INT_MAX >> j))
SHIFT(LSHIFT, LSHIFT_OK, i * ((int64_t)1 << j))
SHIFT(ILSHIFT, LSHIFT_OK, i * ((int64_t)1 << j))
SHIFT(RSHIFT, true, i >> (j > 63 ? 63 : j))
SHIFT(IRSHIFT, true, i >> (j > 63 ? 63 : j))

/* z overflows into another tag, as for INT_ADD. */
#define ARITH_IMM(NAME, SIGN)                                                \
  SLOW(NAME) {                                                               \
    RELOAD();                                                                \
    Value x = R[pc->b];                                                      \
    if (is_double(x)) {                                                      \
      FB(FB_FLOAT_INT);                                                      \
      R[pc->a] = value_double(as_double(x) SIGN (double)pc->e);              \
      NEXT();                                                                \
    }                                                                        \
    FB(interp_classify(x, INT_BIAS));                                        \
    RT_CALL(NAME);                                                           \
  }                                                                          \
  HANDLER(NAME) {                                                            \
    Value x = R[pc->b], z = x SIGN (Value)(int64_t)pc->e;                    \
    if (likely(is_int(x)) && likely(IS_INT(z))) {                            \
      FB(FB_INT);                                                            \
      R[pc->a] = z;                                                          \
      NEXT();                                                                \
    }                                                                        \
    TAIL(slow_##NAME);                                                       \
  }
ARITH_IMM(ADD_IMM, +)
ARITH_IMM(SUB_IMM, -)

SLOW(NEG) {
  RELOAD();
  FB(interp_classify(R[pc->b], R[pc->b]));
  RT_CALL(NEG);
}
HANDLER(NEG) {
  Value x = R[pc->b];
  if (likely(is_double(x))) {
    FB(FB_FLOAT);
    R[pc->a] = value_double(-as_double(x));
  } else if (likely(is_int(x) && as_int(x) != SMALL_INT_MIN)) {
    FB(FB_INT);
    R[pc->a] = value_int(-as_int(x));
  } else {
    TAIL(slow_NEG);
  }
  NEXT();
}
SLOW(NOT) {
  RELOAD();
  FB(is_int(R[pc->b]) ? FB_T_INT : FB_T_OTHER);
  RT_CALL(NOT);
}
HANDLER(NOT) {
  Value x = R[pc->b];
  if (unlikely(!is_bool(x))) TAIL(slow_NOT);
  FB(FB_T_BOOL);
  R[pc->a] = x ^ 1;
  NEXT();
}

/* -- Comparison --------------------------------------------------------------- */
/* Boxed small ints compare as unsigned words; doubles as in ARITH: unordered sends NaNs and what is no double the slow way. */
#define COMPARE(NAME, C)                                                         \
  SLOW(NAME) {                                                                   \
    RELOAD();                                                                    \
    Value x = R[pc->b], y = R[pc->c];                                            \
    FB(interp_classify(x, y));                                                   \
    code_see(th, co, pc, x);                                                     \
    RT_CALL(NAME);                                                               \
  }                                                                              \
  HANDLER(NAME) {                                                                \
    Value x = R[pc->b], y = R[pc->c];                                            \
    if (likely(BOTH_INT(x, y))) {                                                \
      FB(FB_INT);                                                                \
      R[pc->a] = value_bool(x C y);                                              \
      NEXT();                                                                    \
    }                                                                            \
    double p = AS_DOUBLE(x), q = AS_DOUBLE(y);                                   \
    if (likely(!__builtin_isunordered(p, q))) {                                  \
      FB(FB_FLOAT);                                                              \
      R[pc->a] = value_bool(p C q);                                              \
      NEXT();                                                                    \
    }                                                                            \
    TAIL(slow_##NAME);                                                           \
  }                                                                              \
  COMPARE_JUMP(JUMP_##NAME, (x C y))                                             \
  COMPARE_JUMP(JUMP_NOT_##NAME, (!(x C y)))
#define COMPARE_JUMP(NAME, TAKEN)                                                \
  SLOW(NAME) {                                                                   \
    RELOAD();                                                                    \
    FB(interp_classify(R[pc->a], R[pc->b]));                                     \
    code_see(th, co, pc, R[pc->a]);                                              \
    RT_CALL_JUMP(NAME);                                                          \
  }                                                                              \
  HANDLER(NAME) {                                                                \
    Value vx = R[pc->a], vy = R[pc->b];                                          \
    if (likely(BOTH_INT(vx, vy))) {                                              \
      Value x = vx, y = vy;                                                      \
      FB(FB_INT);                                                                \
      if (TAKEN) GOTO(pc->e);                                                    \
      NEXT();                                                                    \
    }                                                                            \
    double x = AS_DOUBLE(vx), y = AS_DOUBLE(vy);                                 \
    if (likely(!__builtin_isunordered(x, y))) {                                  \
      FB(FB_FLOAT);                                                              \
      if (TAKEN) GOTO(pc->e);                                                    \
      NEXT();                                                                    \
    }                                                                            \
    TAIL(slow_##NAME);                                                           \
  }
COMPARE(LT, <)
COMPARE(LE, <=)
COMPARE(EQ, ==)
COMPARE(NE, !=)
COMPARE(GT, >)
COMPARE(GE, >=)
HANDLER(IS) {
  R[pc->a] = value_bool(R[pc->b] == R[pc->c]);
  NEXT();
}
HANDLER(IS_NOT) {
  R[pc->a] = value_bool(R[pc->b] != R[pc->c]);
  NEXT();
}

/* -- Jumps ------------------------------------------------------------------------ */

HANDLER(JUMP) { GOTO(pc->e); }
HANDLER(LOOP_HEAD) { NEXT(); }

#define TRUTH_JUMP(NAME, WHEN)                             \
  SLOW(NAME) {                                             \
    RELOAD();                                              \
    Value x = R[pc->a];                                    \
    FB(is_int(x) ? FB_T_INT : FB_T_OTHER);                 \
    code_see(th, co, pc, x);                               \
    SAVE();                                                \
    int t = op_truth(th, x);                               \
    if (unlikely(t < 0)) ERROR();                          \
    if (value_bool(t) == (WHEN)) GOTO(pc->e);              \
    NEXT();                                                \
  }                                                        \
  HANDLER(NAME) {                                          \
    Value x = R[pc->a];                                    \
    if (unlikely(!is_bool(x))) TAIL(slow_##NAME);          \
    FB(FB_T_BOOL);                                         \
    if (x == (WHEN)) GOTO(pc->e);                          \
    NEXT();                                                \
  }
TRUTH_JUMP(JUMP_IF_TRUE, TRUE_V)
TRUTH_JUMP(JUMP_IF_FALSE, FALSE_V)

#define TEST_JUMP(NAME, TEST)    \
  HANDLER(NAME) {                \
    if (TEST) GOTO(pc->e);       \
    NEXT();                      \
  }
TEST_JUMP(JUMP_IF_NONE, R[pc->a] == NONE)
TEST_JUMP(JUMP_IF_NOT_NONE, R[pc->a] != NONE)
TEST_JUMP(JUMP_IF_EMPTY, R[pc->a] == EMPTY)
TEST_JUMP(JUMP_IF_IS, R[pc->a] == R[pc->b])
TEST_JUMP(JUMP_IF_IS_NOT, R[pc->a] != R[pc->b])

/* -- Attributes and items -------------------------------------------------------------- */

/* Any other hit of the cache, then the lookup. */
SLOW(GET_ATTR) {
  RELOAD();
  Ic *ic = &co->ics[pc->e];
  Value o = R[pc->b], v = ic_getattr_hit(ic, o);
  if (v == EMPTY) {
    SAVE();
    const IcEntry *e = ic_computed_hit(ic, o);
    Code *getter = e && e->kind == IC_PROPERTY ? load_consume(&((Function *)as_object(e->value))->code) : NULL;
    if (e && e->kind == IC_GETSET) {
      v = ((Descr *)as_object(e->value))->getset->get(th, o);
    } else if (getter && getter->n_plain == 1) {
      Frame *nf = push_function(th, pc->a, (Function *)as_object(e->value), getter, (Value[]){o, EMPTY}, 1);
      if (unlikely(!nf)) ERROR();
      START(nf);
    } else {
      v = ic_getattr_miss(th, ic, o, instr_name(f, pc->d));
    }
    if (unlikely(v == EMPTY)) ERROR();
  }
  R[pc->a] = v;
  NEXT();
}
HANDLER(GET_ATTR) {
  Value o = R[pc->b];
  const IcEntry *e = ic_entry(&co->ics[pc->e]);
  if (likely(ic_inline_slot_hit(e, o))) {
    Value v = load_consume((Value *)((char *)as_object(o) + e->slot));
    if (likely(v != EMPTY)) {
      R[pc->a] = v;
      NEXT();
    }
  }
  TAIL(slow_GET_ATTR);
}
SLOW(SET_ATTR) {
  RELOAD();
  Ic *ic = &co->ics[pc->e];
  if (ic_setattr_hit(th, ic, R[pc->a], R[pc->b])) NEXT();
  SAVE();
  if (unlikely(ic_setattr_miss(th, ic, R[pc->a], instr_name(f, pc->d), R[pc->b]) < 0)) ERROR();
  NEXT();
}
/* A new attribute: what __init__ does. */
SLOW(add_attr) {
  Value o = R[pc->a], v = R[pc->b];
  const IcEntry *e = ic_entry(&co->ics[pc->e]);
  if (likely(e && is_object(o)) && likely(e->kind == IC_SLOT_ADD) && likely(e->shape_id == obj_shape_id(as_object(o))) && likely(ic_version_ok(e)) &&
      likely(!thread_multi(th) && e->index2 == 0) && likely(!heap_barrier_due(th, as_object(o), v))) {
    store_release((Value *)((char *)as_object(o) + e->index), v);
    store_release(&as_object(o)->shape_id, e->shape_id2);
    NEXT();
  }
  TAIL(slow_SET_ATTR);
}
HANDLER(SET_ATTR) {
  Value o = R[pc->a];
  const IcEntry *e = ic_entry(&co->ics[pc->e]);
  Value v = R[pc->b];
  if (likely(ic_inline_slot_hit(e, o)) && likely(!heap_barrier_due(th, as_object(o), v))) {
    store_release((Value *)((char *)as_object(o) + e->slot), v);
    NEXT();
  }
  TAIL(slow_add_attr);
}

SLOW(GET_ITEM) {
  RELOAD();
  Value o = R[pc->b], k = R[pc->c];
  FB(classify_item(o, k));
  if (has_shape(o, SHAPE_dict)) {
    SAVE();
    Value v = dict_get(th, as_dict(o), k);
    if (likely(v != EMPTY)) {
      R[pc->a] = v;
      NEXT();
    }
    if (unlikely(th->pending != EMPTY)) ERROR();
  }
  code_see(th, co, pc, o);
  RT_CALL(GET_ITEM);
}
HANDLER(GET_ITEM) {
  Value o = R[pc->b], k = R[pc->c];
  if (likely(is_object(o) && is_int(k))) {
    int64_t i = as_int(k);
    uint32_t sid = obj_shape_id(as_object(o));
    if (likely(sid == SHAPE_list)) {
      Array *a = list_array(as_list(o));
      int64_t n = load_acquire(&a->length);
      if (i < 0) i += n;
      Value v;
      if (likely((uint64_t)i < (uint64_t)n) && likely((v = load_relaxed(&a->items[i])) != EMPTY)) {
        FB(FB_I_LIST);
        R[pc->a] = v;
        NEXT();
      }
    } else if (sid == SHAPE_tuple) {
      int64_t n = (int64_t)as_tuple(o)->length;
      if (i < 0) i += n;
      if (likely((uint64_t)i < (uint64_t)n)) {
        FB(FB_I_TUPLE);
        R[pc->a] = as_tuple(o)->items[i];
        NEXT();
      }
    }
  }
  TAIL(slow_GET_ITEM);
}
SLOW(SET_ITEM) {
  RELOAD();
  Value o = R[pc->a], k = R[pc->b];
  FB(classify_item(o, k));
  if (has_shape(o, SHAPE_dict)) {
    SAVE();
    if (unlikely(dict_set(th, as_dict(o), k, R[pc->c]) < 0)) ERROR();
    NEXT();
  }
  code_see(th, co, pc, o);
  RT_CALL(SET_ITEM);
}
HANDLER(SET_ITEM) {
  Value o = R[pc->a], k = R[pc->b];
  if (likely(is_int(k) && has_shape(o, SHAPE_list)) && likely(!thread_multi(th))) {
    Array *a = list_array(as_list(o));
    int64_t i = as_int(k), n = load_relaxed(&a->length);
    if (i < 0) i += n;
    if (likely((uint64_t)i < (uint64_t)n)) {
      FB(FB_I_LIST);
      obj_store(th, a, &a->items[i], R[pc->c]);
      NEXT();
    }
  }
  TAIL(slow_SET_ITEM);
}

/* -- Building ------------------------------------------------------------------------------- */

SLOW(BUILD_TUPLE) { RT_CALL(BUILD_TUPLE); }
HANDLER(BUILD_TUPLE) {
  unsigned n = pc->c;
  if (unlikely(n - 1 >= 8)) TAIL(slow_BUILD_TUPLE);
  size_t bytes = (sizeof(Tuple) + n * sizeof(Value) + 15) & ~(size_t)15;
  AllocRun *r = &th->runs[bytes >> 4];
  Tuple *t = (Tuple *)r->cur;
  if (unlikely((size_t)(r->end - r->cur) < bytes)) TAIL(slow_BUILD_TUPLE);
  r->cur += bytes;
  t->hdr = (Object){SHAPE_tuple, K_TUPLE, 0, 0, 0};
  ((Value *)t)[bytes / 8 - 1] = EMPTY;
  t->length = n;
  const Value *from = &R[pc->b];
  for (unsigned k = 0; k < n; k++) {
    t->items[k] = from[k];
    __asm__ volatile(""); /* stays a loop */
  }
  R[pc->a] = value_object(t);
  NEXT();
}
SLOW(UNPACK_SEQ) {
  RELOAD();
  FB(classify_item(R[pc->a], INT_BIAS));
  RT_CALL(UNPACK_SEQ);
}
HANDLER(UNPACK_SEQ) {
  Value v = R[pc->a];
  if (unlikely(!has_shape(v, SHAPE_tuple) || as_tuple(v)->length != pc->c)) TAIL(slow_UNPACK_SEQ);
  FB(FB_I_TUPLE);
  Value *out = &R[pc->b];
  for (unsigned k = 0, n = pc->c; k < n; k++) {
    out[k] = as_tuple(v)->items[k];
    __asm__ volatile(""); /* stays a loop */
  }
  NEXT();
}
SLOW(LIST_APPEND) { RT_CALL(LIST_APPEND); }
HANDLER(LIST_APPEND) {
  if (unlikely(thread_multi(th)) || unlikely(!list_append_fast(th, as_list(R[pc->a]), R[pc->b]))) TAIL(slow_LIST_APPEND);
  NEXT();
}

/* -- Iteration ------------------------------------------------------------------------------ */

SLOW(FOR_ITER) {
  RELOAD();
  Value it = R[pc->b];
  FB(classify_iter(it));
  code_see(th, co, pc, it);
  SAVE();
  Value v = op_next(th, it);
  if (likely(v != EMPTY)) {
    R[pc->a] = v;
    NEXT();
  }
  if (unlikely(th->pending != EMPTY)) ERROR();
  GOTO(pc->e);
}
/* The next item of the commonest iterators without a call. */
HANDLER(FOR_ITER) {
  Iter *it = (Iter *)as_object(R[pc->b]);
  switch (obj_shape_id(&it->hdr)) {
  case SHAPE_range_iterator: {
    int64_t left = load_relaxed(&it->limit);
    if (unlikely(left <= 0)) GOTO(pc->e);
    int64_t x = load_relaxed(&it->index);
    store_relaxed(&it->limit, left - 1);
    store_relaxed(&it->index, x + it->step);
    FB(FB_IT_RANGE);
    R[pc->a] = value_int(x);
    NEXT();
  }
  case SHAPE_list_iterator: {
    Value seq = load_relaxed(&it->seq);
    if (unlikely(seq == EMPTY)) break;
    Array *a = list_array(as_list(seq));
    int64_t i = load_relaxed(&it->index);
    if (unlikely(i >= (int64_t)load_acquire(&a->length))) break;
    Value x = load_acquire(&a->items[i]);
    if (unlikely(x == EMPTY)) break;
    store_relaxed(&it->index, i + 1);
    FB(FB_IT_LIST);
    R[pc->a] = x;
    NEXT();
  }
  case SHAPE_tuple_iterator: {
    Value seq = load_relaxed(&it->seq);
    if (unlikely(seq == EMPTY)) break;
    Tuple *t = as_tuple(seq);
    int64_t i = load_relaxed(&it->index);
    if (unlikely(i >= (int64_t)t->length)) break;
    store_relaxed(&it->index, i + 1);
    FB(FB_IT_TUPLE);
    R[pc->a] = t->items[i];
    NEXT();
  }
  default: break;
  }
  TAIL(slow_FOR_ITER);
}
HANDLER(SEND) { RT_CALL_JUMP(SEND); }
HANDLER(YIELD_FROM_THROW) { RT_CALL_JUMP(YIELD_FROM_THROW); }

/* -- Everything that is a plain call of its rt_ops function ----------------------------------------------- */
#define POWER(name)                                                                                         \
  HANDLER(name) {                                                                                           \
    FB(is_int(R[pc->b]) && is_int(R[pc->c]) ? FB_INT : interp_classify(R[pc->b], R[pc->c]));                \
    RT_CALL(name);                                                                                          \
  }
POWER(POW)
POWER(IPOW)
#define SEES(name, what)            \
  HANDLER(name) {                   \
    code_see(th, co, pc, what);     \
    RT_CALL(name);                  \
  }
static Value bound_self(Value v) { return has_shape(v, SHAPE_method) ? ((BoundMethod *)as_object(v))->self : v; }
SEES(IN, R[pc->c])
SEES(NOT_IN, R[pc->c])
SEES(GET_ITER, R[pc->b])
SEES(WITH_ENTER, R[pc->b])
SEES(WITH_EXIT, bound_self(R[pc->b]))
#define PLAIN(name) \
  HANDLER(name) { RT_CALL(name); }
PLAIN(LOAD_SUPER)
PLAIN(MAKE_CELL)
PLAIN(DELETE_DEREF)
PLAIN(LOAD_CLASSDEREF)
PLAIN(STORE_GLOBAL)
PLAIN(DELETE_GLOBAL)
PLAIN(STORE_NAME)
PLAIN(DELETE_NAME)
PLAIN(LOAD_LOCALS)
PLAIN(SETUP_ANNOTATIONS)
PLAIN(LOAD_BUILD_CLASS)
PLAIN(MATMUL)
PLAIN(IMATMUL)
PLAIN(POS)
PLAIN(INVERT)
PLAIN(TO_BOOL)
PLAIN(DEL_ATTR)
PLAIN(DEL_ITEM)
PLAIN(GET_SLICE)
PLAIN(SET_SLICE)
PLAIN(BUILD_SLICE)
PLAIN(BUILD_LIST)
PLAIN(BUILD_SET)
PLAIN(BUILD_DICT)
PLAIN(BUILD_DICT_CONST_KEYS)
PLAIN(BUILD_STRING)
PLAIN(FORMAT_VALUE)
PLAIN(LIST_EXTEND)
PLAIN(SET_ADD)
PLAIN(SET_UPDATE)
PLAIN(DICT_SET)
PLAIN(DICT_UPDATE)
PLAIN(DICT_MERGE)
PLAIN(STAR_TUPLE)
PLAIN(LIST_TO_TUPLE)
PLAIN(UNPACK_EX)
PLAIN(CALL_EX)
PLAIN(MAKE_FUNCTION)
PLAIN(GET_LEN)
PLAIN(GET_YIELD_FROM_ITER)
PLAIN(GET_AWAITABLE)
PLAIN(GET_AITER)
PLAIN(GET_ANEXT)
PLAIN(ASYNC_GEN_WRAP)
PLAIN(RAISE)
PLAIN(EXC_MATCH)
PLAIN(EXC_GROUP_MATCH)
PLAIN(EXC_GROUP_MERGE)
PLAIN(AWITH_ENTER)
PLAIN(LOAD_ASSERTION_ERROR)
PLAIN(MATCH_SEQUENCE)
PLAIN(MATCH_MAPPING)
PLAIN(MATCH_KEYS)
PLAIN(MATCH_CLASS)
PLAIN(COPY_DICT_WITHOUT)
PLAIN(IMPORT_NAME)
PLAIN(IMPORT_FROM)
PLAIN(IMPORT_STAR)
PLAIN(PRINT_EXPR)
