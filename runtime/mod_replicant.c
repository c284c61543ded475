/* mod_replicant.c: the module replicant: what contexts have that Python does not know. */
#include "runtime/channel.h"
#include "runtime/cont.h"

static Value m_channel(RpThread *th, const Value *a) {
  int64_t capacity = 64;
  if (!str_check(a[0])) return raise_type(th, "channel(name): name must be str, not %T", a[0]);
  if (a[1] != EMPTY && !op_as_i64(th, a[1], &capacity)) return EMPTY;
  if (capacity < 1 || capacity > CHANNEL_MAX) return raise_value(th, "channel(name, capacity): capacity must be 1..%d, not %ld", CHANNEL_MAX, (long)capacity);
  size_t n;
  const char *name = str_utf8(th, as_str(a[0]), &n);
  if (!name) return EMPTY;
  if (strlen(name) != n) return raise_value(th, "channel(name): embedded null character");
  ChannelSpace *space = channel_context_space(th->ctx);
  Channel *ch = space ? channel_space_find(space, name, (uint32_t)capacity, NULL) : NULL;
  Value v = ch ? channel_object(th, ch) : raise_memory(th);
  channel_release(ch);
  return v;
}

static int init(RpThread *th, Dict *dict) { return dict_set_c(th, dict, "Channel", V(&type_channel)); }

const ModuleSpec mod_replicant = {
    "What several scripts of one program share.",
    (const NativeDef[]){{"channel", m_channel, "(name, capacity=64)", 0, "The Channel of that name, the same for all scripts of a show (or of a host that connects them). Whoever asks first decides on its capacity."}, {0}},
    init, NULL};
