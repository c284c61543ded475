/* ablate.h: the parts of the collector's protocol that test builds (RP_GC_ABLATE, tests/stress/gc_without.py) leave out, one each, to see that the tests notice. */
#ifndef RP_ABLATE_H
#define RP_ABLATE_H

enum {
  ABLATE_BARRIER = 1, /* a store while marking shades what is stored */
  ABLATE_BULK,        /* so does a copy: its owner is grey again */
  ABLATE_GREY,        /* CLOSE takes the grey buffers */
  ABLATE_RESCAN,      /* and scans stacks each time */
  ABLATE_BORN,        /* what is allocated once marking is complete counts as marked */
  ABLATE_WEAK,        /* dead referents are not handed out */
  ABLATE_HANDSHAKE,   /* HS1 */
  ABLATE_LOG,         /* stores into old objects are logged */
  ABLATE_LOG_VALUES,  /* so are values stored into long ones */
  ABLATE_LOG_AGAIN,   /* and stores into what was scanned since */
  ABLATE_SWEEP,       /* a claim of blocks to sweep carries the cycle's number */
  ABLATE_DEL,         /* a __del__ runs only when all that it sees is marked */
  ABLATE_ACK,         /* the acknowledgements of HS1 are waited for */
  ABLATE_FLIP,        /* the barrier goes off in the stop that ends marking */
  ABLATE_RUNS,        /* there runs are closed */
  ABLATE_RENDEZVOUS,  /* a stop waits for all threads */
  ABLATE_ALL_RUNS,    /* a young collection closes the runs of all threads */
  ABLATE_ALL_LOGS,    /* and takes the logs of all */
  ABLATE_HS2,         /* the acknowledgements of HS2 are waited for */
  ABLATE_WEAK_AGAIN,  /* a read of a weak reference looks at it again after the mark bit */
  ABLATE_WEAK_STATE,  /* and at the collector's state before all else */
  ABLATE_OWNER,       /* a store into what is marked shades at once */
  ABLATE_JUDGE,       /* a store into what is white does so later, if that was marked meanwhile */
  ABLATE_KEPT,        /* a thread that looks through its stack keeps words that nothing is known of yet */
  ABLATE_STANDING,    /* what a young collection knows of a thread's stack ends when the thread goes on */
  ABLATE_HELD_LAST,   /* what stays young is found when all that becomes old is marked */
  ABLATE_HELD_ALL,    /* if it is too much, all of it becomes old */
  ABLATE_HELD_STANDS, /* threads that may have such objects are known to, as long as they stand */
  ABLATE_CLASSES,     /* lists of subclasses forget the dead */
};
#ifndef RP_GC_ABLATE
#define RP_GC_ABLATE 0
#endif

#endif
