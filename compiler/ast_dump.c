/* ast_dump.c: the tree as CPython's ast.dump prints it. Recursion is as deep as the tree. */
#include <gmp.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/ast.h"
#include "runtime/dtoa.h"
#include "runtime/unicode.h"

/* -- Text ---------------------------------------------------------------------------------------------------- */

void text_put(TextBuf *b, const char *s, size_t n) {
  if (b->n + n + 1 > b->cap) {
    size_t cap = b->cap * 2 + n + 256;
    char *more = realloc(b->s, cap);
    if (!more) abort();
    b->s = more;
    b->cap = cap;
  }
  memcpy(b->s + b->n, s, n);
  b->n += n;
  b->s[b->n] = 0;
}

void text_fini(TextBuf *b) {
  free(b->s);
  *b = (TextBuf){0};
}

static void puts_(TextBuf *b, const char *s) { text_put(b, s, strlen(s)); }

static void put_int(TextBuf *b, long long v) {
  char buf[32];
  text_put(b, buf, (size_t)snprintf(buf, sizeof buf, "%lld", v));
}

/* -- Constants ----------------------------------------------------------------------------------------------- */

/* repr takes single quotes unless there are only single ones inside. */
static char pick_quote(const char *s, size_t n) { return memchr(s, '\'', n) && !memchr(s, '"', n) ? '"' : '\''; }

static bool put_simple_escape(TextBuf *out, uint32_t cp, char quote) {
  char buf[3] = {'\\', 0, 0};
  if (cp == (uint8_t)quote || cp == '\\') buf[1] = (char)cp;
  else if (cp == '\n') buf[1] = 'n';
  else if (cp == '\r') buf[1] = 'r';
  else if (cp == '\t') buf[1] = 't';
  else return false;
  puts_(out, buf);
  return true;
}

static void str_repr(TextBuf *out, const char *s, size_t n) {
  char quote = pick_quote(s, n), buf[16];
  text_put(out, &quote, 1);
  for (size_t i = 0; i < n;) {
    size_t begin = i;
    uint32_t cp = unicode_utf8_next(s, &i);
    if (put_simple_escape(out, cp, quote)) continue;
    if (unicode_is_printable(cp)) {
      text_put(out, s + begin, i - begin);
    } else {
      int len = snprintf(buf, sizeof buf, cp < 0x100 ? "\\x%02x" : cp < 0x10000 ? "\\u%04x" : "\\U%08x", cp);
      text_put(out, buf, (size_t)len);
    }
  }
  text_put(out, &quote, 1);
}

static void bytes_repr(TextBuf *out, const char *s, size_t n) {
  char quote = pick_quote(s, n), buf[8];
  puts_(out, "b");
  text_put(out, &quote, 1);
  for (size_t i = 0; i < n; i++) {
    uint8_t c = (uint8_t)s[i];
    if (put_simple_escape(out, c, quote)) continue;
    if (c >= 32 && c < 127) text_put(out, s + i, 1);
    else text_put(out, buf, (size_t)snprintf(buf, sizeof buf, "\\x%02x", c));
  }
  text_put(out, &quote, 1);
}

static void float_repr(TextBuf *out, double v, bool imag) {
  char buf[64];
  int n = dtoa_repr(v, buf);
  if (imag && n > 2 && !memcmp(buf + n - 2, ".0", 2)) n -= 2;
  text_put(out, buf, (size_t)n);
  if (imag) puts_(out, "j");
}

static void big_repr(TextBuf *out, const AstConst *c) {
  mp_limb_t *limbs = malloc(c->n * sizeof *limbs);
  unsigned char *digits = malloc((size_t)c->n * 20 + 2);
  if (!limbs || !digits) abort();
  memcpy(limbs, c->limbs, c->n * sizeof *limbs); /* mpn_get_str destroys its input */
  size_t n = mpn_get_str(digits, 10, limbs, (mp_size_t)c->n), i = 0;
  while (i + 1 < n && !digits[i]) i++;
  for (size_t k = i; k < n; k++) digits[k] += '0';
  text_put(out, (char *)digits + i, n - i);
  free(limbs);
  free(digits);
}

void ast_const_repr(TextBuf *out, const AstConst *c) {
  char buf[32];
  switch ((AstConstKind)c->kind) {
    case CONST_NONE: puts_(out, "None"); break;
    case CONST_TRUE: puts_(out, "True"); break;
    case CONST_FALSE: puts_(out, "False"); break;
    case CONST_ELLIPSIS: puts_(out, "Ellipsis"); break;
    case CONST_INT: text_put(out, buf, (size_t)snprintf(buf, sizeof buf, "%llu", (unsigned long long)c->u)); break;
    case CONST_BIGINT: big_repr(out, c); break;
    case CONST_FLOAT: float_repr(out, c->f, false); break;
    case CONST_IMAG: float_repr(out, c->f, true); break;
    case CONST_STR: str_repr(out, c->bytes, c->n); break;
    case CONST_BYTES: bytes_repr(out, c->bytes, c->n); break;
  }
}

/* -- Nodes --------------------------------------------------------------------------------------------------- */

typedef struct Dumper {
  TextBuf *out;
  AstDumpOptions opt;
} Dumper;

static void dump_node(Dumper *d, const AstNode *n, int level);

static void separator(Dumper *d, bool first, int level) {
  if (d->opt.indent >= 0) {
    if (!first) puts_(d->out, ",");
    puts_(d->out, "\n");
    for (int i = 0; i < level * d->opt.indent; i++) puts_(d->out, " ");
  } else if (!first) {
    puts_(d->out, ", ");
  }
}

/* A list whose n items item(d, at, i, level) prints; nothing stands on its own line when it is empty. */
static void dump_list(Dumper *d, const void *at, uint32_t n, void (*item)(Dumper *, const void *, uint32_t, int),
                      int level) {
  puts_(d->out, "[");
  for (uint32_t i = 0; i < n; i++) {
    separator(d, i == 0, level + 1);
    item(d, at, i, level + 1);
  }
  puts_(d->out, "]");
}

static void node_item(Dumper *d, const void *at, uint32_t i, int level) {
  const AstNode *n = ((const AstSeq *)at)->items[i];
  if (n) dump_node(d, n, level);
  else puts_(d->out, "None");
}

static void name_repr(Dumper *d, const AstIdent *x) { str_repr(d->out, x->s, x->n); }

static void name_item(Dumper *d, const void *at, uint32_t i, int level) { name_repr(d, ((const AstIdents *)at)->items[i]); }

static void put_op(Dumper *d, AstOp op) {
  puts_(d->out, ast_op_name(op));
  puts_(d->out, "()");
}

static void op_item(Dumper *d, const void *at, uint32_t i, int level) { put_op(d, ((const AstOps *)at)->items[i]); }

/* ast.dump leaves optional fields out when they are None. */
static bool is_absent(const AstField *f, const void *at) {
  switch ((AstFieldKind)f->kind) {
    case AF_OPT:
    case AF_OPTNAME:
    case AF_STR: return *(void *const *)at == NULL;
    case AF_OPTINT: return *(const int *)at < 0;
    default: return false;
  }
}

/* Does the node print as "Kind()"? */
static bool is_bare(const Dumper *d, const AstNode *n) {
  const AstInfo *info = ast_info((AstKind)n->kind);
  if (d->opt.attributes && n->pos.lineno > 0) return false;
  for (int i = 0; i < info->n_fields; i++)
    if (!is_absent(&info->fields[i], (const char *)n + info->fields[i].offset)) return false;
  return true;
}

/* With an indent, a node whose fields are all without lines of their own, and at most three, stays on one line. */
static bool is_simple(const Dumper *d, const AstField *f, const void *at) {
  switch ((AstFieldKind)f->kind) {
    case AF_NODE:
    case AF_OPT: return is_bare(d, *(AstNode *const *)at);
    case AF_LIST: return ((const AstSeq *)at)->n == 0;
    case AF_NAMES: return ((const AstIdents *)at)->n == 0;
    case AF_ENUMS: return ((const AstOps *)at)->n == 0;
    default: return true;
  }
}

static bool on_one_line(const Dumper *d, const AstNode *n) {
  const AstInfo *info = ast_info((AstKind)n->kind);
  int n_fields = d->opt.attributes && n->pos.lineno > 0 ? 4 : 0;
  for (int i = 0; i < info->n_fields; i++) {
    const AstField *f = &info->fields[i];
    const void *at = (const char *)n + f->offset;
    if (is_absent(f, at)) continue;
    if (++n_fields > 3 || !is_simple(d, f, at)) return false;
  }
  return n_fields <= 3;
}

static void dump_field(Dumper *d, const AstField *f, const void *at, int level) {
  switch ((AstFieldKind)f->kind) {
    case AF_NODE:
    case AF_OPT: dump_node(d, *(AstNode *const *)at, level); break;
    case AF_LIST: dump_list(d, at, ((const AstSeq *)at)->n, node_item, level); break;
    case AF_NAMES: dump_list(d, at, ((const AstIdents *)at)->n, name_item, level); break;
    case AF_ENUMS: dump_list(d, at, ((const AstOps *)at)->n, op_item, level); break;
    case AF_NAME:
    case AF_OPTNAME: name_repr(d, *(AstIdent *const *)at); break;
    case AF_INT:
    case AF_OPTINT: put_int(d->out, *(const int *)at); break;
    case AF_CONST: ast_const_repr(d->out, at); break;
    case AF_STR: str_repr(d->out, *(const char *const *)at, strlen(*(const char *const *)at)); break;
    case AF_ENUM: put_op(d, *(const AstOp *)at); break;
  }
}

static void field_separator(Dumper *d, bool first, bool one_line, int level) {
  if (!one_line) separator(d, first, level);
  else if (!first) puts_(d->out, ", ");
}

static void dump_pos(Dumper *d, const AstNode *n, bool *first, bool one_line, int level) {
  static const char *const names[] = {"lineno", "col_offset", "end_lineno", "end_col_offset"};
  const int values[] = {n->pos.lineno, n->pos.col_offset, n->pos.end_lineno, n->pos.end_col_offset};
  for (int i = 0; i < 4; i++) {
    field_separator(d, *first, one_line, level);
    *first = false;
    puts_(d->out, names[i]);
    puts_(d->out, "=");
    put_int(d->out, values[i]);
  }
}

static void dump_node(Dumper *d, const AstNode *n, int level) {
  const AstInfo *info = ast_info((AstKind)n->kind);
  puts_(d->out, info->name);
  puts_(d->out, "(");
  bool first = true, one_line = d->opt.indent >= 0 && on_one_line(d, n);
  for (int i = 0; i < info->n_fields; i++) {
    const AstField *f = &info->fields[i];
    const void *at = (const char *)n + f->offset;
    if (is_absent(f, at)) continue;
    field_separator(d, first, one_line, level + 1);
    first = false;
    puts_(d->out, f->name);
    puts_(d->out, "=");
    dump_field(d, f, at, level + 1);
  }
  if (d->opt.attributes && n->pos.lineno > 0) dump_pos(d, n, &first, one_line, level + 1);
  puts_(d->out, ")");
}

void ast_dump(TextBuf *out, const AstNode *n, AstDumpOptions opt) {
  Dumper d = {out, opt};
  dump_node(&d, n, 0);
}
