/* value.h: the one-word Python value, NaN-boxed in the "pointers are plain" form.
**
**   0x0000_0000_0000_0000   EMPTY: no value. The error return, a deleted slot, an absent argument. Never seen by scripts.
**   0x0000_0000_0000_00xx   None, False, True, Ellipsis, NotImplemented
**   0x0000_pppp_pppp_pppp   an object: its address (>= 4096, 16-byte aligned, below 2^48)
**   0x0002_... 0xFFFC_...   a double: its bits + 2^49. The x86 default NaN (0xFFF8...) lands at 0xFFFA..., so results of
**                           arithmetic need no canonicalising; doubles from outside (buffers, struct) do: see
**                           value_double_canon().
**   0xFFFE_... 0xFFFF_...   a 49-bit integer i, -2^48 <= i < 2^48, as 0xFFFF_0000_0000_0000 + i (mod 2^64). Decoding is one
**                           addition; boxed ints compare as unsigned words; a wider int is an object (int.h).
** A float never allocates and is always this form; a float *subclass* instance is an object of kind K_FLOAT. */
#ifndef RP_VALUE_H
#define RP_VALUE_H

#include "runtime/base.h"

typedef uint64_t Value;
typedef struct Object Object;

#define EMPTY ((Value)0)
#define NONE ((Value)0x02)
#define FALSE_V ((Value)0x06)
#define TRUE_V ((Value)0x07)
#define ELLIPSIS ((Value)0x0A)
#define NOT_IMPLEMENTED ((Value)0x0E)

#define DOUBLE_OFFSET ((Value)1 << 49)
#define INT_BIAS ((Value)0xFFFF000000000000ull)
#define INT_TAG_MIN ((Value)0xFFFE000000000000ull)
#define SMALL_INT_MIN (-((int64_t)1 << 48))
#define SMALL_INT_MAX (((int64_t)1 << 48) - 1)

ALWAYS_INLINE bool is_int(Value v) { return v >= INT_TAG_MIN; } /* small int only; see int_check() for all ints */
ALWAYS_INLINE bool is_double(Value v) { return v - DOUBLE_OFFSET < INT_TAG_MIN - DOUBLE_OFFSET; }
ALWAYS_INLINE bool is_object(Value v) { return (v - 4096) >> 48 == 0; } /* no value lies between 2^48 and 2^49 */
ALWAYS_INLINE bool is_bool(Value v) { return (v & ~(Value)1) == FALSE_V; }
ALWAYS_INLINE bool is_none(Value v) { return v == NONE; }

ALWAYS_INLINE bool int_fits(int64_t i) { return i >= SMALL_INT_MIN && i <= SMALL_INT_MAX; }
ALWAYS_INLINE Value value_int(int64_t i) { return INT_BIAS + (Value)i; } /* caller knows int_fits(i) */
ALWAYS_INLINE int64_t as_int(Value v) { return (int64_t)(v - INT_BIAS); }
ALWAYS_INLINE Value value_bool(bool b) { return FALSE_V | (Value)b; }
ALWAYS_INLINE Value value_double(double d) {
  Value v;
  memcpy(&v, &d, 8);
  return v + DOUBLE_OFFSET;
}
ALWAYS_INLINE double as_double(Value v) {
  double d;
  v -= DOUBLE_OFFSET;
  memcpy(&d, &v, 8);
  return d;
}
/* For doubles that come from memory the runtime did not compute: any NaN becomes the default NaN. */
ALWAYS_INLINE Value value_double_canon(double d) { return value_double(d == d ? d : __builtin_nan("")); }
ALWAYS_INLINE Value value_object(const void *o) { return (Value)(uintptr_t)o; }
ALWAYS_INLINE Object *as_object(Value v) { return (Object *)(uintptr_t)v; }

#endif
