/* interp.c: the RIR interpreter: one dispatch loop over register frames, computed goto.
**
** What is inlined here are the paths that ordinary programs take all the time: small int and double arithmetic, list and tuple items, inline cache
** hits, calls of Python functions (which push a frame and go on, without C recursion). Everything else is a call into rt_ops.c.
**
** Invariants: `pc` is the instruction being executed; f->pc is stored before anything that may raise, call, allocate or poll (SAVE). Feedback bytes
** are written only when a bit is new, so that hot code stays clean in the cache. After a call of anything that may run Python, `R` is still valid:
** frames do not move.
** Measured traps kept in mind: a conditional `pc = target` becomes a cmov that stalls the next dispatch (BRANCH's empty asm keeps the jump). */
#include "runtime/interp.h"
#include "runtime/complex.h"
#include "runtime/context.h"
#include "runtime/exc.h"
#include "runtime/frame_fast.h"
#include "runtime/func.h"
#include "runtime/heap_fast.h"
#include "runtime/hooks.h"
#include "runtime/ic.h"
#include "runtime/iter.h"
#include "runtime/list.h"
#include "runtime/names.h"
#include "runtime/native.h"
#include "runtime/native_code.h"
#include "runtime/num.h"
#include "runtime/rt_ops.h"
#include "runtime/tuple.h"

#define SAVE() (f->pc = pc)
#define NEXT()                       \
  do {                               \
    pc++;                            \
    goto *labels[pc->op];            \
  } while (0)
#define GOTO(target)                 \
  do {                               \
    pc = instrs + (target);          \
    __asm__ volatile("");            \
    goto *labels[pc->op];            \
  } while (0)
/* Feedback: the instruction is shared by threads; a lost bit comes again. */
#define FB(bit)                                                                                                                      \
  do {                                                                                                                               \
    uint8_t fb_ = load_relaxed(&pc->fb);                                                                                             \
    if (unlikely(!(fb_ & (bit)))) store_relaxed((uint8_t *)&pc->fb, (uint8_t)(fb_ | (bit)));                                         \
  } while (0)
/* The volatile read keeps the compiler from loading the whole table ahead of the dispatch loop and spilling it at every entry. */
#define RT_OP(name) (*(const volatile RtOp *)&rt_ops[RIR_##name])
#define RT_CALL(name)                                                    \
  do {                                                                   \
    SAVE();                                                              \
    if (unlikely(RT_OP(name)(th, f, pc) < 0)) goto error;                \
  } while (0)

ALWAYS_INLINE bool both_int(Value x, Value y) { return (x & y) >= INT_TAG_MIN; }
ALWAYS_INLINE bool both_double(Value x, Value y) { return (int)is_double(x) & (int)is_double(y); }
/* Number of either immediate kind as a double. */
ALWAYS_INLINE bool as_number(Value v, double *d) {
  if (is_double(v)) *d = as_double(v);
  else if (is_int(v)) *d = (double)as_int(v);
  else return false;
  return true;
}

/* What a pair that took the slow path was, for the native tier. */
static uint8_t classify(Value x, Value y) {
  if (is_int(x) && is_int(y)) return FB_OVERFLOW;
  if (is_int(x) && is_double(y)) return FB_INT_FLOAT;
  if (is_double(x) && is_int(y)) return FB_FLOAT_INT;
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

/* The next item of the commonest iterators without a call; EMPTY: exhausted or not one of them (*known tells). */
ALWAYS_INLINE Value iter_next_fast(Value v, bool *known) {
  *known = true;
  Iter *it = (Iter *)as_object(v);
  switch (obj_shape_id(&it->hdr)) {
  case SHAPE_range_iterator: {
    int64_t left = load_relaxed(&it->limit);
    if (left <= 0) return EMPTY;
    int64_t x = load_relaxed(&it->index);
    store_relaxed(&it->limit, left - 1);
    store_relaxed(&it->index, x + it->step);
    return value_int(x);
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
    return x;
  }
  case SHAPE_tuple_iterator: {
    Value seq = load_relaxed(&it->seq);
    if (unlikely(seq == EMPTY)) break;
    Tuple *t = as_tuple(seq);
    int64_t i = load_relaxed(&it->index);
    if (unlikely(i >= (int64_t)t->length)) break;
    store_relaxed(&it->index, i + 1);
    return t->items[i];
  }
  default: break;
  }
  *known = false;
  return EMPTY;
}

COLD static void report_hot(RpThread *th, Code *co, const Instr *pc) {
  if (rt_hooks.code_hot) rt_hooks.code_hot(th, co, (uint32_t)(pc - co->instrs));
}
ALWAYS_INLINE void count_hot(RpThread *th, Code *co, _Atomic uint32_t *counter, const Instr *pc) {
  uint32_t before = atomic_load_explicit(counter, memory_order_relaxed), now = before + 1;
  atomic_store_explicit(counter, now, memory_order_relaxed);
  if (unlikely((before ^ now) & ~(uint32_t)(HOT_STEP - 1))) report_hot(th, co, pc);
}

/* A frame that a call of `t` starts with __init__: allocates the instance. */
ALWAYS_INLINE Value new_instance(RpThread *th, Type *t) {
  const Shape *s = type_root_shape(t);
  size_t bytes = (s->overflow_offset + 8 + 8 * (size_t)s->n_inline + 15) & ~(size_t)15;
  AllocRun *r = &th->runs[bytes >> 4];
  if (likely(t->inst_kind == K_INSTANCE && bytes <= SMALL_MAX && !t->slots.free_ && !t->slots.finalize_py) &&
      likely((size_t)(r->end - r->cur) >= bytes)) {
    Object *o = (Object *)r->cur;
    r->cur += bytes;
    for (size_t i = 1; i < bytes / 8; i++) ((Value *)o)[i] = EMPTY;
    *o = (Object){s->id, K_INSTANCE, 0, 0, 0};
    return value_object(o);
  }
  Object *o = type_alloc(th, t);
  return o ? value_object(o) : EMPTY;
}

/* The function behind an arithmetic operator with an instance of a Python class, where the reflected rules leave no choice: both operands of one
** class, or the other is a plain number. EMPTY: let op_binary() decide. *swapped: it is the right operand's reflected one. */
static Value operator_function(RpThread *th, unsigned op, bool inplace, Value x, Value y, bool *swapped) {
  static const uint16_t names[][3] = { /* ORDER BINOP */
      {NAME_slot___add__, NAME_slot___radd__, NAME_slot___iadd__},
      {NAME_slot___sub__, NAME_slot___rsub__, NAME_slot___isub__},
      {NAME_slot___mul__, NAME_slot___rmul__, NAME_slot___imul__},
      {NAME_slot___truediv__, NAME_slot___rtruediv__, NAME_slot___itruediv__}};
  Value fn;
  *swapped = false;
  if (has_kind(x, K_INSTANCE)) {
    Type *t = obj_shape(as_object(x))->type;
    if (is_object(y) && obj_shape(as_object(y))->type != t) return EMPTY;
    if (inplace && type_lookup(th, t, rp_names[names[op][2]]) != EMPTY) return EMPTY;
    fn = type_lookup(th, t, rp_names[names[op][0]]);
  } else {
    if (is_object(x) || !has_kind(y, K_INSTANCE)) return EMPTY;
    *swapped = true;
    fn = type_lookup(th, obj_shape(as_object(y))->type, rp_names[names[op][1]]);
  }
  if (!func_check(fn)) return EMPTY;
  const Code *co = load_consume(&((Function *)as_object(fn))->code);
  return co->n_params == 2 && co->argcount == 2 ? fn : EMPTY;
}

/* RETURN of an __init__ frame. */
COLD static Value raise_init_result(RpThread *th, Value v) { return raise_type(th, "__init__() should return None, not '%T'", v); }

/* Is the thread being stopped by its host? Then no handler catches anything. */
static bool unwinding_for_stop(RpThread *th) { return atomic_load_explicit(&th->poll, memory_order_relaxed) & POLL_STOP; }

static const Handler *find_handler(const Code *co, uint32_t at) {
  for (uint32_t k = 0; k < co->n_handlers; k++)
    if (at >= co->handlers[k].start && at < co->handlers[k].end) return &co->handlers[k];
  return NULL;
}

Value interp_run(RpThread *th, Frame *f) {
  static const void *const labels[256] = {
#define OP(name, ...) [RIR_##name] = &&L_##name,
#include "runtime/rir.def"
#undef OP
  };
  /* What the loop keeps in registers; reloaded whenever the frame changes. */
  const Instr *pc;
  const Instr *instrs;
  Value *R;
  Value *K;
  Code *co;
  Value result;
  /* Arguments of the frame-changing paths below the loop. */
  Value callee;
  const Value *args;
  int n_pos;
  Tuple *kwnames;
  bool no_traceback;

#define ENTER_FRAME()          \
  do {                         \
    co = f->code;              \
    instrs = co->instrs;       \
    R = f->regs;               \
    K = co->consts->items;     \
    pc = f->pc;                \
  } while (0)
#define CASE(name) L_##name:

  ENTER_FRAME();
  if (unlikely(th->pending != EMPTY)) { /* throw() into a suspended generator */
    no_traceback = false;
    goto unwind;
  }
  if (pc == instrs && likely(!(f->flags & FRAME_NATIVE))) goto start_function; /* compiled code that gave up at its start comes here with its own frame */
  goto *labels[pc->op];

  /* -- Moves and constants ------------------------------------------------ */
  CASE(NOP) NEXT();
  CASE(MOVE) R[pc->a] = R[pc->b]; NEXT();
  CASE(LOAD_CONST) R[pc->a] = K[pc->e]; NEXT();
  CASE(LOAD_INT) R[pc->a] = value_int(pc->e); NEXT();
  CASE(LOAD_NONE) R[pc->a] = NONE; NEXT();
  CASE(LOAD_EMPTY) R[pc->a] = EMPTY; NEXT();
  CASE(CHECK_LOCAL) {
    if (unlikely(R[pc->a] == EMPTY)) RT_CALL(CHECK_LOCAL);
    NEXT();
  }

  /* -- Cells and namespaces ------------------------------------------------ */
  CASE(LOAD_DEREF) {
    Value v = load_relaxed(&((Cell *)as_object(R[pc->b]))->v);
    if (unlikely(v == EMPTY)) RT_CALL(LOAD_DEREF);
    else R[pc->a] = v;
    NEXT();
  }
  CASE(STORE_DEREF) {
    Cell *c = (Cell *)as_object(R[pc->a]);
    obj_store(th, c, &c->v, R[pc->b]);
    NEXT();
  }
  CASE(LOAD_CLOSURE) R[pc->a] = f->func->closure->items[pc->e]; NEXT();
  CASE(LOAD_GLOBAL) {
    Value v = ic_global_hit(&co->ics[pc->e], f->globals, f->builtins);
    if (likely(v != EMPTY)) R[pc->a] = v;
    else RT_CALL(LOAD_GLOBAL);
    NEXT();
  }

  /* -- Arithmetic ------------------------------------------------------------ */
#define ARITH(NAME, INT_EXPR, DOUBLE_EXPR, COMPLEX_FN)                           \
  CASE(NAME) {                                                                   \
    Value x = R[pc->b], y = R[pc->c];                                            \
    if (likely(both_int(x, y))) {                                                \
      int64_t i = as_int(x), j = as_int(y), r;                                   \
      if (likely(INT_EXPR)) {                                                    \
        FB(FB_INT);                                                              \
        R[pc->a] = value_int(r);                                                 \
        NEXT();                                                                  \
      }                                                                          \
    } else if (likely(both_double(x, y))) {                                      \
      double p = as_double(x), q = as_double(y);                                 \
      FB(FB_FLOAT);                                                              \
      R[pc->a] = value_double(DOUBLE_EXPR);                                      \
      NEXT();                                                                    \
    } else {                                                                     \
      double p, q;                                                               \
      if (as_number(x, &p) && as_number(y, &q)) {                                \
        FB(is_int(x) ? FB_INT_FLOAT : FB_FLOAT_INT);                             \
        R[pc->a] = value_double(DOUBLE_EXPR);                                    \
        NEXT();                                                                  \
      }                                                                          \
      if (has_shape(x, SHAPE_complex) && has_shape(y, SHAPE_complex)) {          \
        FB(FB_COMPLEX);                                                          \
        Cplx z = COMPLEX_FN(complex_value(x), complex_value(y));                 \
        SAVE();                                                                  \
        Complex *o = (Complex *)heap_alloc_fast(th, SHAPE_complex, K_COMPLEX, sizeof(Complex)); \
        if (unlikely(!o)) goto error;                                            \
        o->re = z.re;                                                            \
        o->im = z.im;                                                            \
        R[pc->a] = value_object(o);                                              \
        NEXT();                                                                  \
      }                                                                          \
      if (is_object(x) | is_object(y)) goto binary_object;                       \
    }                                                                            \
    FB(classify(x, y));                                                          \
    RT_CALL(NAME);                                                               \
    NEXT();                                                                      \
  }
#define ADD_OK (r = i + j, int_fits(r))
#define SUB_OK (r = i - j, int_fits(r))
#define MUL_OK (!__builtin_mul_overflow(i, j, &r) && int_fits(r))
  ARITH(ADD, ADD_OK, p + q, cplx_add)
  ARITH(IADD, ADD_OK, p + q, cplx_add)
  ARITH(SUB, SUB_OK, p - q, cplx_sub)
  ARITH(ISUB, SUB_OK, p - q, cplx_sub)
  ARITH(MUL, MUL_OK, p * q, cplx_mul)
  ARITH(IMUL, MUL_OK, p * q, cplx_mul)

  /* int / int needs both exact as doubles: 49 bits are. */
#define DIVIDE(NAME)                                                                           \
  CASE(NAME) {                                                                                 \
    Value x = R[pc->b], y = R[pc->c];                                                          \
    double p, q;                                                                               \
    if (likely(as_number(x, &p) && as_number(y, &q) && q != 0.0)) {                            \
      FB(is_double(x) ? (is_double(y) ? FB_FLOAT : FB_FLOAT_INT) : is_double(y) ? FB_INT_FLOAT : FB_INT); \
      R[pc->a] = value_double(p / q);                                                          \
      NEXT();                                                                                  \
    }                                                                                          \
    if (is_object(x) | is_object(y)) goto binary_object;                                       \
    FB(classify(x, y));                                                                        \
    RT_CALL(NAME);                                                                             \
    NEXT();                                                                                    \
  }
  DIVIDE(TRUEDIV)
  DIVIDE(ITRUEDIV)

  /* + - * / of R[b] and R[c], one of them an object: a method of a Python class gets its frame here, without C recursion. */
binary_object: {
  Value x = R[pc->b], y = R[pc->c];
  FB(classify(x, y));
  SAVE();
  bool inplace = pc->op >= RIR_IADD, swapped;
  Value fv = operator_function(th, pc->op - (inplace ? RIR_IADD : RIR_ADD), inplace, x, y, &swapped);
  if (fv == EMPTY) {
    if (unlikely(rt_ops[pc->op](th, f, pc) < 0)) goto error;
    NEXT();
  }
  Function *fn = (Function *)as_object(fv);
  Frame *nf = frame_push_fast(th, fn);
  if (unlikely(!nf)) goto error;
  nf->ret_reg = pc->a;
  nf->flags = FRAME_BINARY;
  nf->regs[0] = swapped ? y : x;
  nf->regs[1] = swapped ? x : y;
  f = nf;
  ENTER_FRAME();
  goto start_function;
}

#define INT_DIVISION(NAME, INT_CODE, DOUBLE_EXPR)                                \
  CASE(NAME) {                                                                   \
    Value x = R[pc->b], y = R[pc->c];                                            \
    if (likely(both_int(x, y))) {                                                \
      int64_t i = as_int(x), j = as_int(y);                                      \
      if (likely(j != 0)) {                                                      \
        int64_t quot = i / j, rem = i % j, r;                                    \
        bool adjust = rem != 0 && (rem ^ j) < 0;                                 \
        INT_CODE;                                                                \
        if (likely(int_fits(r))) {                                               \
          FB(FB_INT);                                                            \
          R[pc->a] = value_int(r);                                               \
          NEXT();                                                                \
        }                                                                        \
      }                                                                          \
    } else if (both_double(x, y) && as_double(y) != 0.0) {                       \
      double p = as_double(x), q = as_double(y);                                 \
      FB(FB_FLOAT);                                                              \
      R[pc->a] = value_double(DOUBLE_EXPR);                                      \
      NEXT();                                                                    \
    }                                                                            \
    FB(classify(x, y));                                                          \
    RT_CALL(NAME);                                                               \
    NEXT();                                                                      \
  }
  INT_DIVISION(FLOORDIV, r = quot - adjust, float_floordiv(p, q))
  INT_DIVISION(IFLOORDIV, r = quot - adjust, float_floordiv(p, q))
  INT_DIVISION(MOD, (void)quot; r = adjust ? rem + j : rem, float_mod(p, q))
  INT_DIVISION(IMOD, (void)quot; r = adjust ? rem + j : rem, float_mod(p, q))

#define BITWISE(NAME, EXPR)                      \
  CASE(NAME) {                                   \
    Value x = R[pc->b], y = R[pc->c];            \
    if (likely(both_int(x, y))) {                \
      int64_t i = as_int(x), j = as_int(y);      \
      FB(FB_INT);                                \
      R[pc->a] = value_int(EXPR);                \
      NEXT();                                    \
    }                                            \
    FB(classify(x, y));                          \
    RT_CALL(NAME);                               \
    NEXT();                                      \
  }
  BITWISE(AND, i & j)
  BITWISE(IAND, i & j)
  BITWISE(OR, i | j)
  BITWISE(IOR, i | j)
  BITWISE(XOR, i ^ j)
  BITWISE(IXOR, i ^ j)

#define SHIFT(NAME, OK, EXPR)                                             \
  CASE(NAME) {                                                            \
    Value x = R[pc->b], y = R[pc->c];                                     \
    if (likely(both_int(x, y))) {                                         \
      int64_t i = as_int(x), j = as_int(y);                               \
      if (likely(j >= 0 && OK)) {                                         \
        FB(FB_INT);                                                       \
        R[pc->a] = value_int(EXPR);                                       \
        NEXT();                                                           \
      }                                                                   \
    }                                                                     \
    FB(classify(x, y));                                                   \
    RT_CALL(NAME);                                                        \
    NEXT();                                                               \
  }
#define LSHIFT_OK (j < 48 && i >= (SMALL_INT_MIN >> j) && i <= (SMALL_INT_MAX >> j))
  SHIFT(LSHIFT, LSHIFT_OK, i * ((int64_t)1 << j))
  SHIFT(ILSHIFT, LSHIFT_OK, i * ((int64_t)1 << j))
  SHIFT(RSHIFT, true, i >> (j > 63 ? 63 : j))
  SHIFT(IRSHIFT, true, i >> (j > 63 ? 63 : j))

#define ARITH_IMM(NAME, SIGN)                                                \
  CASE(NAME) {                                                               \
    Value x = R[pc->b];                                                      \
    if (likely(is_int(x))) {                                                 \
      int64_t r = as_int(x) SIGN pc->e;                                      \
      if (likely(int_fits(r))) {                                             \
        FB(FB_INT);                                                          \
        R[pc->a] = value_int(r);                                             \
        NEXT();                                                              \
      }                                                                      \
    } else if (is_double(x)) {                                               \
      FB(FB_FLOAT_INT);                                                      \
      R[pc->a] = value_double(as_double(x) SIGN (double)pc->e);              \
      NEXT();                                                                \
    }                                                                        \
    FB(classify(x, INT_BIAS));                                               \
    RT_CALL(NAME);                                                           \
    NEXT();                                                                  \
  }
  ARITH_IMM(ADD_IMM, +)
  ARITH_IMM(SUB_IMM, -)

  CASE(NEG) {
    Value x = R[pc->b];
    if (likely(is_double(x))) {
      FB(FB_FLOAT);
      R[pc->a] = value_double(-as_double(x));
    } else if (likely(is_int(x) && as_int(x) != SMALL_INT_MIN)) {
      FB(FB_INT);
      R[pc->a] = value_int(-as_int(x));
    } else {
      FB(classify(x, x));
      RT_CALL(NEG);
    }
    NEXT();
  }
  CASE(NOT) {
    Value x = R[pc->b];
    if (likely(is_bool(x))) {
      FB(FB_T_BOOL);
      R[pc->a] = x ^ 1;
    } else {
      FB(is_int(x) ? FB_T_INT : FB_T_OTHER);
      RT_CALL(NOT);
    }
    NEXT();
  }

  /* -- Comparison --------------------------------------------------------------- */
  /* Boxed small ints compare as unsigned words. */
#define COMPARE(NAME, C)                                                         \
  CASE(NAME) {                                                                   \
    Value x = R[pc->b], y = R[pc->c];                                            \
    if (likely(both_int(x, y))) {                                                \
      FB(FB_INT);                                                                \
      R[pc->a] = value_bool(x C y);                                              \
    } else if (likely(both_double(x, y))) {                                      \
      FB(FB_FLOAT);                                                              \
      R[pc->a] = value_bool(as_double(x) C as_double(y));                        \
    } else {                                                                     \
      FB(classify(x, y));                                                        \
      RT_CALL(NAME);                                                             \
    }                                                                            \
    NEXT();                                                                      \
  }                                                                              \
  COMPARE_JUMP(JUMP_##NAME, (x C y))                                             \
  COMPARE_JUMP(JUMP_NOT_##NAME, (!(x C y)))
#define COMPARE_JUMP(NAME, TAKEN)                                                \
  CASE(NAME) {                                                                   \
    Value vx = R[pc->a], vy = R[pc->b];                                          \
    if (likely(both_int(vx, vy))) {                                              \
      Value x = vx, y = vy;                                                      \
      FB(FB_INT);                                                                \
      if (TAKEN) GOTO(pc->e);                                                    \
      NEXT();                                                                    \
    }                                                                            \
    if (likely(both_double(vx, vy))) {                                           \
      double x = as_double(vx), y = as_double(vy);                               \
      FB(FB_FLOAT);                                                              \
      if (TAKEN) GOTO(pc->e);                                                    \
      NEXT();                                                                    \
    }                                                                            \
    FB(classify(vx, vy));                                                        \
    SAVE();                                                                      \
    int taken = RT_OP(NAME)(th, f, pc);                                   \
    if (unlikely(taken < 0)) goto error;                                         \
    if (taken) GOTO(pc->e);                                                      \
    NEXT();                                                                      \
  }
  COMPARE(LT, <)
  COMPARE(LE, <=)
  COMPARE(EQ, ==)
  COMPARE(NE, !=)
  COMPARE(GT, >)
  COMPARE(GE, >=)
  CASE(IS) R[pc->a] = value_bool(R[pc->b] == R[pc->c]); NEXT();
  CASE(IS_NOT) R[pc->a] = value_bool(R[pc->b] != R[pc->c]); NEXT();

  /* -- Jumps ------------------------------------------------------------------------ */
  CASE(JUMP) GOTO(pc->e);
  CASE(JUMP_BACK) {
    SAVE();
    if (unlikely(!thread_poll(th))) goto error;
    count_hot(th, co, &co->hot, instrs + pc->e);
    pc = instrs + pc->e;
    if (unlikely(atomic_load_explicit(&co->native, memory_order_relaxed) != NULL)) goto enter_loop;
    goto *labels[pc->op];
  }
  CASE(LOOP_HEAD) NEXT();
  CASE(JUMP_IF_TRUE) {
    Value x = R[pc->a];
    if (likely(is_bool(x))) {
      FB(FB_T_BOOL);
      if (x == TRUE_V) GOTO(pc->e);
      NEXT();
    }
    FB(is_int(x) ? FB_T_INT : FB_T_OTHER);
    SAVE();
    int t = op_truth(th, x);
    if (unlikely(t < 0)) goto error;
    if (t) GOTO(pc->e);
    NEXT();
  }
  CASE(JUMP_IF_FALSE) {
    Value x = R[pc->a];
    if (likely(is_bool(x))) {
      FB(FB_T_BOOL);
      if (x == FALSE_V) GOTO(pc->e);
      NEXT();
    }
    FB(is_int(x) ? FB_T_INT : FB_T_OTHER);
    SAVE();
    int t = op_truth(th, x);
    if (unlikely(t < 0)) goto error;
    if (!t) GOTO(pc->e);
    NEXT();
  }
  CASE(JUMP_IF_NONE) if (R[pc->a] == NONE) GOTO(pc->e); NEXT();
  CASE(JUMP_IF_NOT_NONE) if (R[pc->a] != NONE) GOTO(pc->e); NEXT();
  CASE(JUMP_IF_EMPTY) if (R[pc->a] == EMPTY) GOTO(pc->e); NEXT();
  CASE(JUMP_IF_IS) if (R[pc->a] == R[pc->b]) GOTO(pc->e); NEXT();
  CASE(JUMP_IF_IS_NOT) if (R[pc->a] != R[pc->b]) GOTO(pc->e); NEXT();

  /* -- Attributes and items -------------------------------------------------------------- */
  CASE(GET_ATTR) {
    Value v = ic_getattr_hit(&co->ics[pc->e], R[pc->b]);
    if (likely(v != EMPTY)) {
      R[pc->a] = v;
      NEXT();
    }
    SAVE();
    const IcEntry *e = ic_computed_hit(&co->ics[pc->e], R[pc->b]);
    if (e && e->kind == IC_GETSET) {
      v = ((Descr *)as_object(e->value))->getset->get(th, R[pc->b]);
    } else if (e && ((Function *)as_object(e->value))->code->n_params == 1 && ((Function *)as_object(e->value))->code->argcount == 1) {
      Function *fn = (Function *)as_object(e->value);
      Frame *nf = frame_push_fast(th, fn);
      if (unlikely(!nf)) goto error;
      nf->ret_reg = pc->a;
      nf->regs[0] = R[pc->b];
      f = nf;
      ENTER_FRAME();
      goto start_function;
    } else {
      v = ic_getattr_miss(th, &co->ics[pc->e], R[pc->b], instr_name(f, pc->d));
    }
    if (unlikely(v == EMPTY)) goto error;
    R[pc->a] = v;
    NEXT();
  }
  CASE(SET_ATTR) {
    if (likely(ic_setattr_hit(th, &co->ics[pc->e], R[pc->a], R[pc->b]))) NEXT();
    SAVE();
    if (unlikely(ic_setattr_miss(th, &co->ics[pc->e], R[pc->a], instr_name(f, pc->d), R[pc->b]) < 0)) goto error;
    NEXT();
  }
  CASE(GET_ITEM) {
    Value o = R[pc->b], k = R[pc->c];
    if (likely(is_object(o) && is_int(k))) {
      int64_t i = as_int(k);
      uint32_t sid = obj_shape_id(as_object(o));
      if (sid == SHAPE_list) {
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
    FB(classify_item(o, k));
    RT_CALL(GET_ITEM);
    NEXT();
  }
  CASE(SET_ITEM) {
    Value o = R[pc->a], k = R[pc->b];
    if (likely(is_int(k) && has_shape(o, SHAPE_list)) && likely(!th->multi)) {
      Array *a = list_array(as_list(o));
      int64_t i = as_int(k), n = load_relaxed(&a->length);
      if (i < 0) i += n;
      if (likely((uint64_t)i < (uint64_t)n)) {
        FB(FB_I_LIST);
        obj_store(th, a, &a->items[i], R[pc->c]);
        NEXT();
      }
    }
    FB(classify_item(o, k));
    RT_CALL(SET_ITEM);
    NEXT();
  }
  CASE(BUILD_TUPLE) {
    unsigned n = pc->c;
    SAVE();
    if (unlikely(n - 1 >= 8)) {
      RT_CALL(BUILD_TUPLE);
      NEXT();
    }
    size_t bytes = (sizeof(Tuple) + n * sizeof(Value) + 15) & ~(size_t)15;
    AllocRun *r = &th->runs[bytes >> 4];
    Tuple *t = (Tuple *)r->cur;
    if (likely((size_t)(r->end - r->cur) >= bytes)) {
      r->cur += bytes;
      t->hdr = (Object){SHAPE_tuple, K_TUPLE, 0, 0, 0};
      ((Value *)t)[bytes / 8 - 1] = EMPTY;
    } else if (unlikely(!(t = tuple_alloc(th, n)))) {
      goto error;
    }
    t->length = n;
    const Value *from = &R[pc->b];
    for (unsigned k = 0; k < n; k++) t->items[k] = from[k];
    R[pc->a] = value_object(t);
    NEXT();
  }
  CASE(UNPACK_SEQ) {
    Value v = R[pc->a];
    if (likely(has_shape(v, SHAPE_tuple) && as_tuple(v)->length == pc->c)) {
      FB(FB_I_TUPLE);
      Value *out = &R[pc->b];
      for (unsigned k = 0, n = pc->c; k < n; k++) out[k] = as_tuple(v)->items[k];
      NEXT();
    }
    FB(classify_item(v, INT_BIAS));
    RT_CALL(UNPACK_SEQ);
    NEXT();
  }

  /* -- Iteration ------------------------------------------------------------------------------ */
  CASE(GET_ITER) {
    RT_CALL(GET_ITER);
    NEXT();
  }
  CASE(FOR_ITER) {
    Value it = R[pc->b];
    bool known;
    Value v = iter_next_fast(it, &known);
    if (likely(v != EMPTY)) {
      FB(classify_iter(it));
      R[pc->a] = v;
      NEXT();
    }
    if (known) GOTO(pc->e);
    FB(classify_iter(it));
    SAVE();
    v = type_of(it)->slots.next(th, it);
    if (likely(v != EMPTY)) {
      R[pc->a] = v;
      NEXT();
    }
    if (unlikely(th->pending != EMPTY)) goto error;
    GOTO(pc->e);
  }
  CASE(SEND) {
    SAVE();
    int rc = RT_OP(SEND)(th, f, pc);
    if (unlikely(rc < 0)) goto error;
    if (rc == RT_JUMP) GOTO(pc->e);
    NEXT();
  }
  CASE(YIELD_FROM_THROW) {
    SAVE();
    int rc = RT_OP(YIELD_FROM_THROW)(th, f, pc);
    if (unlikely(rc < 0)) goto error;
    if (rc == RT_JUMP) GOTO(pc->e);
    NEXT();
  }

  /* -- Calls -------------------------------------------------------------------------------------- */
  CASE(CALL) {
    callee = R[pc->b];
    args = &R[pc->b + 1];
    n_pos = pc->c;
    goto call;
  }
  CASE(CALL_METHOD) {
    int method = ic_method_hit(&co->ics[pc->e], R[pc->b], &callee);
    if (unlikely(method < 0)) {
      SAVE();
      method = ic_method_miss(th, &co->ics[pc->e], R[pc->b], instr_name(f, pc->d), &callee);
      if (unlikely(method < 0)) {
        th->lookup_failed = true;
        goto error;
      }
    }
    args = &R[pc->b + !method];
    n_pos = pc->c + method;
    goto call;
  }
  CASE(LOAD_METHOD) {
    Value self = R[pc->b];
    int method = ic_method_hit(&co->ics[pc->e], self, &callee);
    if (unlikely(method < 0)) {
      SAVE();
      method = ic_method_miss(th, &co->ics[pc->e], self, instr_name(f, pc->d), &callee);
      if (unlikely(method < 0)) goto error;
    }
    R[pc->a] = callee;
    R[pc->a + 1] = method ? self : EMPTY;
    NEXT();
  }
  CASE(CALL_BOUND) {
    callee = R[pc->b];
    int bound = R[pc->b + 1] != EMPTY;
    args = &R[pc->b + 2 - bound];
    n_pos = pc->c + bound;
    goto call;
  }

  /* callee, args, n_pos (keyword values included): the common end of the three. */
call: {
  SAVE();
  kwnames = pc->f ? as_tuple(K[pc->f - 1]) : NULL;
  if (kwnames) n_pos -= (int)kwnames->length;
  if (unlikely(!is_object(callee))) goto call_generic;
  Value self_for_init = EMPTY;
call_again:
  switch (as_object(callee)->kind) {
  case K_FUNCTION: {
    Function *fn = (Function *)as_object(callee);
    Frame *nf = frame_push_fast(th, fn);
    if (unlikely(!nf)) goto error;
    Code *nco = nf->code;
    nf->ret_reg = pc->a;
    if (likely(!kwnames && (uint32_t)n_pos == nco->n_params && nco->n_params == nco->argcount)) {
      for (int k = 0; k < n_pos; k++) nf->regs[k] = args[k];
    } else if (unlikely(args_bind(th, fn, nco, nf->regs, args, n_pos, kwnames) < 0)) {
      frame_pop(th, nf);
      goto error;
    }
    if (self_for_init != EMPTY) {
      nf->flags = FRAME_INIT;
      nf->locals = self_for_init;
    } else if (pc->op != RIR_CALL_METHOD) { /* a method site's cache already names the function */
      IcEntry *e = ic_entry(&co->ics[pc->e]);
      if (unlikely(!e || (e->value != callee && e->object != (Object *)nco))) ic_call_miss(th, &co->ics[pc->e], callee);
    }
    f = nf;
    ENTER_FRAME();
    goto start_function;
  }
  case K_BOUND: {
    if (obj_shape_id(as_object(callee)) != SHAPE_method) break;
    /* The word in front of the arguments is the callee's own register (or the spare one): free to hold self. */
    BoundMethod *m = (BoundMethod *)as_object(callee);
    ((Value *)args)[-1] = m->self;
    args--;
    n_pos++;
    callee = m->func;
    if (unlikely(!is_object(callee))) break;
    goto call_again;
  }
  case K_TYPE: {
    Type *t = (Type *)as_object(callee);
    IcEntry *e = pc->op == RIR_CALL_METHOD ? NULL : ic_entry(&co->ics[pc->e]);
    if (e && e->object == &t->hdr && e->kind == IC_CALL_TYPE) {
      if (e->value != EMPTY && (t->flags & TYPE_SIMPLE_NEW) && e->type_version == load_relaxed(&t->version) &&
          obj_shape_id(&t->hdr) == SHAPE_type) {
        self_for_init = new_instance(th, t);
        if (unlikely(self_for_init == EMPTY)) goto error;
        callee = e->value;
        ((Value *)args)[-1] = self_for_init;
        args--;
        n_pos++;
        goto call_again;
      }
    } else if (pc->op != RIR_CALL_METHOD) {
      ic_call_miss(th, &co->ics[pc->e], callee);
    }
    break;
  }
  case K_NATIVE: {
    if (pc->op != RIR_CALL_METHOD) {
      IcEntry *e = ic_entry(&co->ics[pc->e]);
      if (unlikely(!e || e->value != callee)) ic_call_miss(th, &co->ics[pc->e], callee);
    }
    if (kwnames || !native_call_fast(th, (Native *)as_object(callee), args, n_pos, &result))
      result = native_call(th, callee, args, n_pos, kwnames);
    if (unlikely(result == EMPTY)) goto error;
    R[pc->a] = result;
    NEXT();
  }
  default: break;
  }
call_generic:
  result = op_call(th, callee, args, n_pos, kwnames);
  if (unlikely(result == EMPTY)) goto error;
  R[pc->a] = result;
  NEXT();
}

  CASE(RETURN) {
    result = R[pc->a];
    goto do_return;
  }

  /* -- Generators ------------------------------------------------------------------------------------ */
  CASE(RETURN_GENERATOR) {
    SAVE();
    Generator *g = gen_new(th, f);
    if (unlikely(!g)) goto error;
    result = value_object(g);
    goto do_return;
  }
  CASE(YIELD) {
    SAVE();
    result = R[pc->b];
    goto do_yield;
  }

  /* -- Exceptions --------------------------------------------------------------------------------------- */
  CASE(RERAISE) {
    SAVE();
    th->pending = R[pc->a];
    no_traceback = true;
    goto unwind;
  }
  CASE(RERAISE_CURRENT) { /* its traceback has this frame already */
    SAVE();
    Value handled = thread_handled(th);
    if (handled == EMPTY) {
      raise_runtime(th, "No active exception to reraise");
    } else {
      th->pending = handled;
      no_traceback = true;
    }
    goto unwind;
  }
  CASE(PUSH_HANDLED) {
    Value exc = R[pc->b];
    R[pc->a] = th->handled;
    th->handled = exc;
    NEXT();
  }
  CASE(POP_HANDLED) th->handled = R[pc->a]; NEXT();

  /* -- Everything that is a plain call of its rt_ops function ----------------------------------------------- */
#define PLAIN(name)  \
  CASE(name) {       \
    RT_CALL(name);   \
    NEXT();          \
  }
  PLAIN(MAKE_CELL)
  PLAIN(DELETE_DEREF)
  PLAIN(LOAD_CLASSDEREF)
  PLAIN(STORE_GLOBAL)
  PLAIN(DELETE_GLOBAL)
  PLAIN(LOAD_NAME)
  PLAIN(STORE_NAME)
  PLAIN(DELETE_NAME)
  PLAIN(LOAD_LOCALS)
  PLAIN(SETUP_ANNOTATIONS)
  PLAIN(LOAD_BUILD_CLASS)
  PLAIN(POW)
  PLAIN(IPOW)
  PLAIN(MATMUL)
  PLAIN(IMATMUL)
  PLAIN(POS)
  PLAIN(INVERT)
  PLAIN(TO_BOOL)
  PLAIN(IN)
  PLAIN(NOT_IN)
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
  PLAIN(LIST_APPEND)
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
  PLAIN(WITH_ENTER)
  PLAIN(WITH_EXIT)
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
  CASE(END_ASYNC_FOR) {
    SAVE();
    if (RT_OP(END_ASYNC_FOR)(th, f, pc) < 0) {
      no_traceback = true;
      goto unwind;
    }
    NEXT();
  }

  /* ================= Leaving and entering frames ================= */

  /* A new frame's first instruction: poll, count, and enter native code if there is some. */
start_function:
  if (unlikely(!thread_poll(th))) goto error;
  count_hot(th, co, &co->calls, instrs);
  {
    NativeCode *nc = atomic_load_explicit(&co->native, memory_order_acquire);
    NativeEntry entry = nc ? atomic_load_explicit(&nc->entry, memory_order_acquire) : NULL;
    if (entry) {
      switch (entry(th, f)) {
      case NATIVE_RETURN: result = th->native_result; goto do_return;
      case NATIVE_RAISE: f = th->frame; goto error;
      case NATIVE_UNWOUND: goto unwound;
      case NATIVE_EXIT: case NATIVE_YIELD: break;
      }
      f = th->frame; /* the innermost of the frames that inlined calls became */
      ENTER_FRAME();
    }
  }
  goto *labels[pc->op];

  /* At a LOOP_HEAD with native code present. */
enter_loop: {
  NativeCode *nc = atomic_load_explicit(&co->native, memory_order_acquire);
  uint32_t loop = (uint32_t)pc->e;
  NativeEntry entry = nc && loop < nc->n_loops ? atomic_load_explicit(&nc->loops[loop], memory_order_acquire) : NULL;
  if (entry) {
    f->pc = pc;
    switch (entry(th, f)) {
    case NATIVE_RETURN: result = th->native_result; goto do_return;
    case NATIVE_RAISE: f = th->frame; goto error;
    case NATIVE_UNWOUND: goto unwound;
    case NATIVE_EXIT: break;
    case NATIVE_YIELD: result = th->native_result; goto do_yield;
    }
    f = th->frame;
    ENTER_FRAME();
  }
  goto *labels[pc->op];
}

  /* `result` leaves the generator of frame f, which suspends at its YIELD. */
do_yield:
  th->frame = f->prev;
  atomic_store_explicit(&f->gen->state, GEN_YIELDED, memory_order_relaxed);
  return result;

  /* `result` leaves frame f. */
do_return: {
  uint8_t flags = f->flags;
  if (unlikely(flags & FRAME_BINARY) && unlikely(result == NOT_IMPLEMENTED)) {
    frame_pop_fast(th, f);
    f = th->frame;
    ENTER_FRAME();
    bool inplace = pc->op >= RIR_IADD;
    op_binary_refused(th, (BinOp)(pc->op - (inplace ? RIR_IADD : RIR_ADD)), inplace, R[pc->b], R[pc->c]);
    goto error;
  }
  if (flags & FRAME_INIT) {
    Value self = f->locals;
    if (unlikely(result != NONE)) {
      raise_init_result(th, result);
      SAVE();
      goto error;
    }
    result = self;
  }
  if (unlikely(flags & FRAME_GENERATOR)) atomic_store_explicit(&f->gen->state, GEN_FINISHED, memory_order_release);
  uint16_t ret = f->ret_reg;
  frame_pop_fast(th, f);
  if (flags & FRAME_ENTRY) return result;
  f = th->frame;
  ENTER_FRAME();
  R[ret] = result;
  NEXT();
}

  /* th->pending is set; f->pc is the raising instruction. */
error:
  no_traceback = false;
unwind:
  no_traceback |= th->reraising;
  th->reraising = false;
  RP_ASSERTF(th->pending != EMPTY, "%s failed without an exception", rir_ops[f->pc->op].name);
  for (;;) {
    uint32_t at = (uint32_t)(f->pc - f->code->instrs);
    bool lookup = th->lookup_failed; /* the lookup half of a CALL_METHOD; kept in the thread: a variable here costs the loop a register */
    th->lookup_failed = false;
    if (!no_traceback) exc_add_traceback(th, f->code, at | (lookup ? PC_LOOKUP : 0), f->globals, f);
    no_traceback = false;
    const Handler *h = find_handler(f->code, at);
    if (h && !unlikely(unwinding_for_stop(th))) {
      f->regs[h->reg] = th->pending;
      th->pending = EMPTY;
      f->pc = f->code->instrs + h->handler;
      ENTER_FRAME();
      goto *labels[pc->op];
    }
  unwound:;
    uint8_t flags = f->flags;
    if (flags & FRAME_GENERATOR) atomic_store_explicit(&f->gen->state, GEN_FINISHED, memory_order_release);
    frame_pop_fast(th, f);
    if (flags & FRAME_ENTRY) return EMPTY;
    f = th->frame;
  }
}

Value code_exec(RpThread *th, Code *code, Dict *globals, Value locals) {
  Function *fn = func_new(th, code, globals);
  if (!fn) return EMPTY;
  if (!thread_check_stack(th, "")) return EMPTY;
  Frame *f = frame_push_fast(th, fn);
  if (!f) return EMPTY;
  f->flags = FRAME_ENTRY;
  f->locals = locals == EMPTY ? value_object(globals) : locals;
  return interp_run(th, f);
}
