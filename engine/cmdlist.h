/* cmdlist.h: a frame of one layer as data: an append-only buffer of 32-bit words, one record per draw command of
** cmd.def.
** Invariant: a record is written whole or not at all, and never changes afterwards; style and transform are already
** resolved in it, so replaying needs no state but clip and blend. Lists are recycled: recording allocates only
** while a list is still growing.
** Threads: one owner at a time. The recorder fills it, hands it over through an atomic exchange, the engine thread
** replays it.
**
**     word 0   op : 8 | total words : 24      word 1...  operands, in the order of cmd.def      then the tail */
#ifndef RP_ENGINE_CMDLIST_H
#define RP_ENGINE_CMDLIST_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "engine/image.h"

typedef enum CmdOp {
#define CMD(ID, Struct, tail, operands, doc) CMD_##ID,
#include "engine/cmd.def"
#undef CMD
  N_CMDS
} CmdOp;

#define F(x) float x;
#define C(x) uint32_t x;
#define U(x) uint32_t x;
#define CMD(ID, Struct, tail, operands, doc)                                                                           \
  typedef struct Struct {                                                                                              \
    uint32_t head;                                                                                                     \
    operands                                                                                                           \
  } Struct;
#include "engine/cmd.def"
#undef CMD
#undef F
#undef C
#undef U

typedef enum BlendMode { BLEND_NORMAL, BLEND_ADD, BLEND_SCREEN, BLEND_MULTIPLY, N_BLENDS } BlendMode;
const char *blend_name(BlendMode mode);
bool blend_find(const char *name, BlendMode *out); /* "normal" "add" "screen" "multiply" */

typedef enum TextAlign { ALIGN_LEFT, ALIGN_CENTRE, ALIGN_RIGHT } TextAlign;

/* 128 MB: a script that draws forever inside one frame runs into this, not into swap. */
#define CMDLIST_WORDS_MAX (32u << 20)

typedef struct CmdList {
  uint32_t *words;
  uint32_t n_words, cap_words;
  uint32_t n_cmds;
  uint32_t start; /* word index of the last BACKGROUND: replay begins here, what is before it cannot be seen */
  bool clears;    /* it has a BACKGROUND */
  bool overflow;  /* commands were dropped: too many, or out of memory */
  PixBuf **bufs;  /* one reference each, dropped by cmdlist_reset */
  uint32_t n_bufs, cap_bufs;
  int canvas_w, canvas_h; /* for whom it was recorded */
  uint64_t frame;         /* of the snapshot it was recorded from */
  int64_t script_ns;      /* time the layer's callbacks took to make it */
} CmdList;

CmdList *cmdlist_new(void); /* NULL when out of memory */
void cmdlist_free(CmdList *list);
void cmdlist_reset(CmdList *list); /* empty again, keeps its memory, drops its pixel references */
/* Appends all of src behind dst: used when a picture that was not shown yet is continued by the next. False when it
** does not fit. */
bool cmdlist_append(CmdList *dst, const CmdList *src);

/* Room for n more words; false sets overflow. */
bool cmdlist_grow(CmdList *list, uint32_t n_words);

/* A new record with its head filled in and `tail_words` words behind the operands; NULL when the list is full.
** Caller writes every operand. */
static inline void *cmdlist_push(CmdList *list, CmdOp op, uint32_t size, uint32_t tail_words) {
  uint32_t n = size / 4 + tail_words;
  if (__builtin_expect(n > list->cap_words - list->n_words, 0) && !cmdlist_grow(list, n)) return NULL;
  uint32_t *at = list->words + list->n_words;
  list->n_words += n;
  list->n_cmds++;
  at[0] = (uint32_t)op | n << 8;
  return at;
}
#define CMD_PUSH(list, ID, Struct, tail_words) ((Struct *)cmdlist_push(list, CMD_##ID, sizeof(Struct), tail_words))

/* Gives the list a reference of its own to pb (the caller's is consumed, also on failure). Returns its number or
** UINT32_MAX. */
uint32_t cmdlist_add_buf(CmdList *list, PixBuf *pb);

/* -- Reading ----------------------------------------------------------------------------------- */

static inline CmdOp cmd_op(const uint32_t *at) { return (CmdOp)(at[0] & 255); }
static inline uint32_t cmd_size(const uint32_t *at) { return at[0] >> 8; }

/* for (const uint32_t *at = cmdlist_first(l); at; at = cmdlist_next(l, at)): from the start of what is visible. */
static inline const uint32_t *cmdlist_first(const CmdList *list) {
  return list->start < list->n_words ? list->words + list->start : NULL;
}
static inline const uint32_t *cmdlist_next(const CmdList *list, const uint32_t *at) {
  at += cmd_size(at);
  return at < list->words + list->n_words ? at : NULL;
}
static inline const float *polyline_points(const CmdPolyline *c) { return (const float *)(c + 1); }
static inline const float *polygon_points(const CmdPolygon *c) { return (const float *)(c + 1); }
static inline const char *text_bytes(const CmdText *c) { return (const char *)(c + 1); }

const char *cmd_name(CmdOp op);
void cmdlist_dump(const CmdList *list, FILE *out); /* one command per line, operands by name; stable text */
/* Walks all records: sizes, known ops, tails that fit, buffer numbers. NULL when sound, else what is wrong. For
** debug and tests. */
const char *cmdlist_check(const CmdList *list);

#endif
