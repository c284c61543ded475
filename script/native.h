/* native.h: the native tier's side in script/: the compile thread, the plugin, what the hooks do. Builds without LLVM have the hooks do nothing. */
#ifndef RP_SCRIPT_NATIVE_H
#define RP_SCRIPT_NATIVE_H
#include "runtime/context.h"
void native_install_hooks(void);
#endif
