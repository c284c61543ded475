/* native.c: see native.h. */
#include "script/native.h"

void native_install_hooks(void) {}
