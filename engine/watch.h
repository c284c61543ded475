/* watch.h: which files were saved. Looks at each file's size, time and inode with stat: a microsecond per file, no
** descriptor, the same on every file system; an inotify handle would follow the inode away when an editor saves by
** rename. A change counts once the file has looked the same for a settling time, so that half-written saves are not
** seen; a file that is gone for a moment (delete, then rename into place) is simply not ready yet. Engine thread
** polls; watch_add may come from any thread. */
#ifndef RP_ENGINE_WATCH_H
#define RP_ENGINE_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#define WATCH_SETTLE_NS 8000000LL

typedef struct Watch Watch;
typedef void (*WatchFn)(void *user, const char *path); /* path as it was given to watch_add */

Watch *watch_new(void);
void watch_free(Watch *w);
/* Remembers the file as it is now. The same path again is nothing. False: no memory. */
bool watch_add(Watch *w, const char *path);
/* Calls fn (which must not call watch_add) once for each file whose content settled since the last change. now_ns:
** any monotonic time. */
void watch_poll(Watch *w, int64_t now_ns, WatchFn fn, void *user);

#endif
