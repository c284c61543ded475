/* pool.c: see pool.h. */
#include "engine/pool.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#define POOL_THREADS_MAX 256

/* A job lives on the stack of its pool_for. It stays in pool->jobs until all chunks are handed out, and its caller
** leaves only when n_inside, guarded by the lock, is 0. */
typedef struct Job {
  PoolFn fn;
  void *user;
  int64_t n_items, grain;
  atomic_int_least64_t next; /* first item not handed out */
  atomic_bool cancelled;
  int n_inside; /* pool threads working on it */
  struct Job *link;
} Job;

struct Pool {
  atomic_uint refs;
  int n_threads; /* with the caller */
  pthread_mutex_t lock;
  pthread_cond_t work, idle; /* work: a job came or the pool ends. idle: a thread left a job */
  Job *jobs;
  bool stop;
  pthread_t threads[POOL_THREADS_MAX];
};

typedef struct Start {
  Pool *pool;
  int worker;
} Start;

static _Thread_local int inside_depth; /* > 0: this thread runs a chunk, nested pool_for goes inline */
static _Thread_local int inside_worker;

static void run_chunks(Job *job, int worker) {
  int outer = inside_worker;
  inside_depth++, inside_worker = worker;
  while (!atomic_load_explicit(&job->cancelled, memory_order_relaxed)) {
    int64_t begin = atomic_fetch_add_explicit(&job->next, job->grain, memory_order_relaxed);
    if (begin >= job->n_items) break;
    int64_t end = job->n_items - begin > job->grain ? begin + job->grain : job->n_items;
    if (!job->fn(job->user, begin, end, worker)) atomic_store_explicit(&job->cancelled, true, memory_order_relaxed);
  }
  inside_depth--, inside_worker = outer;
}

static bool has_work(const Job *job) {
  return !atomic_load_explicit(&job->cancelled, memory_order_relaxed) &&
         atomic_load_explicit(&job->next, memory_order_relaxed) < job->n_items;
}

static void unlink_job(Pool *pool, Job *job) {
  for (Job **at = &pool->jobs; *at; at = &(*at)->link)
    if (*at == job) {
      *at = job->link;
      return;
    }
}

static void *thread_main(void *arg) {
  Start start = *(Start *)arg;
  Pool *pool = start.pool;
  free(arg);
  pthread_mutex_lock(&pool->lock);
  for (;;) {
    Job *job = pool->jobs;
    while (job && !has_work(job)) job = job->link;
    if (!job) {
      if (pool->stop) break;
      pthread_cond_wait(&pool->work, &pool->lock);
      continue;
    }
    job->n_inside++;
    pthread_mutex_unlock(&pool->lock);
    run_chunks(job, start.worker);
    pthread_mutex_lock(&pool->lock);
    if (--job->n_inside == 0) pthread_cond_broadcast(&pool->idle);
  }
  pthread_mutex_unlock(&pool->lock);
  return NULL;
}

/* Those this process may use. */
static int n_cores(void) {
  cpu_set_t set;
  return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : (int)sysconf(_SC_NPROCESSORS_ONLN);
}

Pool *pool_new(int n_threads) {
  if (n_threads <= 0) n_threads = n_cores();
  if (n_threads < 1) n_threads = 1;
  if (n_threads > POOL_THREADS_MAX) n_threads = POOL_THREADS_MAX;
  Pool *pool = calloc(1, sizeof *pool);
  if (!pool) return NULL;
  atomic_init(&pool->refs, 1);
  pthread_mutex_init(&pool->lock, NULL);
  pthread_cond_init(&pool->work, NULL);
  pthread_cond_init(&pool->idle, NULL);
  pool->n_threads = 1;
  for (int i = 1; i < n_threads; i++) {
    Start *start = malloc(sizeof *start);
    if (!start) break;
    *start = (Start){pool, i};
    /* fewer threads than asked still work */
    if (pthread_create(&pool->threads[i], NULL, thread_main, start) != 0) {
      free(start);
      break;
    }
    pool->n_threads++;
  }
  return pool;
}

Pool *pool_retain(Pool *pool) {
  atomic_fetch_add(&pool->refs, 1);
  return pool;
}

void pool_drop(Pool *pool) {
  if (!pool || atomic_fetch_sub(&pool->refs, 1) != 1) return;
  pthread_mutex_lock(&pool->lock);
  pool->stop = true;
  pthread_cond_broadcast(&pool->work);
  pthread_mutex_unlock(&pool->lock);
  for (int i = 1; i < pool->n_threads; i++) pthread_join(pool->threads[i], NULL);
  pthread_mutex_destroy(&pool->lock);
  pthread_cond_destroy(&pool->work);
  pthread_cond_destroy(&pool->idle);
  free(pool);
}

int pool_size(const Pool *pool) { return pool->n_threads; }

bool pool_for(Pool *pool, int64_t n_items, int64_t grain, PoolFn fn, void *user) {
  if (n_items <= 0) return true;
  if (grain < 1) grain = n_items / (pool->n_threads * 8);
  if (grain < 1) grain = 1;
  if (inside_depth || pool->n_threads == 1 || n_items <= grain) {
    for (int64_t i = 0; i < n_items; i += grain) /* in chunks, so that a cancelled job ends early here too */
      if (!fn(user, i, n_items - i > grain ? i + grain : n_items, inside_depth ? inside_worker : 0)) return false;
    return true;
  }
  Job job = {.fn = fn, .user = user, .n_items = n_items, .grain = grain};
  pthread_mutex_lock(&pool->lock);
  Job **tail = &pool->jobs;
  while (*tail) tail = &(*tail)->link;
  *tail = &job;
  pthread_cond_broadcast(&pool->work);
  pthread_mutex_unlock(&pool->lock);
  run_chunks(&job, 0);
  pthread_mutex_lock(&pool->lock);
  unlink_job(pool, &job);
  while (job.n_inside) pthread_cond_wait(&pool->idle, &pool->lock);
  pthread_mutex_unlock(&pool->lock);
  return !atomic_load(&job.cancelled);
}
