/* gl_sanitize.h: include once in a test program that opens GL, so that it is clean under the sanitizers without any
** environment. The driver keeps memory for good and is unloaded before leaks are looked up: it stays mapped, and
** its own findings are left out. Ours are not: nothing here names a function of the engine. */
#ifndef RP_TESTS_GL_SANITIZE_H
#define RP_TESTS_GL_SANITIZE_H

#ifdef RP_SANITIZED
__attribute__((visibility("default"))) int dlclose(void *h) { return 0; }

__attribute__((visibility("default"))) const char *__lsan_default_suppressions(void) {
  return "leak:swrast_dri.so\nleak:libEGL_mesa\nleak:libGLX_mesa\nleak:libLLVM\nleak:libdbus\nleak:libSDL2\nleak:"
         "libX11\n";
}

__attribute__((visibility("default"))) const char *__tsan_default_suppressions(void) {
  return "race:swrast_dri.so\nrace:libLLVM\ndeadlock:swrast_dri.so\n";
}
#endif

#endif
