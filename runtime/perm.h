/* perm.h: permanent memory: what is made while the builtin types are made and lives as long as the process. It lies outside every heap, so
** collectors ignore it, and it is never written again (OBJ_IMMUTABLE), so any number of contexts read it at once. */
#ifndef RP_PERM_H
#define RP_PERM_H

#include "runtime/object.h"

/* Zeroed, 16-byte aligned, never freed. Any thread. Ends the process when the machine has no memory at all. */
void *perm_alloc(size_t size);
/* Memory that is going to be written all over now, page by page: one call to the kernel instead of a fault per page. Where that fails nothing is lost. */
void perm_prefault(void *start, size_t size);
/* A permanent object with its header set. */
Object *perm_object(uint32_t shape_id, Kind kind, size_t size);

/* A Str outside of all heaps that is *not* interned: for names that are met after start-up, when a context may have interned its own. */
Str *perm_str_private(const char *ascii, size_t n);
/* A name: interned process-wide until perm_seal() (end of types_init), private afterwards. */
Str *perm_name(const char *ascii, size_t n);
void perm_seal(void);
#endif
