/* mod_zlib.c: the module zlib over libz. Compression of more than a little runs in SAFE state, so that no collection waits for it. A stream object is used
** by one thread at a time: its lock is a WaitLock. */
#include "runtime/io.h"
#include "runtime/bytes.h"
#include "runtime/posix.h"

#include <zlib.h>

#define MAX_CHUNK ((size_t)1 << 30)
#define MIN_OUT 16384

static Value raise_zlib(RpThread *th, Str *s) {
  Value m = import_module_c(th, "zlib"), cls = m == EMPTY ? EMPTY : op_getattr(th, m, str_intern_c(th, "error"));
  Value e = s && cls != EMPTY ? op_call1(th, cls, V(s)) : EMPTY;
  return e == EMPTY ? EMPTY : raise_value_object(th, e);
}
static Value zlib_error(RpThread *th, int code, const z_stream *z, const char *doing) {
  if (code == Z_MEM_ERROR) return raise_memory(th);
  const char *why = code == Z_VERSION_ERROR ? "library version mismatch" : z ? z->msg : NULL;
  if (!why) why = code == Z_BUF_ERROR ? "incomplete or truncated stream" : code == Z_STREAM_ERROR ? "inconsistent stream state" : code == Z_DATA_ERROR ? "invalid input data" : NULL;
  return raise_zlib(th, why ? str_fmt(th, "Error %d %s: %s", code, doing, why) : str_fmt(th, "Error %d %s", code, doing));
}

/* -- Output that grows ------------------------------------------------------------------------------------------------------------------------ */

typedef struct Out { uint8_t *p; size_t n, cap, limit; /* limit: at most so much */ } Out;

static bool out_room(RpThread *th, Out *o) {
  if (o->n < o->cap) return true;
  size_t cap = o->cap ? o->cap * 2 : MIN_OUT;
  if (cap > o->limit) cap = o->limit;
  uint8_t *p = cap > o->cap ? realloc(o->p, cap) : NULL;
  if (!p) return raise_memory(th), false;
  o->p = p;
  o->cap = cap;
  return true;
}
static Value out_take(RpThread *th, Out *o, bool ok) {
  Bytes *b = ok ? bytes_new(th, o->p ? (void *)o->p : (void *)"", o->n) : NULL;
  free(o->p);
  return b ? V(b) : EMPTY;
}
typedef int (*Step)(z_stream *z, int flush);
/* Runs the stream over in[0, size) until it wants more input or ends, or the output is at its limit. The code of the last step; Z_ERRNO with pending. */
static int pump(RpThread *th, z_stream *z, Step step, const uint8_t *in, size_t size, int flush, Out *o) {
  int code = Z_OK;
  z->next_in = (uint8_t *)in;
  z->avail_in = 0;
  size_t left = size;
  do {
    size_t piece = left + z->avail_in < MAX_CHUNK ? left : MAX_CHUNK - z->avail_in;
    z->avail_in += (uInt)piece;
    left -= piece;
    int mode = left ? Z_NO_FLUSH : flush;
    do {
      if (o->n == o->limit) return code;
      if (!out_room(th, o)) return Z_ERRNO;
      size_t room = o->cap - o->n < MAX_CHUNK ? o->cap - o->n : MAX_CHUNK;
      z->next_out = o->p + o->n;
      z->avail_out = (uInt)room;
      thread_enter_safe(th);
      code = step(z, mode);
      thread_leave_safe(th);
      o->n += room - z->avail_out;
      if (code != Z_OK && code != Z_BUF_ERROR) return code;
      if (!thread_poll(th)) return Z_ERRNO;
    } while (z->avail_out == 0);
  } while (left || (z->avail_in && code != Z_BUF_ERROR));
  return code;
}

/* -- All at once -------------------------------------------------------------------------------------------------------------------------------- */

static Value m_compress(RpThread *th, const Value *a) {
  int level, wbits;
  Buffer in;
  if (!int_arg(th, a[1], Z_DEFAULT_COMPRESSION, &level) || !int_arg(th, a[2], MAX_WBITS, &wbits) || buffer_acquire(th, a[0], &in, false) < 0) return EMPTY;
  z_stream z = {0};
  Out out = {.limit = SIZE_MAX};
  int code = deflateInit2(&z, level, Z_DEFLATED, wbits, 8, Z_DEFAULT_STRATEGY);
  if (code != Z_OK) {
    buffer_release(th, &in);
    if (code == Z_STREAM_ERROR) return raise_zlib(th, str_from_c(th, "Bad compression level"));
    return zlib_error(th, code, &z, "while compressing data");
  }
  code = pump(th, &z, deflate, in.data, (size_t)in.size, Z_FINISH, &out);
  deflateEnd(&z);
  buffer_release(th, &in);
  if (code != Z_STREAM_END && th->pending == EMPTY) zlib_error(th, code, &z, "while compressing data");
  return out_take(th, &out, code == Z_STREAM_END);
}
static Value m_decompress(RpThread *th, const Value *a) {
  int wbits;
  int64_t size = MIN_OUT;
  Buffer in;
  if (!int_arg(th, a[1], MAX_WBITS, &wbits) || (a[2] != EMPTY && !op_as_i64(th, a[2], &size))) return EMPTY;
  if (size < 0) return raise_value(th, "bufsize must be non-negative");
  if (buffer_acquire(th, a[0], &in, false) < 0) return EMPTY;
  z_stream z = {0};
  Out out = {.limit = SIZE_MAX};
  int code = inflateInit2(&z, wbits);
  if (code == Z_OK) {
    code = pump(th, &z, inflate, in.data, (size_t)in.size, Z_SYNC_FLUSH, &out);
    if (code == Z_OK) code = Z_BUF_ERROR;
    if (code != Z_STREAM_END && th->pending == EMPTY) zlib_error(th, code, &z, "while decompressing data");
    inflateEnd(&z);
  } else {
    zlib_error(th, code, &z, "while preparing to decompress data");
  }
  buffer_release(th, &in);
  return out_take(th, &out, code == Z_STREAM_END);
}

/* -- Streams ------------------------------------------------------------------------------------------------------------------------------------ */

typedef struct ZStream {
  Object hdr;
  z_stream *z;            /* malloc'ed: libz keeps its address */
  Value unused, unconsumed, dict;
  bool inflates, eof, dead;
  WaitLock lock;
} ZStream;
#define ZS(v) ((ZStream *)as_object(v))

static void z_trace(Tracer *tr, Object *o) {
  trace_value(tr, load_consume(&((ZStream *)o)->unused));
  trace_value(tr, load_consume(&((ZStream *)o)->unconsumed));
  trace_value(tr, load_consume(&((ZStream *)o)->dict));
}
static void z_free(RpContext *ctx, Object *o) {
  ZStream *s = (ZStream *)o;
  if (!s->z) return;
  if (s->inflates) inflateEnd(s->z);
  else deflateEnd(s->z);
  free(s->z);
}
static ZStream *z_new(RpThread *th, bool inflates) {
  ZStream *s = inflates ? heap_new(th, ZStream, SHAPE_zlib_decompress, K_NATIVE_OBJECT) : heap_new(th, ZStream, SHAPE_zlib_compress, K_NATIVE_OBJECT);
  if (!s) return NULL;
  s->inflates = inflates;
  Bytes *none = bytes_new(th, "", 0);
  if (!none) return NULL;
  obj_store_ref(th, s, (Object **)&s->unused, none);
  obj_store_ref(th, s, (Object **)&s->unconsumed, none);
  s->z = calloc(1, sizeof *s->z);
  if (!s->z) raise_memory(th);
  return s->z ? s : NULL;
}
/* Nothing to end: the stream was never begun. */
static Value z_failed(RpThread *th, ZStream *s, int code, const char *doing) {
  z_stream *z = s->z;
  s->z = NULL;
  Value r = code == Z_STREAM_ERROR ? raise_value(th, "Invalid initialization option") : zlib_error(th, code, z, doing);
  free(z);
  return r;
}
static Value m_compressobj(RpThread *th, const Value *a) {
  int level, method, wbits, mem, strategy;
  if (!int_arg(th, a[0], Z_DEFAULT_COMPRESSION, &level) || !int_arg(th, a[1], Z_DEFLATED, &method) || !int_arg(th, a[2], MAX_WBITS, &wbits) ||
      !int_arg(th, a[3], 8, &mem) || !int_arg(th, a[4], Z_DEFAULT_STRATEGY, &strategy))
    return EMPTY;
  ZStream *s = z_new(th, false);
  if (!s) return EMPTY;
  int code = deflateInit2(s->z, level, method, wbits, mem, strategy);
  if (code != Z_OK) return z_failed(th, s, code, "while creating compression object");
  if (a[5] != EMPTY && a[5] != NONE) {
    Buffer b;
    if (buffer_acquire(th, a[5], &b, false) < 0) return EMPTY;
    code = deflateSetDictionary(s->z, b.data, (uInt)b.size);
    buffer_release(th, &b);
    if (code != Z_OK) return raise_value(th, code == Z_STREAM_ERROR ? "Invalid dictionary" : "deflateSetDictionary()");
  }
  return V(s);
}
static int set_dictionary(RpThread *th, ZStream *s) {
  Buffer b;
  if (buffer_acquire(th, s->dict, &b, false) < 0) return Z_ERRNO;
  int code = inflateSetDictionary(s->z, b.data, (uInt)b.size);
  buffer_release(th, &b);
  return code;
}
static Value m_decompressobj(RpThread *th, const Value *a) {
  int wbits;
  if (!int_arg(th, a[0], MAX_WBITS, &wbits)) return EMPTY;
  if (a[1] != EMPTY && !type_of(a[1])->slots.buffer) return raise_type(th, "zdict argument must support the buffer protocol");
  ZStream *s = z_new(th, true);
  if (!s) return EMPTY;
  int code = inflateInit2(s->z, wbits);
  if (code != Z_OK) return z_failed(th, s, code, "while creating decompression object");
  if (a[1] != EMPTY) {
    obj_store(th, s, &s->dict, a[1]);
    if (wbits < 0 && (code = set_dictionary(th, s)) != Z_OK) return th->pending != EMPTY ? EMPTY : zlib_error(th, code, s->z, "while setting zdict");
  }
  return V(s);
}
static bool begin(RpThread *th, ZStream *s) {
  if (!wait_lock(th, &s->lock)) return false;
  if (!s->dead) return true;
  wait_unlock(th, &s->lock);
  zlib_error(th, Z_STREAM_ERROR, NULL, s->inflates ? "while decompressing data" : "while compressing data");
  return false;
}
static Value c_compress(RpThread *th, const Value *a) {
  ZStream *s = ZS(a[0]);
  Buffer in;
  if (buffer_acquire(th, a[1], &in, false) < 0) return EMPTY;
  Out out = {.limit = SIZE_MAX};
  Value r = EMPTY;
  if (begin(th, s)) {
    int code = pump(th, s->z, deflate, in.data, (size_t)in.size, Z_NO_FLUSH, &out);
    bool ok = code == Z_OK || code == Z_BUF_ERROR;
    if (!ok && th->pending == EMPTY) zlib_error(th, code, s->z, "while compressing data");
    wait_unlock(th, &s->lock);
    r = out_take(th, &out, ok);
  }
  buffer_release(th, &in);
  return r;
}
static Value c_flush(RpThread *th, const Value *a) {
  ZStream *s = ZS(a[0]);
  int mode;
  if (!int_arg(th, a[1], Z_FINISH, &mode)) return EMPTY;
  if (mode == Z_NO_FLUSH) return V(bytes_new(th, "", 0));
  if (!begin(th, s)) return EMPTY;
  Out out = {.limit = SIZE_MAX};
  int code = pump(th, s->z, deflate, (const uint8_t *)"", 0, mode, &out);
  bool ok = code == Z_OK || code == Z_BUF_ERROR || (code == Z_STREAM_END && mode == Z_FINISH);
  if (code == Z_STREAM_END && mode == Z_FINISH) {
    deflateEnd(s->z);
    free(s->z);
    s->z = NULL;
    s->dead = true;
  }
  if (!ok && th->pending == EMPTY) zlib_error(th, code, s->z, "from deflate()");
  wait_unlock(th, &s->lock);
  return out_take(th, &out, ok);
}
static Value stream_copy(RpThread *th, const Value *a) {
  ZStream *s = ZS(a[0]);
  if (s->dead) return raise_value(th, "Inconsistent stream state");
  ZStream *c = z_new(th, s->inflates);
  if (!c || !begin(th, s)) return EMPTY;
  int code = s->inflates ? inflateCopy(c->z, s->z) : deflateCopy(c->z, s->z);
  obj_store(th, c, &c->unused, s->unused);
  obj_store(th, c, &c->unconsumed, s->unconsumed);
  obj_store(th, c, &c->dict, s->dict);
  c->eof = s->eof;
  wait_unlock(th, &s->lock);
  return code == Z_OK ? V(c) : z_failed(th, c, code, "while copying object");
}
/* What libz left of its input: behind the end of the stream, or for the next call. */
static bool keep_rest(RpThread *th, ZStream *s, const uint8_t *end, int code) {
  size_t rest = (size_t)(end - s->z->next_in);
  if (code == Z_STREAM_END) {
    size_t had = as_bytes(s->unused)->length;
    Bytes *b = rest ? bytes_new(th, NULL, had + rest) : as_bytes(s->unused);
    if (!b) return false;
    if (rest) {
      memcpy(b->data, as_bytes(s->unused)->data, had);
      memcpy(b->data + had, s->z->next_in, rest);
      obj_store(th, s, &s->unused, V(b));
    }
    if (!as_bytes(s->unconsumed)->length) rest = 0; /* else CPython shows it in both */
  }
  Bytes *b = bytes_new(th, rest ? (const void *)s->z->next_in : "", rest);
  if (!b) return false;
  obj_store(th, s, &s->unconsumed, V(b));
  return true;
}
static Value inflate_more(RpThread *th, ZStream *s, const uint8_t *p, size_t n, int flush, size_t limit) {
  Out out = {.limit = limit};
  if (s->eof) { /* everything more is unused */
    s->z->next_in = (uint8_t *)p;
    return keep_rest(th, s, p + n, Z_STREAM_END) ? V(bytes_new(th, "", 0)) : EMPTY;
  }
  int code = pump(th, s->z, inflate, p, n, flush, &out);
  if (code == Z_NEED_DICT && s->dict != EMPTY) {
    code = set_dictionary(th, s);
    const uint8_t *at = s->z->next_in;
    if (code == Z_OK) code = pump(th, s->z, inflate, at, (size_t)(p + n - at), flush, &out);
  }
  bool ok = code == Z_OK || code == Z_BUF_ERROR || code == Z_STREAM_END;
  if (!ok && th->pending == EMPTY) zlib_error(th, code, s->z, "while decompressing data");
  if (ok) {
    s->eof = code == Z_STREAM_END;
    ok = keep_rest(th, s, p + n, code);
  }
  return out_take(th, &out, ok);
}
static Value d_decompress(RpThread *th, const Value *a) {
  ZStream *s = ZS(a[0]);
  int64_t max = 0;
  Buffer in;
  if (a[2] != EMPTY && !op_as_i64(th, a[2], &max)) return EMPTY;
  if (max < 0) return raise_value(th, "max_length must be non-negative");
  if (buffer_acquire(th, a[1], &in, false) < 0) return EMPTY;
  Value r = EMPTY;
  if (begin(th, s)) {
    r = inflate_more(th, s, in.data, (size_t)in.size, Z_SYNC_FLUSH, max ? (size_t)max : SIZE_MAX);
    wait_unlock(th, &s->lock);
  }
  buffer_release(th, &in);
  return r;
}
static Value d_flush(RpThread *th, const Value *a) {
  ZStream *s = ZS(a[0]);
  int64_t n = MIN_OUT;
  if (a[1] != EMPTY && !op_as_i64(th, a[1], &n)) return EMPTY;
  if (n <= 0) return raise_value(th, "length must be greater than zero");
  if (!begin(th, s)) return EMPTY;
  Bytes *rest = as_bytes(s->unconsumed);
  Value r = s->eof ? V(bytes_new(th, "", 0)) : inflate_more(th, s, rest->data, rest->length, Z_FINISH, SIZE_MAX);
  wait_unlock(th, &s->lock);
  return r;
}
static Value z_unused(RpThread *th, Value self) { return ZS(self)->unused; }
static Value z_unconsumed(RpThread *th, Value self) { return ZS(self)->unconsumed; }
static Value z_eof(RpThread *th, Value self) { return value_bool(ZS(self)->eof); }

const TypeSpec spec_zlib_compress = {
    .size = sizeof(ZStream),
    .slots = {.trace = z_trace, .free_ = z_free},
    .methods = (const NativeDef[]){{"compress", c_compress, "(self, data, /)", 0, "Returns a bytes object containing compressed data."},
                                   {"flush", c_flush, "(self, mode=4, /)", 0, "Return a bytes object containing any remaining compressed data."},
                                   {"copy", stream_copy, "(self, /)", 0, "Return a copy of the compression object."},
                                   {"__copy__", stream_copy, "(self, /)", 0, NULL},
                                   {"__deepcopy__", stream_copy, "(self, memo, /)", 0, NULL},
                                   {0}},
};
const TypeSpec spec_zlib_decompress = {
    .size = sizeof(ZStream),
    .slots = {.trace = z_trace, .free_ = z_free},
    .methods = (const NativeDef[]){{"decompress", d_decompress, "(self, data, /, max_length=0)", 0, "Return a bytes object containing the decompressed version of the data."},
                                   {"flush", d_flush, "(self, length=16384, /)", 0, "Return a bytes object containing any remaining decompressed data."},
                                   {"copy", stream_copy, "(self, /)", 0, "Return a copy of the decompression object."},
                                   {"__copy__", stream_copy, "(self, /)", 0, NULL},
                                   {"__deepcopy__", stream_copy, "(self, memo, /)", 0, NULL},
                                   {0}},
    .getsets = (const GetSetDef[]){{"unused_data", z_unused, NULL, NULL}, {"unconsumed_tail", z_unconsumed, NULL, NULL}, {"eof", z_eof, NULL, NULL}, {0}},
};

/* -- Checksums ------------------------------------------------------------------------------------------------------------------------------------ */

typedef uLong (*Sum)(uLong, const Bytef *, z_size_t);
static Value checksum(RpThread *th, const Value *a, Sum sum, uint32_t start) {
  Buffer in;
  uLong v = start;
  if (a[1] != EMPTY) {
    Value n = op_index(th, a[1]);
    Value low = n == EMPTY ? EMPTY : op_binary(th, OP_AND, n, value_int(0xFFFFFFFF));
    int64_t i;
    if (low == EMPTY || !op_as_i64(th, low, &i)) return EMPTY;
    v = (uLong)i;
  }
  if (buffer_acquire(th, a[0], &in, false) < 0) return EMPTY;
  v = sum(v, in.data, (z_size_t)in.size);
  buffer_release(th, &in);
  return value_int((int64_t)(v & 0xFFFFFFFF));
}
static Value m_crc32(RpThread *th, const Value *a) { return checksum(th, a, crc32_z, 0); }
static Value m_adler32(RpThread *th, const Value *a) { return checksum(th, a, adler32_z, 1); }

static const NativeDef functions[] = {
    {"compress", m_compress, "(data, /, level=-1, wbits=15)", 0, "Returns a bytes object containing compressed data."},
    {"decompress", m_decompress, "(data, /, wbits=15, bufsize=16384)", 0, "Returns a bytes object containing the uncompressed data."},
    {"compressobj", m_compressobj, "(level=-1, method=8, wbits=15, memLevel=8, strategy=0, zdict=None)", 0, "Return a compressor object."},
    {"decompressobj", m_decompressobj, "(wbits=15, zdict=b'')", 0, "Return a decompressor object."},
    {"crc32", m_crc32, "(data, value=0, /)", 0, "Compute a CRC-32 checksum of data."},
    {"adler32", m_adler32, "(data, value=1, /)", 0, "Compute an Adler-32 checksum of data."},
    {0},
};
static int init(RpThread *th, Dict *dict) {
#define C(x) {#x, x}
  static const IntConstant constants[] = {C(MAX_WBITS), {"DEFLATED", Z_DEFLATED}, {"DEF_MEM_LEVEL", 8}, {"DEF_BUF_SIZE", MIN_OUT}, C(Z_BEST_SPEED), C(Z_BEST_COMPRESSION),
                                          C(Z_DEFAULT_COMPRESSION), C(Z_NO_COMPRESSION), C(Z_FILTERED), C(Z_HUFFMAN_ONLY), C(Z_RLE), C(Z_FIXED), C(Z_DEFAULT_STRATEGY),
                                          C(Z_FINISH), C(Z_NO_FLUSH), C(Z_PARTIAL_FLUSH), C(Z_SYNC_FLUSH), C(Z_FULL_FLUSH), C(Z_BLOCK), C(Z_TREES)};
#undef C
  Tuple *bases = tuple_of(th, 1, V(&type_Exception));
  Dict *ns = bases ? dict_new(th) : NULL;
  if (!ns || dict_set_c(th, ns, "__module__", V(str_intern_c(th, "zlib"))) < 0) return -1;
  Value error = type_new_class(th, &type_type, str_intern_c(th, "error"), bases, ns, NULL, NULL);
  if (error == EMPTY || dict_set_c(th, dict, "error", error) < 0 || dict_set_c(th, dict, "ZLIB_VERSION", V(str_from_c(th, ZLIB_VERSION))) < 0 ||
      dict_set_c(th, dict, "ZLIB_RUNTIME_VERSION", V(str_from_c(th, zlibVersion()))) < 0 || dict_set_c(th, dict, "__version__", V(str_from_c(th, "1.0"))) < 0)
    return -1;
  return add_int_constants(th, dict, constants, countof(constants));
}
const ModuleSpec mod_zlib = {.doc = "The functions in this module allow compression and decompression using the zlib library, which is based on GNU zip.",
                             .functions = functions, .init = init};
