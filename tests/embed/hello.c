/* hello.c: the smallest useful host: run a script, call its function, give it a function of ours. */
#include <replicant.h>
#include <stdio.h>

static const char script[] = "import host\n"
                             "def area(radius):\n"
                             "    host.log(f'area of a circle of {radius}')\n"
                             "    return 3.14159 * radius * radius\n";

/* host.log(text): called by the script. */
static RpRef log_line(RpContext *ctx, void *user, const RpRef *args, int n) {
  const char *text = n == 1 ? rp_to_str(ctx, args[0], NULL) : NULL;
  if (!text) return rp_raise(ctx, "TypeError", "log() takes one text");
  printf("script says: %s\n", text);
  ++*(int *)user;
  return RP_NONE;
}

int main(void) {
  int n_lines = 0;
  RpContext *ctx = rp_new(NULL);
  if (!ctx) return 1;
  rp_define(ctx, "host", "log", log_line, &n_lines);
  if (!rp_run(ctx, script, "shapes.py")) fputs(rp_error(ctx)->text, stderr);

  RpRef radius = rp_float(ctx, 2.0);
  RpRef area = rp_call(ctx, rp_get(ctx, RP_MAIN, "area"), &radius, 1);
  printf("%g\n", rp_to_float(ctx, area, -1.0));

  if (!rp_call(ctx, rp_get(ctx, RP_MAIN, "nothing"), NULL, 0)) printf("error: %s: %s\n", rp_error(ctx)->type, rp_error(ctx)->message);
  rp_free(ctx);
  return n_lines == 1 ? 0 : 1;
}
