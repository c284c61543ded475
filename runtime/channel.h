/* channel.h: bounded queues between contexts. A Channel belongs to no context: it is counted, and holds parcels (parcel.h), which belong to none either.
** Its lock is a leaf, held for a few instructions, never while a parcel is packed or opened: no thread ever holds anything of two contexts.
**
** Users are the contexts (and host handles) that have a channel. When all but one of those who ever shared it are gone, it closes by itself: what is in
** it can still be taken, then the last one is told. Design: channel.md. */
#ifndef RP_CHANNEL_H
#define RP_CHANNEL_H
#include "runtime/parcel.h"

typedef struct Channel Channel;

#define CHANNEL_MAX 65536
/* NULL: no memory. One reference, no user. */
Channel *channel_new(uint32_t capacity);
Channel *channel_retain(Channel *ch);
void channel_release(Channel *ch);
/* One more or one less that takes part. */
void channel_join(Channel *ch);
void channel_leave(Channel *ch);
void channel_close(Channel *ch);
bool channel_closed(Channel *ch);
uint32_t channel_len(Channel *ch);
uint32_t channel_capacity(const Channel *ch);

/* The value into the channel, out of it. timeout_ns: 0 do not wait, < 0 for ever. Waiting is SAFE, and ends when the thread is stopped or interrupted.
** CHANNEL_BUSY: full, or empty. CHANNEL_CLOSED: nothing will ever come or be taken. CHANNEL_RAISED: pending. Nothing is lost when a put does not succeed: a
** moved array is emptied only when there is room. A value that cannot be opened (no memory) is lost. */
typedef enum ChannelResult { CHANNEL_OK, CHANNEL_BUSY, CHANNEL_CLOSED, CHANNEL_RAISED } ChannelResult;
ChannelResult channel_put(RpThread *th, Channel *ch, Value v, bool move, int64_t timeout_ns);
ChannelResult channel_take(RpThread *th, Channel *ch, Value *out, int64_t timeout_ns);
/* The same with an exception for everything but success: TimeoutError, BrokenPipeError (put), EOFError (take). false, EMPTY + pending. */
bool channel_send(RpThread *th, Channel *ch, Value v, bool move, int64_t timeout_ns);
Value channel_receive(RpThread *th, Channel *ch, int64_t timeout_ns);

/* -- Names: a space is what several contexts look channels up in. Counted. */
typedef struct ChannelSpace ChannelSpace;
ChannelSpace *channel_space_new(void);
ChannelSpace *channel_space_retain(ChannelSpace *s);
void channel_space_release(ChannelSpace *s);
/* The open channel of that name; made when there is none (make NULL: new with `capacity`, else `make`, which replaces any other). One more reference. NULL: no
** memory. */
Channel *channel_space_find(ChannelSpace *s, const char *name, uint32_t capacity, Channel *make);

/* -- In a context */
/* A Channel object; the context takes part until it ends. EMPTY + pending. */
Value channel_object(RpThread *th, Channel *ch);
Channel *channel_of(Value v); /* has_shape(v, SHAPE_channel); borrowed */
/* The space of this context: ContextOptions.channels, or one of its own. NULL: no memory. */
ChannelSpace *channel_context_space(RpContext *ctx);
/* The context goes: it takes part in nothing any more. */
void channels_context_free(RpContext *ctx);
#endif
