/* cmdlist.c: see cmdlist.h. */
#include "engine/cmdlist.h"

#include <stdlib.h>
#include <string.h>

typedef enum Tail { TAIL_NONE, TAIL_POINTS, TAIL_BYTES } Tail;

typedef struct CmdInfo {
  const char *name;
  const char *operands; /* a letter for the kind, then the name, then a space: "Fcx Fcy Cfill " */
  uint32_t n_words;     /* without the tail */
  Tail tail;
} CmdInfo;

#define F(x) "F" #x " "
#define C(x) "C" #x " "
#define U(x) "U" #x " "
#define CMD(ID, Struct, tail, operands, doc) [CMD_##ID] = {#ID, operands, sizeof(Struct) / 4, TAIL_##tail},
static const CmdInfo cmd_info[N_CMDS] = {
#include "engine/cmd.def"
};
#undef CMD
#undef F
#undef C
#undef U

static const char *const blend_names[N_BLENDS] = {"normal", "add", "screen", "multiply"};

const char *blend_name(BlendMode mode) { return (unsigned)mode < N_BLENDS ? blend_names[mode] : "?"; }

bool blend_find(const char *name, BlendMode *out) {
  for (int i = 0; i < N_BLENDS; i++)
    if (strcmp(blend_names[i], name) == 0) {
      *out = (BlendMode)i;
      return true;
    }
  return false;
}

const char *cmd_name(CmdOp op) { return (unsigned)op < N_CMDS ? cmd_info[op].name : "?"; }

/* -- Life -------------------------------------------------------------------------------------- */

CmdList *cmdlist_new(void) { return calloc(1, sizeof(CmdList)); }

void cmdlist_reset(CmdList *list) {
  for (uint32_t i = 0; i < list->n_bufs; i++) pixbuf_release(list->bufs[i]);
  list->n_words = list->n_cmds = list->start = list->n_bufs = 0;
  list->clears = list->overflow = false;
  list->canvas_w = list->canvas_h = 0;
  list->frame = 0;
  list->script_ns = 0;
}

void cmdlist_free(CmdList *list) {
  if (!list) return;
  cmdlist_reset(list);
  free(list->words);
  free(list->bufs);
  free(list);
}

bool cmdlist_grow(CmdList *list, uint32_t n) {
  uint64_t need = (uint64_t)list->n_words + n, cap = list->cap_words ? list->cap_words : 1024;
  while (cap < need) cap *= 2;
  uint32_t *words = need <= CMDLIST_WORDS_MAX ? realloc(list->words, cap * 4) : NULL;
  if (!words) {
    list->overflow = true;
    return false;
  }
  list->words = words;
  list->cap_words = (uint32_t)cap;
  return true;
}

uint32_t cmdlist_add_buf(CmdList *list, PixBuf *pb) {
  /* the same image again, by far the usual case of repetition */
  if (list->n_bufs && list->bufs[list->n_bufs - 1] == pb) {
    pixbuf_release(pb);
    return list->n_bufs - 1;
  }
  if (list->n_bufs == list->cap_bufs) {
    uint32_t cap = list->cap_bufs ? list->cap_bufs * 2 : 16;
    PixBuf **bufs = realloc(list->bufs, cap * sizeof *bufs);
    if (!bufs) {
      list->overflow = true;
      pixbuf_release(pb);
      return UINT32_MAX;
    }
    list->bufs = bufs, list->cap_bufs = cap;
  }
  list->bufs[list->n_bufs] = pb;
  return list->n_bufs++;
}

bool cmdlist_append(CmdList *dst, const CmdList *src) {
  uint32_t first_buf = dst->n_bufs, base = dst->n_words;
  if (src->n_words > dst->cap_words - dst->n_words && !cmdlist_grow(dst, src->n_words)) return false;
  if (src->n_bufs > dst->cap_bufs - dst->n_bufs) {
    uint32_t cap = dst->n_bufs + src->n_bufs;
    PixBuf **bufs = realloc(dst->bufs, cap * sizeof *bufs);
    if (!bufs) return false;
    dst->bufs = bufs, dst->cap_bufs = cap;
  }
  for (uint32_t i = 0; i < src->n_bufs; i++) dst->bufs[dst->n_bufs++] = pixbuf_retain(src->bufs[i]);
  if (src->n_words) memcpy(dst->words + base, src->words, src->n_words * 4ull);
  dst->n_words += src->n_words;
  for (uint32_t i = base; i < dst->n_words; i += cmd_size(dst->words + i))
    if (cmd_op(dst->words + i) == CMD_IMAGE) ((CmdImage *)(dst->words + i))->buf += first_buf;
  if (src->clears) dst->start = base + src->start, dst->clears = true;
  dst->n_cmds += src->n_cmds;
  dst->overflow |= src->overflow;
  dst->canvas_w = src->canvas_w, dst->canvas_h = src->canvas_h;
  dst->frame = src->frame;
  dst->script_ns = src->script_ns;
  return true;
}

/* -- Seeing inside ----------------------------------------------------------------------------- */

/* Bytes of the tail of the record at `at`: its count is always the last operand. */
static uint64_t tail_bytes(const CmdInfo *info, const uint32_t *at) {
  uint32_t n = at[info->n_words - 1];
  return info->tail == TAIL_POINTS ? n * 8ull : info->tail == TAIL_BYTES ? n : 0;
}

const char *cmdlist_check(const CmdList *list) {
  uint32_t n_cmds = 0;
  bool saw_start = list->start == 0;
  if (list->n_words > list->cap_words) return "more words than room";
  for (uint32_t i = 0; i < list->n_words; n_cmds++) {
    const uint32_t *at = list->words + i;
    if (cmd_op(at) >= N_CMDS) return "unknown command";
    const CmdInfo *info = &cmd_info[cmd_op(at)];
    if (cmd_size(at) < info->n_words || cmd_size(at) > list->n_words - i) return "bad record size";
    if (cmd_size(at) != info->n_words + (tail_bytes(info, at) + 3) / 4) return "tail does not match its count";
    if (cmd_op(at) == CMD_IMAGE && ((const CmdImage *)at)->buf >= list->n_bufs) return "unknown pixel buffer";
    if (i == list->start) saw_start = true;
    i += cmd_size(at);
  }
  if (!saw_start) return "start is not at a record";
  return n_cmds == list->n_cmds ? NULL : "command count is wrong";
}

static void dump_operand(char kind, uint32_t word, FILE *out) {
  float f;
  memcpy(&f, &word, 4);
  if (kind == 'F')
    fprintf(out, "%.7g", (double)f);
  else if (kind == 'C')
    fprintf(out, "#%08x", __builtin_bswap32(word));
  else
    fprintf(out, "%u", word);
}

static void dump_tail(const CmdInfo *info, const uint32_t *at, FILE *out) {
  const uint32_t *tail = at + info->n_words;
  uint32_t n = at[info->n_words - 1];
  if (info->tail == TAIL_BYTES) fprintf(out, " \"%.*s\"", (int)n, (const char *)tail);
  for (uint32_t i = 0; info->tail == TAIL_POINTS && i < n; i++) {
    fputs(" (", out), dump_operand('F', tail[i * 2], out);
    fputs(", ", out), dump_operand('F', tail[i * 2 + 1], out), fputc(')', out);
  }
}

void cmdlist_dump(const CmdList *list, FILE *out) {
  for (uint32_t i = 0; i < list->n_words; i += cmd_size(list->words + i)) {
    const uint32_t *at = list->words + i;
    const CmdInfo *info = &cmd_info[cmd_op(at)];
    fputs(info->name, out);
    const char *p = info->operands;
    for (uint32_t k = 1; k < info->n_words; k++) {
      size_t len = strcspn(p + 1, " ");
      fprintf(out, " %.*s=", (int)len, p + 1);
      dump_operand(*p, at[k], out);
      p += len + 2;
    }
    dump_tail(info, at, out);
    fputc('\n', out);
  }
}
