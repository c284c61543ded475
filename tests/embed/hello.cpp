// hello.cpp: the same from C++: a context and its values as objects, errors as exceptions.
#include <cstdio>
#include <memory>
#include <replicant.h>
#include <stdexcept>
#include <string>
#include <vector>

class Script {
  std::unique_ptr<RpContext, decltype(&rp_free)> ctx{rp_new(nullptr), rp_free};

  RpRef check(RpRef r) const {
    if (r == RP_NULL) throw std::runtime_error(rp_error(ctx.get())->text);
    return r;
  }

public:
  explicit Script(const char *source) {
    if (!rp_run(ctx.get(), source, "<script>")) check(RP_NULL);
  }
  double call(const char *name, const std::vector<double> &numbers) const {
    RpRef mark = rp_mark(ctx.get());
    std::vector<RpRef> args;
    for (double d : numbers) args.push_back(rp_float(ctx.get(), d));
    RpRef r = check(rp_call(ctx.get(), check(rp_get(ctx.get(), RP_MAIN, name)), args.data(), int(args.size())));
    double d = rp_to_float(ctx.get(), r, 0.0);
    rp_release(ctx.get(), mark, RP_NULL);
    return d;
  }
};

int main() {
  Script script("def mean(*xs): return sum(xs) / len(xs)");
  std::printf("%g\n", script.call("mean", {1.0, 2.0, 6.0}));
  try {
    script.call("mean", {});
  } catch (const std::exception &e) {
    std::printf("%s", e.what());
  }
  return 0;
}
