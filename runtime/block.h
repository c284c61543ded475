/* block.h: where cells live. One process-wide reserved range of addresses holds the blocks of all contexts, so that "is this word a heap
** address" is one compare and finding its block a shift; the process-wide provider below hands blocks out and takes them back.
**
** A unit is 16 KB. A block is 1 unit (cells up to 1 KB), 4 aligned units (cells up to 8 KB), or any number (one large object). Block
** headers with their bitmaps lie in a table of their own, one slot per unit: 16 KB strides inside the blocks would put all headers into
** the same few cache sets, and this way cells fill pages exactly. Only the slot of a block's first unit is used.
**
** Bitmaps, one bit per cell:
**   alloc  the cell holds an object. Set when the run it lies in is published, cleared by the sweep. (Cells of a thread's open run: allocated when
**          below its bump pointer.) Written by the thread that allocates in the block, or by whoever sweeps it.
**   mark   reached by the last or running cycle; between cycles: old (heap.md). Meaningless in a block that was born after marking was complete: all its cells count as marked
**   fin    has something to do when it dies (TypeSlots.free_, finalize_py) */
#ifndef RP_BLOCK_H
#define RP_BLOCK_H

#include "runtime/heap.h"

#define UNIT_SHIFT 14
#define UNIT_BYTES ((size_t)1 << UNIT_SHIFT)
#define QUAD_UNITS 4
#define CELL_MAX 8192 /* larger objects are large objects */
#define BITMAP_WORDS (UNIT_BYTES / 16 / 64)

/* Size classes: 1..32 are 16-byte steps up to 512 (class = (size + 15) / 16), then ratio about 1.25. */
#define N_FINE_CLASSES 33
#define COARSE_CLASSES(X) X(640) X(816) X(1024) X(1280) X(1632) X(2048) X(2560) X(3264) X(4096) X(5456) X(6544) X(8192)
#define COUNT_(s) +1
#define N_CLASSES (N_FINE_CLASSES COARSE_CLASSES(COUNT_))
#define CLASS_LARGE 255

typedef struct Block {
  _Atomic(Heap *) heap;      /* owner; NULL: free */
  char *start;
  uint32_t cell_size;        /* class's size; large objects: 0 */
  uint32_t n_cells;
  uint32_t div_magic;        /* cell index = offset * div_magic >> 32; large objects: 0 */
  uint32_t n_units;
  uint32_t born;             /* the cycle after whose marking the block was taken */
  uint8_t cls;
  bool owned;                /* a thread bump-allocates in it */
  _Atomic bool has_fin;      /* some fin bit may be set */
  bool swept;                /* while unlisted: it may have room */
  uint32_t n_live;           /* cells, by the last census */
  uint32_t epoch;            /* equal to Heap.epoch: it is in some thread's list of young blocks */
  struct Block *next;        /* in a list without lock: of the heap's that are not in its tables yet, or free and not in the provider's */
  uint32_t place;            /* index in Heap.blocks */
  bool holds;                /* in the stop of a young collection: some of its cells stay young (Held) */
  _Atomic uint64_t mark[BITMAP_WORDS];
  _Atomic uint64_t alloc[BITMAP_WORDS];
  _Atomic uint64_t fin[BITMAP_WORDS];
} __attribute__((aligned(512))) Block;
_Static_assert(sizeof(Block) == 512, "headers are a table of 512-byte slots");

/* The reserved range. Written once by block_arena_init(), read by everyone. */
typedef struct BlockArena {
  uintptr_t base;
  size_t bytes;
  Block *headers;            /* by unit */
  _Atomic uint32_t *heads;   /* by unit: 1 + the first unit of the block it belongs to; 0: free */
} BlockArena;
extern BlockArena block_arena;

/* Once per process; false: the machine gives no address space. */
bool block_arena_init(void);

ALWAYS_INLINE bool block_in_arena(uint64_t word) { return word - block_arena.base < block_arena.bytes; }
/* The block that covers address p (which is in the arena), or NULL. Any thread; the owner may be any context. */
ALWAYS_INLINE Block *block_of(uint64_t p) {
  uint32_t head = atomic_load_explicit(&block_arena.heads[(p - block_arena.base) >> UNIT_SHIFT], memory_order_relaxed);
  return head ? &block_arena.headers[head - 1] : NULL;
}
/* The block of a known cell. */
ALWAYS_INLINE Block *block_of_cell(const void *o) {
  uint32_t head = atomic_load_explicit(&block_arena.heads[((uintptr_t)o - block_arena.base) >> UNIT_SHIFT], memory_order_relaxed);
  return &block_arena.headers[head - 1];
}
ALWAYS_INLINE uint32_t block_cell_index(const Block *b, uint64_t p) {
  return (uint32_t)(((p - (uintptr_t)b->start) * b->div_magic) >> 32);
}
ALWAYS_INLINE size_t block_cell_bytes(const Block *b) { return b->cell_size ? b->cell_size : (size_t)b->n_units << UNIT_SHIFT; }
ALWAYS_INLINE Object *block_cell(const Block *b, uint32_t i) { return (Object *)(b->start + (size_t)i * b->cell_size); }

/* Bytes of a class's cells and of its blocks. */
extern const uint16_t block_class_size[N_CLASSES];
uint32_t block_class_of(size_t size); /* size <= CELL_MAX */
ALWAYS_INLINE uint32_t block_class_units(uint32_t cls) { return block_class_size[cls] > 1024 ? QUAD_UNITS : 1; }

/* A block for `cls`, or (CLASS_LARGE) for one object of `bytes`; its bitmaps are clear and the header filled in, heap set. small: the heap is, and will
** touch little of the block. *zeroed: the memory is known to be zero. NULL: the range or the machine is exhausted. Any thread; waits for nobody as long as there are addresses. */
Block *block_take(Heap *heap, uint32_t cls, size_t bytes, bool small, bool *zeroed);
void block_return(Block *b);

typedef struct BlockStats { size_t reserved, used, idle; } BlockStats; /* bytes; idle: freed, still committed */
void block_stats(BlockStats *out);

#endif
