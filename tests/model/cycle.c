/* cycle.c: the protocol of runtime/heap.md ("The cycle") as an executable model, explored exhaustively.
**
** A small world: object 1 is the root (module globals), the others come and go; two mutators with a few registers; one marker. Every step between
** which threads can see something is a step here: a store is test, look at the value, look at the owner, shade or remember, store, and is judged when
** its thread allocates, or in CLOSE; the marker reads one field at a time; a read of a weak reference is state, referent, mark bit, referent again. What
** a thread does between two polls to things that nobody else can see, or in a stop, is one step. In the young worlds mark bits stay between cycles, and
** young collections come there (young.c): one stop each, which either mutator makes when both are at polls. In `meet` CLOSE takes the threads one by one
** and may give up; in `young-look` they look through their own stacks before they rest; in `young-keep` what nothing but stacks refers to may stay young; in `rest` they rest at times, and full grey buffers go to the markers; in `lag` a sweeper stands still before its claim; in `outside`
** the root has no mark bit. In `append` an object's second field counts when its length says so; in `replace` the root's first field is a list's array,
** changed under a lock, and copies take its place: their array is allocated before the lock is taken, and the thread may poll between. With `tso` a
** mutator's plain store may stay in its store buffer until its next locked instruction, as on x86.
**
** Claim, checked before every sweep: whatever a mutator can get at is marked, what has a __del__ that did not run, too; and no mutator gets a freed
** cell out of a weak reference.
** Worlds (which parts are there) and ablations (one rule left out: the claim must break) are the rows of the table below.
**
**     model_cycle                    all of it, in two or three minutes; last line: N passed, N failed
**     model_cycle [--whole] NAME     one row; the last steps before the claim breaks. --whole: every state, longer walks
**
** Sound worlds are explored breadth first, to the end or to MOST_STATES, up to renaming of objects; then walked at random with more
** operations. Ablations are walked first, until the claim breaks. Seeds are fixed. */
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef uint8_t u8;
#define MAX_N 4
#define MOST_STATES 1000000u
#define MOST_STEPS 3000000ull
#define ROOT 1
#define STALE 15
#define BIT(o) (1u << (o))

/* -- The tables -------------------------------------------------------------------------------------------------------------------------- */

enum { BULK = 1, WEAK = 2, FIN = 4, GEN = 8, TSO = 16, FULL = 32 /* more operations */, ONCE = 64 /* the referent is not read again */, LATE = 128 /* starts later */, YOUNG = 256,
       MEET = 512 /* CLOSE takes the threads one by one, and may give up */, REST = 1024 /* threads rest; the collector takes them and acknowledges for them */,
       LAG = 2048 /* a sweeper that stands still before its claim */, LENGTH = 4096 /* field 1 counts once the length says so */,
       REPLACE = 8192 /* the root's field 0 is an array, changed under a lock, and replaced by copies (heap_barrier_copy) */,
       OUTSIDE = 16384 /* the root lies outside the arena: whatever is stored into it is shaded */,
       LOOK = 32768 /* a thread may look through its own stack before it rests, and young collections know what it found until it goes on */,
       KEEP = 65536 /* what nothing but stacks refers to may stay young */ };

typedef enum Ablation {
  SOUND, NO_BARRIER, NO_PUBLICATION, NO_HANDSHAKE_1, SCAN_ONCE, NO_BUFFERS, RAGGED, NO_BORN, NO_REGREY, REGREY_EARLY, NO_FENCE,
  NO_LEAVE_REGREY, NO_RUNNING_SCAN, NO_WEAK_BARRIER, WEAK_STATE_LAST, WEAK_READ_ONCE, NO_HANDSHAKE_2, FIN_EARLY, TABLE_BY_MARK,
  NO_LOG, NO_BULK_LOG, LOG_ONCE, LOG_WHILE_MARKING, YOUNG_NO_STACK, YOUNG_IN_CYCLE, YOUNG_AGAIN, YOUNG_NO_WEAK,
  YOUNG_NO_WAIT, YOUNG_OWN_STACK, YOUNG_OWN_LOG, YOUNG_OWN_RUNS, /* what the mutator that collects does with the other */
  CLOSE_KEEPS, CLOSE_PARTLY, REST_NOT_TAKEN, CLAIM_ANY,
  NO_JUDGING, NO_CLOSE_JUDGING, JUDGE_NO_FENCE, JUDGE_SCANNED, JUDGE_EARLY, FULL_FORGETS,
  LOOK_STAYS, LOOK_DROPS, LOOK_BORN,
  KEEP_FIRST, KEEP_STANDS, KEEP_PARTLY, KEEP_BY_ONE,
  COPY_NO_REGREY, COPY_NO_LOG, COPY_NO_MORE, COPY_NOT_OLD, COPY_UNLOCKED,
} Ablation;

static const struct Row { const char *name; Ablation ablation; u8 n; unsigned parts; const char *about; } rows[] = {
  {"stores", SOUND, 3, 0, "stores, loads, allocation"},
  {"four", SOUND, 4, 0, "the same with one object more and fewer operations"},
  {"bulk", SOUND, 3, BULK, "and copies with the owner put back into grey"},
  {"tso", SOUND, 3, BULK | TSO, "and with store buffers"},
  {"generators", SOUND, 3, GEN | TSO, "registers in a heap object, written without barrier"},
  {"weak", SOUND, 3, WEAK | ONCE, "a weak reference; without __del__ reading the referent once is enough"},
  {"finalizers", SOUND, 3, WEAK | FIN, "a weak reference, objects with __del__"},
  {"young", SOUND, 3, YOUNG, "young collections between cycles"},
  {"young-bulk", SOUND, 3, YOUNG | BULK | GEN | TSO, "with copies, generators and store buffers"},
  {"meet", SOUND, 3, MEET, "CLOSE waits for one thread after the other, and gives up at any time"},
  {"meet-finalizers", SOUND, 3, MEET | REST | WEAK | FIN, "the same with threads that rest, a weak reference, objects with __del__"},
  {"rest", SOUND, 3, REST | TSO | BULK, "threads that rest, for whom the collector acknowledges"},
  {"lag", SOUND, 3, LAG | FIN, "a sweeper that has lost the processor before its claim, of blocks with objects with __del__"},
  {"young-weak", SOUND, 3, YOUNG | WEAK | FIN, "with a weak reference and objects with __del__"},
  {"young-look", SOUND, 3, YOUNG | REST | LOOK, "threads that rest have looked through their own stacks for young objects"},
  {"young-keep", SOUND, 3, YOUNG | REST | LOOK | KEEP, "and what nothing but stacks refers to may stay young"},
  {"young-keep-bulk", SOUND, 3, YOUNG | BULK | GEN | TSO | KEEP, "the same with copies, generators and store buffers"},
  {"outside", SOUND, 3, OUTSIDE | REST | TSO, "a root that has no mark bit: what is stored into it is always shaded"},
  {"append", SOUND, 3, LENGTH | TSO, "objects whose second field counts when their length has been stored, after it"},
  {"append-young", SOUND, 3, LENGTH | YOUNG, "the same with young collections between cycles"},
  {"replace", SOUND, 4, REPLACE, "an array that copies take the place of"},
  {"replace-young", SOUND, 4, REPLACE | YOUNG, "the same with young collections between cycles"},

  {"no-barrier", NO_BARRIER, 3, 0, "stores do not shade"},
  {"no-publication", NO_PUBLICATION, 3, 0, "stores do not shade what was allocated in this cycle"},
  {"no-judging", NO_JUDGING, 3, LATE, "stores into white owners are not looked at again: the mark bit is looked at before the store alone"},
  {"close-no-judging", NO_CLOSE_JUDGING, 3, LATE, "CLOSE forgets stores into white owners"},
  {"judge-no-fence", JUDGE_NO_FENCE, 3, TSO | LATE, "no fence between stores and the look at their owners' mark bits"},
  {"judge-scanned", JUDGE_SCANNED, 3, LATE, "an owner that is marked, and not scanned to its end, counts as white"},
  {"judge-early", JUDGE_EARLY, 3, LENGTH | LATE, "an append is judged before the length is stored"},
  {"full-forgets", FULL_FORGETS, 3, LATE, "stores into white owners that there is no room to remember are not shaded"},
  {"no-handshake-1", NO_HANDSHAKE_1, 3, 0, "marking starts before every barrier is on"},
  {"scan-once", SCAN_ONCE, 3, 0, "stacks are scanned in the first CLOSE alone"},
  {"no-buffers", NO_BUFFERS, 3, 0, "CLOSE does not take the grey buffers"},
  {"ragged", RAGGED, 3, 0, "CLOSE without a stop: each stack at its thread's own poll, shading by anyone fails the round"},
  {"no-born", NO_BORN, 3, 0, "white allocation after marking is complete"},
  {"no-regrey", NO_REGREY, 3, BULK, "a bulk copy leaves its owner black"},
  {"regrey-early", REGREY_EARLY, 3, BULK, "the owner's mark bit is looked at before the copy"},
  {"no-fence", NO_FENCE, 3, BULK | TSO | LATE, "no fence between the copy and the look at the mark bit"},
  {"copy-no-regrey", COPY_NO_REGREY, 4, REPLACE, "a copy that was marked while the lock was waited for stays black, though its original is white"},
  {"copy-no-log", COPY_NO_LOG, 4, REPLACE | YOUNG, "a copy that has become old while the lock was waited for is not logged"},
  {"copy-no-more", COPY_NO_MORE, 4, REPLACE | LATE, "what is new in a copy that is marked with its original is not shaded"},
  {"copy-not-old", COPY_NOT_OLD, 4, REPLACE | YOUNG | LATE, "a copy that is marked with its original does not log later stores"},
  {"copy-unlocked", COPY_UNLOCKED, 4, REPLACE | LATE, "the original changes after it was copied"},
  {"no-leave-regrey", NO_LEAVE_REGREY, 3, GEN, "leaving a generator leaves it black"},
  {"no-running-scan", NO_RUNNING_SCAN, 3, GEN, "registers of a running generator are not scanned with the stack"},
  {"no-weak-barrier", NO_WEAK_BARRIER, 3, WEAK, "white referents are handed out after marking is complete"},
  {"weak-state-last", WEAK_STATE_LAST, 3, WEAK, "a read looks at the state after the referent"},
  {"weak-read-once", WEAK_READ_ONCE, 3, WEAK | FIN | ONCE | LATE, "a read does not look at the referent again after the mark bit"},
  {"no-handshake-2", NO_HANDSHAKE_2, 3, WEAK | ONCE, "the sweep does not wait for reads of weak references"},
  {"fin-early", FIN_EARLY, 3, FIN, "a __del__ runs before what it can see is marked"},
  {"close-keeps", CLOSE_KEEPS, 3, MEET, "what an attempt to close scanned before it gave up is not scanned again"},
  {"close-partly", CLOSE_PARTLY, 3, MEET, "CLOSE does not wait for the second thread"},
  {"rest-not-taken", REST_NOT_TAKEN, 3, REST | OUTSIDE | LATE, "the collector acknowledges for a thread that rested when it looked"},
  {"claim-any", CLAIM_ANY, 3, LAG | FIN, "the claim of a block to sweep does not tell which cycle it is for"},
  {"no-log", NO_LOG, 3, YOUNG, "stores into old objects are not logged"},
  {"no-bulk-log", NO_BULK_LOG, 3, YOUNG | BULK, "copies and generators that are left are not logged"},
  {"log-once", LOG_ONCE, 3, YOUNG, "what was scanned from the log is not logged again"},
  {"log-while-marking", LOG_WHILE_MARKING, 3, YOUNG, "stores are logged while marking, too, and these logs dropped with the others"},
  {"young-no-stack", YOUNG_NO_STACK, 3, YOUNG, "young collections do not scan stacks"},
  {"young-in-cycle", YOUNG_IN_CYCLE, 3, YOUNG, "young collections while marking"},
  {"young-again", YOUNG_AGAIN, 3, YOUNG, "after one that was given up, another without a whole cycle between"},
  {"young-no-weak", YOUNG_NO_WEAK, 3, YOUNG | WEAK, "what a weak reference refers to dies in a young collection"},
  {"young-no-wait", YOUNG_NO_WAIT, 3, YOUNG, "the other does not stand still meanwhile"},
  {"young-own-stack", YOUNG_OWN_STACK, 3, YOUNG, "it scans its own stack alone"},
  {"young-own-log", YOUNG_OWN_LOG, 3, YOUNG, "it takes its own log alone, the other's is dropped"},
  {"look-stays", LOOK_STAYS, 3, YOUNG | REST | LOOK, "what a thread has found in its stack holds when it has gone on"},
  {"look-drops", LOOK_DROPS, 3, YOUNG | REST | LOOK | LATE, "it leaves out what lies in the other's open runs, and is no object yet to who looks"},
  {"look-born", LOOK_BORN, 3, YOUNG | REST | LOOK, "it leaves out what was born since marking was complete, as if it were marked"},
  {"keep-first", KEEP_FIRST, 3, YOUNG | KEEP, "what stacks refer to stays young, whatever is old refers to it"},
  {"keep-stands", KEEP_STANDS, 3, YOUNG | REST | LOOK | KEEP, "a thread that goes on standing still has nothing young in its stack, as if all were old"},
  {"keep-partly", KEEP_PARTLY, 3, YOUNG | KEEP, "where they are too many to stay young, those that were found first do"},
  {"keep-by-one", KEEP_BY_ONE, 3, YOUNG | REST | LOOK | KEEP, "what two stacks refer to is known of the first one that goes through alone"},
  {"young-own-runs", YOUNG_OWN_RUNS, 3, YOUNG, "it closes its own runs alone: what the other has allocated since is neither traced nor freed"},
};
enum { N_ROWS = sizeof rows / sizeof *rows };

static Ablation abl;
static unsigned parts;
static int N;

/* -- State ------------------------------------------------------------------------------------------------------------------------------- */

enum { P_HS1, P_MARK, P_CLOSE2 /* RAGGED: the second stack */, P_CLEAR_WEAK, P_REVIVE, P_REVIVE_MARK, P_OFF, P_HS2, P_SWEEP, P_IDLE /* YOUNG */, P_YOUNG /* YOUNG_NO_WAIT: between roots and the rest */ };

typedef struct State {
  u8 f[MAX_N + 1][2]; /* fields: object or 0 */
  u8 r[2][2];         /* registers */
  u8 cells, marked, pool, fresh, del, finalized;         /* sets of objects */
  u8 old, newborn;    /* sets: GC_OLD; born since marking was complete */
  u8 log[2], runs_of[2]; /* sets, of each mutator: its log; allocated in its open runs (looked at by YOUNG_OWN_RUNS and LOOK_DROPS alone) */
  u8 buf[2];          /* sets: grey buffers */
  u8 cur, idx;        /* the marker reads field idx of cur next */
  u8 phase, acked;    /* acked: bit per mutator */
  u8 marking;         /* bit per mutator: barrier on */
  u8 born, weak_on;
  u8 op[2], step[2];  /* what each mutator is inside of; op 0: at a poll */
  u8 seen[2];         /* the referent as read; REPLACE: the root's array as read */
  u8 into[2];         /* REPLACE: an array that nobody else knows yet */
  u8 w_obj[2], w_val[2]; /* a store into a white owner, not judged yet (there is room for one); w_obj 0: none */
  u8 longs;           /* LENGTH: set of objects whose field 1 counts */
  u8 weak, due, due_set, runs[2];
  u8 safe[2];         /* REST: 1 rests, 2 taken by the collector */
  u8 stands, found[2]; /* LOOK: bit per mutator, it has looked through its stack, or all that holds is old; set: what may be young */
  u8 closing, taken, kept, looked; /* CLOSE is trying; bits per mutator: has come; scanned by this or an earlier attempt (CLOSE_KEEPS); seen at rest (REST_NOT_TAKEN) */
  u8 lag;             /* a sweeper is about to claim: 1 a block of this cycle's sweep, 2 of an earlier one's */
  u8 p_obj[2], p_i[2], p_val[2]; /* a store in the store buffer: p_obj 0: none. Field 2: the length; the object itself or 0 */
} State;

/* Operations of a mutator. Places: 0 = the root, 1 = register a, 2 = register b, 3 = the root's array. */
enum { O_NONE, O_LOAD, O_CLEAR, O_DROP, O_STORE, O_APPEND, O_FRESH, O_COPY, O_ITEM, O_ARRAY, O_REPLACE, O_GET_WEAK, O_SET_WEAK, O_FINALIZE, O_RESUME, O_WRITE, O_LEAVE };
/* Who can do it: */
enum { ZERO = 1, ONE = 2, FULL_ZERO = 4, FULL_ONE = 8, BOTH = ZERO | ONE, FULLY = FULL_ZERO | FULL_ONE };
typedef struct Op { u8 kind, dst, src, i, who; unsigned part; } Op;
static const Op ops[] = {
  {O_NONE, 0, 0, 0, 0, 0},
  {O_LOAD, 1, 0, 0, BOTH, 0}, {O_LOAD, 1, 0, 1, ZERO | FULL_ONE, 0}, {O_LOAD, 1, 1, 0, ZERO | FULL_ONE, 0}, {O_LOAD, 1, 1, 1, FULLY, 0},
  {O_LOAD, 2, 1, 0, ZERO, 0}, {O_LOAD, 2, 1, 1, FULL_ZERO, 0}, {O_LOAD, 2, 0, 0, ZERO, 0}, {O_LOAD, 2, 0, 1, FULL_ZERO, 0},
  {O_DROP, 1, 0, 0, ZERO | FULL_ONE, 0}, {O_DROP, 2, 0, 0, ZERO, 0},
  {O_CLEAR, 0, 0, 0, ZERO | FULL_ONE, 0}, {O_CLEAR, 0, 0, 1, BOTH, 0}, {O_CLEAR, 1, 0, 0, ZERO | FULL_ONE, 0}, {O_CLEAR, 1, 0, 1, FULLY, 0},
  {O_STORE, 0, 1, 0, ZERO | FULL_ONE, 0}, {O_STORE, 0, 1, 1, BOTH, 0}, {O_STORE, 1, 2, 0, ZERO, 0}, {O_STORE, 1, 2, 1, FULL_ZERO, 0},
  {O_FRESH, 1, 2, 0, ZERO | FULL_ONE, 0},
  {O_COPY, 1, 2, 0, ZERO, BULK}, {O_COPY, 0, 1, 0, FULL_ONE, BULK},
  {O_APPEND, 1, 2, 0, ZERO, LENGTH}, {O_APPEND, 0, 1, 0, ZERO | FULL_ONE, LENGTH},
  {O_ITEM, 1, 3, 0, BOTH, REPLACE}, {O_ITEM, 2, 3, 1, ZERO, REPLACE}, {O_CLEAR, 3, 0, 0, BOTH, REPLACE}, {O_CLEAR, 3, 0, 1, BOTH, REPLACE},
  {O_STORE, 3, 1, 0, ZERO | FULL_ONE, REPLACE}, {O_STORE, 3, 2, 1, ZERO | FULL_ONE, REPLACE}, {O_ARRAY, 0, 0, 0, ZERO | FULL_ONE, REPLACE},
  {O_REPLACE, 0, 1, 0, ZERO | FULL_ONE, REPLACE},
  {O_GET_WEAK, 1, 0, 0, BOTH, WEAK}, {O_SET_WEAK, 0, 1, 0, FULL_ZERO, WEAK},
  {O_FINALIZE, 1, 0, 0, ZERO | FULL_ONE, FIN},
  {O_RESUME, 0, 1, 0, ZERO, GEN}, {O_WRITE, 0, 2, 0, ZERO, GEN}, {O_LEAVE, 0, 0, 0, ZERO, GEN},
};
enum { N_OPS = sizeof ops / sizeof *ops };

static bool white(const State *s, u8 o) { return !(s->marked & BIT(o)); }
static u8 place(const State *s, int t, u8 p) { return p == 0 ? ROOT : p == 3 ? s->f[ROOT][0] : s->r[t][p - 1]; }
static bool counts(const State *s, u8 o) { return !(parts & LENGTH) || (s->longs & BIT(o)); }
static u8 second(const State *s, u8 o) { return counts(s, o) ? s->f[o][1] : 0; }

/* -- Keys: 128 bits, the smallest over all names of the objects -------------------------------------------------------------------------------- */

typedef struct Key { uint64_t a, b; } Key;
typedef struct Bits { unsigned __int128 v; int n; } Bits;
static void put(Bits *b, unsigned x, int n) { b->v |= (unsigned __int128)x << b->n, b->n += n; }
static unsigned take(Bits *b, int n) {
  unsigned x = (unsigned)(b->v >> b->n) & ((1u << n) - 1);
  b->n += n;
  return x;
}
/* Fields hold 0 or 2..4: two bits. Registers that can be stale: three. */
static u8 two(u8 v) { return v ? v - 1 : 0; }
static u8 untwo(unsigned v) { return v ? (u8)(v + 1) : 0; }
static u8 three(u8 v) { return v == STALE ? 7 : v; }
static u8 unthree(unsigned v) { return v == 7 ? STALE : (u8)v; }

static Key pack(const State *s) {
  Bits b = {0};
  for (int o = 1; o <= N; o++) put(&b, two(s->f[o][0]), 2), put(&b, two(s->f[o][1]), 2);
  for (int t = 0; t < 2; t++) {
    put(&b, three(s->r[t][0]), 3), put(&b, three(s->r[t][1]), 3);
    put(&b, s->op[t], 6), put(&b, s->step[t], 4), put(&b, s->w_obj[t], 3), put(&b, s->w_val[t], 3), put(&b, s->buf[t] >> 1, 4);
    if (parts & (WEAK | REPLACE)) put(&b, three(s->seen[t]), 3);
    if (parts & REPLACE) put(&b, two(s->into[t]), 2);
    if (parts & GEN) put(&b, two(s->runs[t]), 2);
    if (parts & TSO) put(&b, s->p_obj[t], 3), put(&b, s->p_i[t], 2), put(&b, s->p_val[t], 3);
  }
  put(&b, s->cells >> 1, 4), put(&b, s->marked >> 1, 4), put(&b, s->pool >> 1, 4);
  if (abl == NO_PUBLICATION) put(&b, s->fresh >> 1, 4);
  put(&b, s->cur, 3), put(&b, s->idx, 2), put(&b, s->phase, 4), put(&b, s->acked, 2), put(&b, s->marking, 2), put(&b, s->born, 1);
  if (parts & WEAK) put(&b, s->weak_on, 1), put(&b, two(s->weak), 2);
  if (parts & FIN) put(&b, s->due >> 1, 4), put(&b, s->del >> 1, 4), put(&b, s->finalized >> 1, 4);
  if (parts & YOUNG) put(&b, s->old >> 1, 4), put(&b, s->log[0] >> 1, 4), put(&b, s->log[1] >> 1, 4), put(&b, s->newborn >> 1, 4);
  if (parts & MEET) put(&b, s->closing, 1), put(&b, s->taken, 2), put(&b, s->kept, 2);
  if (parts & REST) put(&b, s->safe[0], 2), put(&b, s->safe[1], 2), put(&b, s->looked, 2);
  if (parts & LOOK) put(&b, s->stands, 2), put(&b, s->found[0] >> 1, 4), put(&b, s->found[1] >> 1, 4);
  if (abl == LOOK_DROPS) put(&b, s->runs_of[0] >> 1, 3), put(&b, s->runs_of[1] >> 1, 3);
  if (parts & LAG) put(&b, s->lag, 2);
  if (parts & LENGTH) put(&b, s->longs >> 1, 4);
  if (b.n > 128) abort();
  return (Key){(uint64_t)b.v, (uint64_t)(b.v >> 64)};
}
static State unpack(Key k) {
  State z = {0}, *s = &z;
  Bits b = {.v = (unsigned __int128)k.b << 64 | k.a};
  for (int o = 1; o <= N; o++) s->f[o][0] = untwo(take(&b, 2)), s->f[o][1] = untwo(take(&b, 2));
  for (int t = 0; t < 2; t++) {
    s->r[t][0] = unthree(take(&b, 3)), s->r[t][1] = unthree(take(&b, 3));
    s->op[t] = (u8)take(&b, 6), s->step[t] = (u8)take(&b, 4), s->w_obj[t] = (u8)take(&b, 3), s->w_val[t] = (u8)take(&b, 3), s->buf[t] = (u8)(take(&b, 4) << 1);
    if (parts & (WEAK | REPLACE)) s->seen[t] = unthree(take(&b, 3));
    if (parts & REPLACE) s->into[t] = untwo(take(&b, 2));
    if (parts & GEN) s->runs[t] = untwo(take(&b, 2));
    if (parts & TSO) s->p_obj[t] = (u8)take(&b, 3), s->p_i[t] = (u8)take(&b, 2), s->p_val[t] = (u8)take(&b, 3);
  }
  s->cells = (u8)(take(&b, 4) << 1), s->marked = (u8)(take(&b, 4) << 1), s->pool = (u8)(take(&b, 4) << 1);
  if (abl == NO_PUBLICATION) s->fresh = (u8)(take(&b, 4) << 1);
  s->cur = (u8)take(&b, 3), s->idx = (u8)take(&b, 2), s->phase = (u8)take(&b, 4), s->acked = (u8)take(&b, 2);
  s->marking = (u8)take(&b, 2), s->born = (u8)take(&b, 1);
  if (parts & WEAK) s->weak_on = (u8)take(&b, 1), s->weak = untwo(take(&b, 2));
  if (parts & FIN) s->due = (u8)(take(&b, 4) << 1), s->del = (u8)(take(&b, 4) << 1), s->finalized = (u8)(take(&b, 4) << 1);
  if (parts & YOUNG) s->old = (u8)(take(&b, 4) << 1), s->log[0] = (u8)(take(&b, 4) << 1), s->log[1] = (u8)(take(&b, 4) << 1), s->newborn = (u8)(take(&b, 4) << 1);
  if (parts & MEET) s->closing = (u8)take(&b, 1), s->taken = (u8)take(&b, 2), s->kept = (u8)take(&b, 2);
  if (parts & REST) s->safe[0] = (u8)take(&b, 2), s->safe[1] = (u8)take(&b, 2), s->looked = (u8)take(&b, 2);
  if (parts & LOOK) s->stands = (u8)take(&b, 2), s->found[0] = (u8)(take(&b, 4) << 1), s->found[1] = (u8)(take(&b, 4) << 1);
  if (abl == LOOK_DROPS) s->runs_of[0] = (u8)(take(&b, 3) << 1), s->runs_of[1] = (u8)(take(&b, 3) << 1);
  if (parts & LAG) s->lag = (u8)take(&b, 2);
  if (parts & LENGTH) s->longs = (u8)(take(&b, 4) << 1);
  return z;
}

static const u8 names[6][MAX_N + 1] = {{0, 1, 2, 3, 4}, {0, 1, 3, 2, 4}, {0, 1, 2, 4, 3}, {0, 1, 3, 4, 2}, {0, 1, 4, 2, 3}, {0, 1, 4, 3, 2}};
static u8 rename_set(u8 set, const u8 *m) {
  u8 out = 0;
  for (int o = 1; o <= N; o++)
    if (set & BIT(o)) out |= BIT(m[o]);
  return out;
}
static State renamed(const State *s, const u8 *m) {
  State z = *s;
#define RN(x) z.x = s->x == STALE ? STALE : m[s->x]
  for (int o = 1; o <= N; o++)
    for (int i = 0; i < 2; i++) z.f[m[o]][i] = m[s->f[o][i]];
  for (int t = 0; t < 2; t++) {
    RN(r[t][0]), RN(r[t][1]), RN(seen[t]), RN(into[t]), RN(w_obj[t]), RN(w_val[t]), RN(runs[t]), RN(p_obj[t]), RN(p_val[t]);
    z.buf[t] = rename_set(s->buf[t], m), z.log[t] = rename_set(s->log[t], m), z.runs_of[t] = rename_set(s->runs_of[t], m), z.found[t] = rename_set(s->found[t], m);
  }
  RN(cur), RN(weak);
  z.cells = rename_set(s->cells, m), z.marked = rename_set(s->marked, m), z.pool = rename_set(s->pool, m), z.fresh = rename_set(s->fresh, m);
  z.due = rename_set(s->due, m), z.del = rename_set(s->del, m), z.finalized = rename_set(s->finalized, m);
  z.old = rename_set(s->old, m), z.newborn = rename_set(s->newborn, m), z.longs = rename_set(s->longs, m);
  return z;
}
static Key key_of(const State *s) {
  Key best = pack(s);
  for (int p = 1; p < (N == 3 ? 2 : 6); p++) {
    State z = renamed(s, names[p]);
    Key k = pack(&z);
    if (k.b < best.b || (k.b == best.b && k.a < best.a)) best = k;
  }
  return best;
}

/* -- The set of states, in order of discovery --------------------------------------------------------------------------------------------------- */

static Key *seen_keys;
static uint32_t *from, *table;
static uint32_t n_seen, cap_seen, mask;
static const char *broken; /* why the claim does not hold */

static uint64_t hash(Key k) {
  uint64_t h = (k.a ^ k.b * 0x9E3779B97F4A7C15ull) * 0xBF58476D1CE4E5B9ull;
  return h ^ h >> 29;
}
static void place_key(uint32_t index) {
  uint64_t h = hash(seen_keys[index]);
  while (table[h & mask]) h++;
  table[h & mask] = index + 1;
}
/* A random walk instead: the successor that is taken, every one as likely as the others. */
static bool walking;
static State chosen;
static uint32_t n_choices;
static uint64_t rnd = 88172645463325252ull;
static uint32_t random_below(uint32_t n) {
  rnd ^= rnd << 13, rnd ^= rnd >> 7, rnd ^= rnd << 17;
  return (uint32_t)((rnd >> 32) * n >> 32);
}

static void visit(const State *s, uint32_t parent) {
  if (walking) {
    if (random_below(++n_choices) == 0) chosen = *s;
    return;
  }
  Key k = key_of(s);
  uint64_t h = hash(k);
  for (; table[h & mask]; h++) {
    Key *q = &seen_keys[table[h & mask] - 1];
    if (q->a == k.a && q->b == k.b) return;
  }
  if (n_seen == cap_seen) {
    cap_seen *= 2, mask = cap_seen * 2 - 1;
    seen_keys = realloc(seen_keys, cap_seen * sizeof *seen_keys);
    from = realloc(from, cap_seen * sizeof *from);
    free(table);
    table = calloc((size_t)mask + 1, sizeof *table);
    if (!seen_keys || !from || !table) abort();
    for (uint32_t i = 0; i < n_seen; i++) place_key(i);
  }
  seen_keys[n_seen] = k, from[n_seen] = parent;
  place_key(n_seen++);
}

/* -- Steps of a mutator ------------------------------------------------------------------------------------------------------------------------- */

/* As mutator t sees it: its own store buffer first. */
static bool sees_second(const State *s, int t, u8 o) {
  return (parts & TSO) && s->p_obj[t] == o && s->p_i[t] == 2 ? s->p_val[t] != 0 : counts(s, o);
}
static u8 get(const State *s, int t, u8 o, u8 i) {
  if (i == 1 && !sees_second(s, t, o)) return 0;
  return (parts & TSO) && s->p_obj[t] == o && s->p_i[t] == i ? s->p_val[t] : s->f[o][i];
}
static void put_field(State *s, u8 o, u8 i, u8 v) {
  if (i < 2) s->f[o][i] = v;
  else s->longs = (u8)((s->longs & ~BIT(o)) | (v ? BIT(o) : 0));
}
/* A plain store; false if the store buffer is in use. */
static bool set(State *s, int t, u8 o, u8 i, u8 v) {
  if (!(parts & TSO)) return put_field(s, o, i, v), true;
  if (s->p_obj[t]) return false;
  s->p_obj[t] = o, s->p_i[t] = i, s->p_val[t] = v;
  return true;
}
static bool flushed(const State *s, int t) { return !(parts & TSO) || !s->p_obj[t]; }
static void shade(State *s, int t, u8 o) { s->marked |= BIT(o), s->buf[t] |= BIT(o); }
/* The first store into an old object, while the thread's barrier does not shade. */
static void log_store(State *s, int t, u8 o) {
  if (!(parts & YOUNG) || abl == NO_LOG || ((s->marking & BIT(t)) && abl != LOG_WHILE_MARKING) || !(s->old & BIT(o))) return;
  s->old &= (u8)~BIT(o), s->log[t] |= BIT(o);
}
static void regrey(State *s, int t, u8 o) {
  if (abl != NO_BULK_LOG) log_store(s, t, o);
  if ((s->marking & BIT(t)) && !white(s, o)) s->buf[t] |= BIT(o);
}
static bool barrier(const State *s, int t) { return abl != NO_BARRIER && (s->marking & BIT(t)); }

/* What a step answers: 0: not possible now; DONE: back at a poll; TO(n): step n follows. */
#define DONE 1
#define TO(n) ((n) + 1)

/* obj_store of v into o's field i: is the barrier on; is the value white; the owner's mark bit, and a store into a white one is remembered; others are shaded; the store. */
enum { TEST, VALUE, OWNER, SHADE, STORE };
static int store_step(State *s, int t, u8 o, u8 i, u8 v, int step) {
  switch (step) {
  case TEST: return log_store(s, t, o), barrier(s, t) ? TO(VALUE) : TO(STORE);
  case VALUE: return white(s, v) && !(abl == NO_PUBLICATION && (s->fresh & BIT(v))) ? TO(OWNER) : TO(STORE);
  case OWNER:
    if (!white(s, o) || ((parts & OUTSIDE) && o == ROOT)) return TO(SHADE);
    if (abl == NO_JUDGING) return TO(STORE);
    if (s->w_obj[t]) return abl == FULL_FORGETS ? TO(STORE) : TO(SHADE);
    return s->w_obj[t] = o, s->w_val[t] = v, TO(STORE);
  case SHADE:
    if (!flushed(s, t)) return 0; /* a locked instruction */
    if (white(s, v)) shade(s, t, v);
    return TO(STORE);
  default: return set(s, t, o, i, v) ? DONE : 0;
  }
}
static void judge(State *s, int t) {
  u8 o = s->w_obj[t], v = s->w_val[t];
  s->w_obj[t] = s->w_val[t] = 0;
  if (o && !white(s, o) && white(s, v) && !(abl == JUDGE_SCANNED && s->cur == o)) shade(s, t, v);
}
/* The item like any store, then the length. */
static int append_step(State *s, int t, u8 o, u8 v, int step) {
  if (step > STORE) return set(s, t, o, 2, o) ? DONE : 0;
  int answer = store_step(s, t, o, 1, v, step);
  if (answer == DONE && abl == JUDGE_EARLY) judge(s, t);
  return answer == DONE ? TO(STORE + 1) : answer;
}
/* heap_barrier_copy and the publication, under the lock: `into` gets the second item of `from`, and `more`. */
static int replace_step(State *s, int t, u8 from, u8 more, int step) {
  enum { FIRST, SECOND, LOOK, MARKED, PUBLISH };
  u8 into = s->into[t];
  switch (step) {
  case FIRST: return s->f[into][0] = s->f[from][1], TO(SECOND);
  case SECOND: return s->f[into][1] = more, TO(LOOK);
  case LOOK:
    if (barrier(s, t) && !white(s, from)) return TO(MARKED);
    if (abl != COPY_NO_LOG) log_store(s, t, into);
    if (abl != COPY_NO_REGREY && barrier(s, t) && !white(s, into)) s->buf[t] |= BIT(into);
    return TO(PUBLISH);
  case MARKED:
    if (more && white(s, more) && abl != COPY_NO_MORE) shade(s, t, more);
    s->marked |= BIT(into);
    if (abl != COPY_NOT_OLD) s->old |= BIT(into);
    return TO(PUBLISH);
  default: {
    int answer = store_step(s, t, ROOT, 0, into, step - PUBLISH);
    if (answer == DONE) s->into[t] = 0;
    return answer > DONE ? answer + PUBLISH : answer;
  }
  }
}
static bool fresh(State *s, int t, u8 *out) {
  u8 o = 2;
  while (o <= N && (s->cells & BIT(o))) o++;
  if (o > N) return false;
  s->cells |= BIT(o), s->fresh |= BIT(o), s->runs_of[t] |= BIT(o);
  s->f[o][0] = s->f[o][1] = 0, s->longs &= (u8)~BIT(o);
  if (s->born) s->marked |= BIT(o), s->newborn |= BIT(o);
  if ((parts & FIN) && t == 0) s->del |= BIT(o);
  return *out = o, true;
}

/* REPLACE: what changes the root's array is done under the list's lock. */
static bool locks(const Op *op) { return (op->kind == O_STORE || op->kind == O_CLEAR || op->kind == O_REPLACE) && (op->dst == 3 || op->kind == O_REPLACE); }
/* In these worlds nobody holds an array but by reading the root's, or having made it. */
static bool is_left_out(const Op *op) {
  bool field = op->kind == O_LOAD || op->kind == O_CLEAR || op->kind == O_STORE;
  return (parts & REPLACE) && field && op->i == 0 && (op->kind == O_LOAD ? op->src == 0 : op->dst == 0);
}

/* Step `step` of op k by mutator t. */
static int mutate(State *s, int t, u8 k, u8 step) {
  const Op *op = &ops[k];
  u8 *dst = op->dst == 1 || op->dst == 2 ? &s->r[t][op->dst - 1] : NULL;
  if (step == 0 && locks(op) && s->op[!t] && locks(&ops[s->op[!t]]) && abl != COPY_UNLOCKED) return 0;
  switch (op->kind) {
  case O_LOAD: {
    u8 o = place(s, t, op->src), v;
    if (!o || !(v = get(s, t, o, op->i)) || v == *dst) return 0;
    return *dst = v, DONE;
  }
  case O_DROP:
    if (!*dst) return 0;
    return *dst = 0, DONE;
  case O_CLEAR: {
    u8 o = place(s, t, op->dst);
    bool shorter = (parts & LENGTH) && op->i == 1;
    return o && get(s, t, o, op->i) && set(s, t, o, shorter ? 2 : op->i, 0) ? DONE : 0;
  }
  case O_STORE: {
    u8 o = op->dst == 3 && step ? s->seen[t] : place(s, t, op->dst), v = place(s, t, op->src);
    if (step == 0 && (!o || !v || get(s, t, o, op->i) == v || (op->i == 1 && !sees_second(s, t, o)))) return 0;
    int answer = store_step(s, t, o, op->i, v, step);
    if (op->dst == 3) s->seen[t] = answer > DONE ? o : 0;
    return answer;
  }
  case O_APPEND: {
    u8 o = place(s, t, op->dst), v = place(s, t, op->src);
    if (step == 0 && (!o || !v || sees_second(s, t, o))) return 0;
    return append_step(s, t, o, v, step);
  }
  case O_FRESH: { /* the first field of a new object is stored plainly */
    u8 o;
    if (!fresh(s, t, &o)) return 0;
    s->f[o][0] = s->r[t][1];
    return *dst = o, DONE;
  }
  case O_COPY: { /* src is inserted before field 0, which moves to field 1; then the look at the owner's mark bit */
    u8 o = place(s, t, op->dst), v = place(s, t, op->src);
    int at = abl == REGREY_EARLY ? step - 1 : step;
    if (at < 0) return o && v ? regrey(s, t, o), TO(step + 1) : 0;
    if (at == 0) return o && v && get(s, t, o, 0) != v && set(s, t, o, 1, get(s, t, o, 0)) ? TO(step + 1) : 0;
    if (at == 1) return !set(s, t, o, 0, v) ? 0 : abl == REGREY_EARLY ? DONE : TO(step + 1);
    if (abl != NO_FENCE && !flushed(s, t)) return 0;
    if (abl != NO_REGREY) regrey(s, t, o);
    return DONE;
  }
  case O_ITEM: { /* an item of the root's array, without its lock: the array, then the item */
    if (step == 0) return (s->seen[t] = s->f[ROOT][0]) ? TO(1) : 0;
    u8 v = s->seen[t] == STALE ? STALE : s->f[s->seen[t]][op->i];
    if (v) *dst = v;
    return s->seen[t] = 0, DONE;
  }
  case O_ARRAY: return s->into[t] || !fresh(s, t, &s->into[t]) ? 0 : DONE; /* then a poll: the lock may have to be waited for */
  case O_REPLACE: {
    if (step == 0 && (!s->into[t] || !s->f[ROOT][0])) return 0;
    if (step == 0) s->seen[t] = s->f[ROOT][0];
    int answer = replace_step(s, t, s->seen[t], place(s, t, op->src), step);
    if (answer == DONE) s->seen[t] = 0;
    return answer;
  }
  case O_GET_WEAK: {
    if (step == 0) {
      if (!s->weak) return 0;
      if (abl == WEAK_STATE_LAST) return s->seen[t] = s->weak, TO(1);
      if (!s->weak_on || abl == NO_WEAK_BARRIER) return *dst = s->weak, DONE; /* the cycle cannot come between: no poll before the referent is read */
      return TO(1);
    }
    if (abl == WEAK_STATE_LAST) {
      if (s->seen[t] == STALE || !s->weak_on || !white(s, s->seen[t])) *dst = s->seen[t];
      return s->seen[t] = 0, DONE;
    }
    if (step == 1) return s->seen[t] = s->weak, s->weak ? TO(2) : DONE;
    if (step == 2) {
      if (s->seen[t] != STALE && white(s, s->seen[t])) return s->seen[t] = 0, DONE;
      return TO(3);
    }
    if ((parts & ONCE) || s->weak == s->seen[t]) *dst = s->seen[t];
    return s->seen[t] = 0, DONE;
  }
  case O_SET_WEAK:
    if (s->weak || !s->r[t][0]) return 0;
    return s->weak = s->r[t][0], DONE;
  case O_FINALIZE:
    for (u8 o = 2; o <= N; o++)
      if (s->due & BIT(o)) return s->due &= (u8)~BIT(o), *dst = o, DONE;
    return 0;
  case O_RESUME:
    if (!s->r[t][0] || s->runs[t] || s->runs[!t] == s->r[t][0]) return 0;
    return s->runs[t] = s->r[t][0], DONE;
  case O_WRITE:
    return s->runs[t] && s->r[t][1] && get(s, t, s->runs[t], 0) != s->r[t][1] && set(s, t, s->runs[t], 0, s->r[t][1]) ? DONE : 0;
  case O_LEAVE:
    if (!s->runs[t] || !flushed(s, t)) return 0; /* a fence, as after a copy */
    if (abl != NO_LEAVE_REGREY) regrey(s, t, s->runs[t]);
    return s->runs[t] = 0, DONE;
  }
  return 0;
}

/* What it holds that is not known to be old; the mutators run. */
static void look(State *s, int t) {
  s->stands |= BIT(t), s->found[t] = 0;
  for (int k = 0; k < 2; k++) {
    u8 o = s->r[t][k];
    if (o && o != STALE && (white(s, o) || ((s->newborn & BIT(o)) && abl != LOOK_BORN))) s->found[t] |= BIT(o);
  }
  if (abl == LOOK_DROPS) s->found[t] &= (u8)~s->runs_of[!t];
}

static void mutator_steps(const State *s, uint32_t self, int t) {
  if (s->phase == P_YOUNG && t == 0) return; /* it collects */
  if ((parts & TSO) && s->p_obj[t]) { /* the store buffer drains */
    State z = *s;
    put_field(&z, s->p_obj[t], s->p_i[t], s->p_val[t]);
    z.p_obj[t] = z.p_i[t] = z.p_val[t] = 0;
    visit(&z, self);
  }
  if (s->taken & BIT(t)) return;
  if (s->safe[t]) { /* goes on, unless it is taken */
    State z = *s;
    z.safe[t] = 0;
    if (abl != LOOK_STAYS) z.stands &= (u8)~BIT(t), z.found[t] = 0;
    if (s->safe[t] == 1) visit(&z, self);
    return;
  }
  if (s->op[t]) {
    State z = *s;
    int r = mutate(&z, t, s->op[t], s->step[t]);
    if (!r) return;
    if (r == DONE) z.op[t] = z.step[t] = 0;
    else z.step[t] = (u8)(r - 1);
    visit(&z, self);
    return;
  }
  if (s->w_obj[t] && (flushed(s, t) || abl == JUDGE_NO_FENCE)) { /* a slow allocation: the fence, and the look at owners */
    State z = *s;
    judge(&z, t);
    visit(&z, self);
  }
  if ((parts & REST) && flushed(s, t)) {
    State z = *s;
    z.safe[t] = 1;
    visit(&z, self);
    if (parts & LOOK) look(&z, t), visit(&z, self);
    z = *s;
    z.pool |= s->buf[t], z.buf[t] = 0; /* a full buffer goes to the markers */
    if (s->buf[t]) visit(&z, self);
  }
  if (!(s->acked & BIT(t)) && flushed(s, t)) { /* a poll */
    State z = *s;
    z.acked |= BIT(t);
    if (s->phase == P_HS1 || abl == NO_HANDSHAKE_1) z.marking |= BIT(t);
    visit(&z, self);
  }
  for (u8 k = 1; k < N_OPS; k++) {
    if ((ops[k].part & parts) != ops[k].part || is_left_out(&ops[k]) || !(ops[k].who & (parts & FULL ? 5 : 1) << t)) continue;
    State z = *s;
    int r = mutate(&z, t, k, 0);
    if (!r) continue;
    if (r > DONE) z.op[t] = k, z.step[t] = (u8)(r - 1);
    visit(&z, self);
  }
}

/* -- Steps of the collector ---------------------------------------------------------------------------------------------------------------------- */

static u8 hidden; /* by YOUNG_OWN_RUNS: cells without alloc bit */
static void mark(State *s, u8 o) {
  if (o && !(hidden & BIT(o)) && o != STALE && white(s, o)) s->marked |= BIT(o), s->pool |= BIT(o);
}
static void take_grey(State *s, int t) {
  if (abl != NO_CLOSE_JUDGING) judge(s, t);
  s->w_obj[t] = s->w_val[t] = 0;
  if (abl != NO_BUFFERS) s->pool |= s->buf[t];
  s->buf[t] = 0;
}
static void scan_stack(State *s, int t) {
  take_grey(s, t);
  for (int k = 0; k < 2; k++) mark(s, s->r[t][k]);
  mark(s, s->runs[t]), mark(s, s->into[t]);
  if (s->runs[t] && abl != NO_RUNNING_SCAN) mark(s, s->f[s->runs[t]][0]), mark(s, s->f[s->runs[t]][1]);
}
static void scan_all(State *s) {
  bool first = white(s, ROOT);
  for (int t = 0; t < 2; t++)
    if (abl != CLOSE_PARTLY || (s->taken & BIT(t))) take_grey(s, t);
  for (int t = 0; t < 2; t++)
    if ((abl != CLOSE_PARTLY || (s->taken & BIT(t))) && (abl != SCAN_ONCE || first)) scan_stack(s, t);
  mark(s, ROOT);
  for (u8 o = 2; o <= N; o++)
    if (s->due & BIT(o)) mark(s, o);
}
static void complete(State *s) {
  s->marking = 0;
  s->log[0] = s->log[1] = 0;
  s->acked = 3;
  s->born = abl != NO_BORN;
  s->weak_on = (parts & WEAK) != 0;
  s->phase = parts & WEAK ? P_CLEAR_WEAK : parts & FIN ? P_REVIVE : P_SWEEP;
}
static void trace_all(State *s) {
  while (s->pool)
    for (u8 o = 1; o <= N; o++)
      if (s->pool & BIT(o)) {
        s->pool &= (u8)~BIT(o), mark(s, s->f[o][0]), mark(s, second(s, o));
        if (abl != LOG_ONCE || !((s->log[0] | s->log[1]) & BIT(o))) s->old |= BIT(o);
      }
}
static bool stopped(const State *s) { return !s->op[0] && !s->op[1] && flushed(s, 0) && flushed(s, 1); }

static u8 reachable(const State *s) {
  u8 live = BIT(ROOT), old = 0;
  for (int t = 0; t < 2; t++) {
    for (int k = 0; k < 2; k++)
      if (s->r[t][k] != STALE) live |= BIT(s->r[t][k]);
    live |= BIT(s->runs[t]) | BIT(s->into[t]);
    if ((parts & TSO) && s->p_obj[t] && s->p_i[t] < 2) live |= BIT(s->p_val[t]);
  }
  live |= BIT(s->weak) | s->due;
  while (live != old) {
    old = live;
    for (u8 o = 1; o <= N; o++)
      if (live & BIT(o)) live |= BIT(s->f[o][0]) | (sees_second(s, 0, o) || sees_second(s, 1, o) ? BIT(s->f[o][1]) : 0);
  }
  return live & (u8)~1u;
}

static void free_dead(State *s) {
  u8 lives = s->marked | hidden;
  if (reachable(s) & ~lives) broken = "a live object is freed";
  if (s->del & s->cells & ~lives) broken = "an object dies without its __del__";
  s->cells &= lives;
  for (u8 o = 1; o <= N; o++)
    for (int i = 0; i < 2; i++)
      if (!(s->cells & BIT(o)) || !(s->cells & BIT(s->f[o][i]))) s->f[o][i] = 0; /* marked garbage may refer to what is freed */
  for (int t = 0; t < 2; t++)
    if (s->seen[t] && s->seen[t] != STALE && !(s->cells & BIT(s->seen[t]))) s->seen[t] = STALE;
  s->del &= s->cells, s->finalized &= s->cells;
  s->found[0] &= s->cells, s->found[1] &= s->cells;
  s->old &= s->cells, s->longs &= s->cells, s->log[0] &= s->cells, s->log[1] &= s->cells;
}
static void sweep(State *s) {
  free_dead(s);
  s->lag = s->lag ? 2 : 0;
  s->fresh = s->runs_of[0] = s->runs_of[1] = 0, s->born = 0;
  if (parts & YOUNG) s->marked &= s->cells & (u8)~s->newborn, s->newborn = 0, s->phase = P_IDLE, s->acked = 3;
  else s->marked = 0, s->phase = P_HS1, s->acked = 0;
}
static void whole_cycle(State *s) { s->marked = 0, s->phase = P_HS1, s->acked = 0; }

/* LOOK: the stacks, of which some are known. */
static void scan_unknown(State *s) {
  for (int t = 0; t < 2; t++)
    if (!(s->stands & BIT(t))) scan_stack(s, t);
    else
      for (u8 o = 2; o <= N; o++)
        if (s->found[t] & BIT(o)) mark(s, o);
  mark(s, ROOT);
}

static void mark_staying(State *s) {
  for (u8 o = 2; o <= N; o++)
    if ((s->cells & BIT(o)) && ((s->del & BIT(o)) || (o == s->weak && abl != YOUNG_NO_WEAK))) mark(s, o);
}
static void young_roots(State *s, int t) {
  if (abl == YOUNG_OWN_RUNS) hidden = s->runs_of[!t] & (u8)~s->marked;
  s->pool |= s->log[t];
  if (abl != YOUNG_OWN_LOG) s->pool |= s->log[!t];
  if (abl == YOUNG_OWN_STACK) scan_stack(s, t), mark(s, ROOT);
  else if (parts & LOOK) scan_unknown(s);
  else if (abl != YOUNG_NO_STACK) scan_all(s);
  mark_staying(s);
}
static void young_done(State *s, int t) {
  s->log[0] = s->log[1] = 0;
  free_dead(s);
  s->fresh = 0, s->runs_of[t] = 0;
  if (abl != YOUNG_OWN_RUNS) s->runs_of[!t] = 0;
  hidden = 0;
  if (parts & LOOK) s->found[0] = s->found[1] = 0, s->stands = (u8)((s->safe[0] != 0) | (s->safe[1] != 0) << 1);
}
static void young_rest(State *s, int t) {
  trace_all(s);
  young_done(s, t);
}
/* By mutator t, in a stop. whole false: given up after the roots. */
static void young(State *s, int t, bool whole) {
  young_roots(s, t);
  if (whole) {
    young_rest(s, t);
  } else {
    s->old |= s->pool, s->pool = 0, s->log[0] = s->log[1] = 0, hidden = 0;
    if (abl != YOUNG_AGAIN) whole_cycle(s);
  }
}

/* KEEP: what stacks alone refer to stays young. */
static void young_keep(State *s, int t) {
  State z = *s;
  u8 first = 0;
  if (abl == KEEP_FIRST) young_roots(&z, t), trace_all(&z), first = z.marked & (u8)~s->marked & (u8)~BIT(ROOT);
  s->pool |= s->log[0] | s->log[1];
  mark(s, ROOT), mark_staying(s);
  trace_all(s);
  u8 promoted = s->marked, kept;
  young_roots(s, t);
  trace_all(s);
  kept = abl == KEEP_FIRST ? first : s->marked & (u8)~promoted;
  if (abl == KEEP_PARTLY) kept &= (u8)~(kept & -kept); /* the others would be those found first */
  young_done(s, t);
  s->marked &= (u8)~kept, s->old &= (u8)~kept;
  if (parts & LOOK)
    for (int k = 0; k < 2 && abl != KEEP_STANDS; k++)
      for (int i = 0; i < 2 && (s->stands & BIT(k)); i++)
        if (s->r[k][i] != STALE && (abl != KEEP_BY_ONE || k == 0 || (s->r[k][i] != s->r[0][0] && s->r[k][i] != s->r[0][1]))) s->found[k] |= BIT(s->r[k][i]) & kept;
}

#define ONE_FIELD 2 /* State.idx: field 0, and no more */
/* Takes one object from the pool, with its length, or reads one field. False: nothing to do. */
static bool marker_steps(const State *s, uint32_t self) {
  if (s->cur) {
    State z = *s;
    mark(&z, s->f[s->cur][s->idx & 1]);
    if (++z.idx >= 2) z.cur = z.idx = 0;
    visit(&z, self);
    return true;
  }
  for (u8 o = 1; o <= N; o++)
    if (s->pool & BIT(o)) {
      State z = *s;
      z.pool &= (u8)~BIT(o), z.cur = o, z.idx = counts(s, o) ? 0 : ONE_FIELD, z.old |= BIT(o);
      visit(&z, self);
    }
  return s->pool != 0;
}

/* For threads that rest. */
static void acknowledge_for(const State *s, uint32_t self, bool marking) {
  for (int t = 0; t < 2; t++) {
    State z = *s;
    if (s->acked & BIT(t)) continue;
    if (s->safe[t] == 1 && abl != REST_NOT_TAKEN) {
      z.safe[t] = 2; /* taken */
    } else if (s->safe[t] == 2 || (s->looked & BIT(t))) {
      z.acked |= BIT(t), z.looked &= (u8)~BIT(t);
      if (marking) z.marking |= BIT(t);
      if (s->safe[t] == 2) z.safe[t] = 1;
    } else if (s->safe[t] == 1) {
      z.looked |= BIT(t);
    } else {
      continue;
    }
    visit(&z, self);
  }
}

/* CLOSE: threads come at their polls, or are taken while they rest. True: they are all there. */
static bool all_come(const State *s, uint32_t self) {
  State z = *s;
  if (!s->closing) {
    z.closing = 1;
    visit(&z, self);
    return false;
  }
  for (int t = 0; t < 2; t++) {
    if ((s->taken & BIT(t)) || s->op[t] || !flushed(s, t)) continue;
    z = *s;
    z.taken |= BIT(t);
    if (abl == CLOSE_KEEPS && !(z.kept & BIT(t))) scan_stack(&z, t), z.kept |= BIT(t);
    visit(&z, self);
  }
  z = *s;
  z.closing = z.taken = 0; /* gives up */
  visit(&z, self);
  return s->taken == 3 || (abl == CLOSE_PARTLY && s->taken);
}

/* The sweeper that lags looks at the state; later it claims, which must fail when another cycle has begun. Blocks are there to claim from the end of marking on. */
static void lagging_sweeper(const State *s, uint32_t self) {
  State z = *s;
  if (!s->lag && s->phase == P_SWEEP) z.lag = 1;
  else if (s->lag == 2 && abl == CLAIM_ANY && s->phase >= P_CLEAR_WEAK && s->phase <= P_SWEEP) free_dead(&z), z.lag = 0;
  else if (s->lag) z.lag = 0;
  else return;
  visit(&z, self);
}

static void collector_steps(const State *s, uint32_t self) {
  State z = *s;
  if (parts & LAG) lagging_sweeper(s, self);
  if (abl == YOUNG_IN_CYCLE && s->phase == P_MARK && stopped(s)) {
    young(&z, 0, true);
    visit(&z, self);
    z = *s;
  }
  switch (s->phase) {
  case P_HS1:
    if (parts & REST) acknowledge_for(s, self, true);
    if (s->acked != 3 && abl != NO_HANDSHAKE_1) return;
    z.phase = P_MARK;
    break;
  case P_MARK:
    if (marker_steps(s, self)) return;
    if (abl == RAGGED) {
      if (s->op[0]) return;
      scan_stack(&z, 0), mark(&z, ROOT);
      z.phase = P_CLOSE2;
      break;
    }
    if ((parts & MEET) ? !all_come(s, self) : !stopped(s)) return;
    if (abl == CLOSE_KEEPS) mark(&z, ROOT);
    else scan_all(&z);
    z.closing = z.taken = z.kept = 0;
    z.phase = P_MARK;
    if (z.pool) visit(&z, self); /* not within the budget */
    trace_all(&z);
    complete(&z);
    break;
  case P_CLOSE2:
    if (s->op[1]) return;
    scan_stack(&z, 1);
    z.phase = P_MARK;
    if (!z.pool && !z.buf[0]) complete(&z);
    break;
  case P_CLEAR_WEAK:
    if (s->weak && white(s, s->weak)) z.weak = 0;
    z.phase = parts & FIN ? P_REVIVE : P_OFF;
    break;
  case P_REVIVE: {
    u8 dead = s->del & (u8)~s->finalized & s->cells & (u8)~s->marked;
    z.due_set = 0;
    z.finalized |= dead;
    for (u8 o = 2; o <= N; o++)
      if (dead & BIT(o)) mark(&z, o);
    z.del = (s->del & (u8)~dead), z.due |= abl == FIN_EARLY ? dead : 0;
    z.phase = P_REVIVE_MARK;
    break;
  }
  case P_REVIVE_MARK:
    if (marker_steps(s, self)) return;
    if (abl != FIN_EARLY) z.due |= z.finalized & (u8)~s->del;
    z.finalized = 0; /* del is off: it has had its one chance */
    z.phase = parts & WEAK ? P_OFF : P_SWEEP;
    break;
  case P_OFF:
    z.weak_on = 0;
    z.phase = abl == NO_HANDSHAKE_2 ? P_SWEEP : P_HS2;
    z.acked = abl == NO_HANDSHAKE_2 ? 3 : 0;
    break;
  case P_HS2:
    if (parts & REST) acknowledge_for(s, self, false);
    if (s->acked != 3) return;
    z.phase = P_SWEEP;
    break;
  case P_SWEEP: sweep(&z); break;
  case P_IDLE:
    if (abl == YOUNG_NO_WAIT && !s->op[0]) {
      young_roots(&z, 0);
      z.phase = P_YOUNG;
      break;
    }
    for (int t = 0; t < 2 && stopped(s); t++) { /* whichever asks first, and runs */
      if (s->safe[t]) continue;
      young(&z, t, true);
      visit(&z, self);
      z = *s;
      if (parts & KEEP) {
        young_keep(&z, t);
        visit(&z, self);
        z = *s;
      }
      young(&z, t, false);
      visit(&z, self);
      z = *s;
    }
    whole_cycle(&z);
    break;
  case P_YOUNG:
    young_rest(&z, 0);
    z.phase = P_IDLE;
    break;
  }
  visit(&z, self);
}

/* -- Exploring ------------------------------------------------------------------------------------------------------------------------------------ */

static void show(const State *s) {
  static const char *const phases[] = {"HS1", "MARK", "CLOSE/2", "CLEAR", "REVIVE", "REVIVE/MARK", "OFF", "HS2", "SWEEP", "IDLE", "YOUNG"};
  printf("    %-11s", phases[s->phase]);
  for (int o = 1; o <= N; o++)
    if (s->cells & BIT(o))
      printf(" %d%s(%d %d)", o, s->cur == o || (s->pool | s->buf[0] | s->buf[1]) & BIT(o) ? "grey" : white(s, (u8)o) ? "" : "black", s->f[o][0], s->f[o][1]);
  for (int t = 0; t < 2; t++) printf(" | %s%d,%d%s", s->marking & BIT(t) ? "M " : "", s->r[t][0], s->r[t][1], s->op[t] ? "*" : "");
  if (parts & WEAK) printf(" | weak %d%s", s->weak, s->weak_on ? " guarded" : "");
  if (s->due) printf(" | due %x", s->due >> 1);
  printf("\n");
}
static void show_run(uint32_t i) {
  uint32_t path[400], n = 0;
  for (; n < 400; i = from[i]) {
    path[n++] = i;
    if (!i) break;
  }
  while (n) {
    State s = unpack(seen_keys[path[--n]]);
    show(&s);
  }
}

static State start_of(const struct Row *row) {
  State start = {.cells = BIT(ROOT) | BIT(2) | BIT(3), .f[ROOT] = {2}, .f[2] = {3}};
  if (row->parts & YOUNG) start.phase = P_IDLE, start.acked = 3;
  if (row->parts & REPLACE) start.f[2][0] = 0, start.f[2][1] = row->parts & YOUNG ? 0 : 3; /* young: a cell more that is free */
  if ((row->parts & LATE) && (row->parts & LOOK)) { /* mutator 0 has allocated an object, stored it, and dropped it; mutator 1 has loaded it, and the place is overwritten */
    start.f[2][0] = 0, start.r[1][0] = 3, start.runs_of[0] = BIT(3);
  } else if ((row->parts & LATE) && (row->parts & REST)) { /* in HS1: mutator 1 has acknowledged, mutator 0 rests, with two objects loaded */
    start.f[2][0] = 0, start.r[0][0] = start.r[1][0] = 2, start.r[0][1] = 3;
    start.safe[0] = 1, start.acked = start.marking = BIT(1);
  } else if ((row->parts & LATE) && (row->parts & WEAK)) { /* marking is complete: the referent and what it refers to are dead */
    start.f[ROOT][0] = 0, start.marked = BIT(ROOT);
    start.phase = P_CLEAR_WEAK, start.acked = 3, start.born = start.weak_on = 1;
  } else if ((row->parts & LATE) && (row->parts & REPLACE)) { /* a round later: the root's array is grey, mutator 0 has loaded an object */
    start.r[0][0] = 3;
    start.phase = P_MARK, start.acked = start.marking = 3, start.marked = BIT(ROOT) | BIT(2), start.pool = BIT(2);
  } else if (row->parts & LATE) { /* a round later: the roots are grey, mutator 0 has loaded two objects since its stack was scanned */
    start.f[2][0] = 0, start.f[ROOT][1] = 3, start.longs = BIT(ROOT), start.r[0][0] = 2, start.r[0][1] = 3;
    start.phase = P_MARK, start.acked = start.marking = 3, start.marked = start.pool = BIT(ROOT);
  }
  start.weak = row->parts & WEAK ? 2 : 0;
  start.del = row->parts & FIN ? BIT(2) : 0;
  return start;
}
static void check_registers(const State *s) {
  if (s->r[0][0] == STALE || s->r[1][0] == STALE) broken = "a freed cell comes out of a weak reference";
}
static void all_steps(const State *s, uint32_t self) {
  check_registers(s);
  for (int t = 0; t < 2; t++) mutator_steps(s, self, t);
  collector_steps(s, self);
}

/* All states of the row, or the first `most`. -> how many. */
static uint64_t explore(const struct Row *row, uint32_t most, bool verbose, bool *all) {
  n_seen = 0, cap_seen = 1 << 20, mask = cap_seen * 2 - 1;
  seen_keys = malloc(cap_seen * sizeof *seen_keys), from = malloc(cap_seen * sizeof *from), table = calloc((size_t)mask + 1, sizeof *table);
  if (!seen_keys || !from || !table) abort();
  State start = start_of(row);
  visit(&start, 0);
  uint32_t i = 0;
  for (; i < n_seen && i < most && !broken; i++) {
    State s = unpack(seen_keys[i]);
    all_steps(&s, i);
  }
  *all = i == n_seen;
  if (broken && verbose) show_run(i - 1);
  free(seen_keys), free(from), free(table);
  return i;
}

/* A run of random steps with all operations, until the claim breaks. The collector gets every other step, or no cycle would ever end. */
static uint64_t walk(const struct Row *row, uint64_t most, bool verbose) {
  enum { LAST = 64 };
  static State last[LAST];
  walking = true;
  parts |= FULL;
  State s = start_of(row);
  uint64_t i = 0;
  for (; i < most && !broken; i++) {
    last[i % LAST] = s;
    check_registers(&s);
    n_choices = 0;
    if (random_below(2)) collector_steps(&s, 0);
    bool stale = broken != NULL;
    if (!n_choices && !stale) mutator_steps(&s, 0, 0), mutator_steps(&s, 0, 1);
    if (!broken && !n_choices) collector_steps(&s, 0);
    if (n_choices) s = chosen;
  }
  if (broken && verbose)
    for (uint64_t k = i > LAST ? i - LAST : 0; k < i; k++) show(&last[k % LAST]);
  walking = false;
  return i;
}

/* True: as it should be. */
static bool run_row(const struct Row *row, bool verbose, bool whole) {
  abl = row->ablation, N = row->n, broken = NULL;
  bool all = false;
  uint64_t n_states = 0, n_steps = 0;
  for (int k = 0; k < 2 && !broken; k++) {
    parts = row->parts;
    if (k == (abl == SOUND)) n_steps = walk(row, whole ? MOST_STEPS * 50 : MOST_STEPS, verbose || abl == SOUND);
    else n_states = explore(row, whole ? UINT32_MAX : MOST_STATES, verbose || abl == SOUND, &all);
  }
  bool ok = (broken != NULL) == (abl != SOUND);
  printf("%-4s %-16s ", ok ? "ok" : "BAD", row->name);
  if (n_states) printf("%s%" PRIu64 " states, ", all ? "all " : "the first ", n_states);
  printf("%" PRIu64 " random steps: %s. %s\n", n_steps, broken ? broken : "the claim holds", row->about);
  fflush(stdout);
  return ok;
}

int main(int argc, char **argv) {
  int passed = 0, failed = 0;
  bool whole = argc > 1 && strcmp(argv[1], "--whole") == 0;
  const char *name = argc > 1 + whole ? argv[1 + whole] : NULL;
  for (int i = 0; i < N_ROWS; i++) {
    if (name && strcmp(name, rows[i].name) != 0) continue;
    if (run_row(&rows[i], name != NULL, whole)) passed++;
    else failed++;
  }
  printf("%d passed, %d failed\n", passed, failed);
  return failed != 0 || !passed;
}
