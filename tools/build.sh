# build.sh: configuring and building, sourced by run.sh and test.sh with $root set.
#
#     build PRESET [-D...] -- TARGET...      no target: everything. Silent when there is nothing to do.

jobs=${JOBS:-$(nproc)}

build() {
  mkdir -p "$root/build"
  (flock 9 && build_alone "$@") 9>"$root/build/lock" # two ninjas in one folder would spoil it
}

build_alone() {
  preset=$1
  shift
  options=
  while [ $# -gt 0 ] && [ "$1" != -- ]; do
    options="$options $1"
    shift
  done
  [ $# -eq 0 ] || shift
  dir=$root/build/$preset
  # The words of the last configuration are kept: ninja itself sees changed CMake files, but not changed words.
  words="$options"
  if [ ! -f "$dir/build.ninja" ] || [ "$(cat "$dir/configured" 2>/dev/null)" != "$words" ]; then
    command -v ccache >/dev/null && launcher=-DCMAKE_C_COMPILER_LAUNCHER=ccache || launcher=
    mkdir -p "$dir"
    (cd "$root" && cmake --preset "$preset" $launcher $options) >"$dir/configure.log" 2>&1 || {
      cat "$dir/configure.log" >&2
      return 1
    }
    printf '%s\n' "$words" >"$dir/configured"
  fi
  ninja -C "$dir" -n "$@" 2>/dev/null | grep -q "no work to do" && return 0
  ninja -C "$dir" -j "$jobs" $keep_going "$@" >&2
}
