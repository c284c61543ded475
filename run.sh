#!/bin/sh
# run.sh: from a fresh checkout to a running program. Installs missing packages, builds what changed, then:
#
#     ./run.sh                      shows demos/mandelbrot.py in a window; without a display writes pictures and says where
#     ./run.sh --workers 1          the same, with options of `replicant show`
#     ./run.sh FILE.py [ARGS]       anything else goes to build/release/replicant as it is: show, -c, --dump=...
#     ./run.sh --build-only         stops after the build
set -eu
root=$(cd "$(dirname "$0")" && pwd)
. "$root/tools/packages.sh"
. "$root/tools/build.sh"

need_packages build run
keep_going=
build release -- replicant replicant_native
program=$root/build/release/replicant

case "${1-}" in
--build-only)
  exit 0
  ;;
"" | --frames* | --size* | --fps* | --out* | --workers* | --budget* | --layer-budget*)
  case " $* " in *" --out"*) has_out=yes ;; *) has_out= ;; esac
  if [ -z "${DISPLAY-}${WAYLAND_DISPLAY-}$has_out" ]; then
    echo "No display: the frames become pictures in $root/build/frames" >&2
    mkdir -p "$root/build/frames"
    case " $* " in *" --frames"*) ;; *) set -- --frames 60 "$@" ;; esac
    set -- --out "$root/build/frames" "$@"
  fi
  exec "$program" show "$root/demos/mandelbrot.py" "$@"
  ;;
*)
  exec "$program" "$@"
  ;;
esac
