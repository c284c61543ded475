/* pool.h: "do this for 0..n on all cores". A fixed set of sleeping threads and a list of running jobs; a thread
** takes the next chunk of the oldest job that has one. No queues per thread and no stealing: chunks come from one
** atomic counter per job. Any number of threads may call pool_for at once (each layer does); the caller works on
** its own job, so a job always ends even if every pool thread is busy elsewhere. A pool_for from inside a pool
** function runs inline. */
#ifndef RP_ENGINE_POOL_H
#define RP_ENGINE_POOL_H

#include <stdbool.h>
#include <stdint.h>

typedef struct Pool Pool;

/* Does the items begin..end-1. worker is 0 for the thread that called pool_for, else 1 .. pool_size - 1: an index
** for scratch space that no other running chunk of this job has. False cancels the chunks not yet begun. */
typedef bool (*PoolFn)(void *user, int64_t begin, int64_t end, int worker);

/* n_threads counts the caller: 1 makes no threads at all, 0 means one per core that the process may use. NULL when out of memory. One
** reference. */
Pool *pool_new(int n_threads);
Pool *pool_retain(Pool *pool);
/* Any thread but the pool's own; the last one ends the threads and frees. NULL is nothing. Whoever may call
** pool_for holds one. */
void pool_drop(Pool *pool);
int pool_size(const Pool *pool);

/* Returns when every begun chunk has ended; false when one returned false. grain < 1: chosen (about 8 chunks per
** thread). */
bool pool_for(Pool *pool, int64_t n_items, int64_t grain, PoolFn fn, void *user);

#endif
