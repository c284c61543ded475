#!/bin/sh
# test.sh: installs missing packages, builds, runs the tests. The last line is the sum over all suites: N passed, N failed.
#
#     ./test.sh                  what CI runs (DEFAULT below)
#     ./test.sh lang unit        some suites
#     ./test.sh list             which there are
#     ./test.sh lang -- ARGS     run_python.py alone: --filter TEXT, --tier auto, -v, files
# JOBS=N limits the compiler to N processes. Output of every program: build/test-logs/.
set -u
root=$(cd "$(dirname "$0")" && pwd)
DEFAULT="unit model ablate front engine show embed lang asan asan-lang stress alloc-fail fuzz-rir"
. "$root/tools/packages.sh"
. "$root/tools/build.sh"

case "${1-}" in
-h | --help) exec sed -n '2,8s/^# \{0,1\}//p' "$0" ;;
list | --list) exec /usr/bin/python3 "$root/tests/run_suites.py" --list ;;
esac

suites=
while [ $# -gt 0 ] && [ "$1" != -- ]; do
  suites="$suites $1"
  shift
done
[ -n "$suites" ] || suites=$DEFAULT

need_packages build run test || { echo "0 passed, 1 failed"; exit 1; }
if [ $# -gt 0 ]; then
  shift
  build release -- replicant replicant_native || { echo "0 passed, 1 failed"; exit 1; }
  exec /usr/bin/python3 "$root/tests/run_python.py" "$@"
fi
for name in $suites; do
  /usr/bin/python3 "$root/tests/run_suites.py" --list | grep "^    $name " >/dev/null && continue
  echo "There is no suite '$name':"
  /usr/bin/python3 "$root/tests/run_suites.py" --list
  echo "0 passed, 1 failed"
  exit 1
done

# One target that does not build must not hide the tests of the others: go on, count it.
keep_going=-k0
bad=
for preset in $(/usr/bin/python3 "$root/tests/run_suites.py" --presets $suites); do
  # The sanitizers look at C code: LLVM inside a sanitized process costs minutes, so only asan-native has it.
  case $preset in
  asan | tsan) options=-DRP_LLVM=OFF ;;
  *) options= ;;
  esac
  build "$preset" $options || bad="$bad build:$preset"
done
exec /usr/bin/python3 "$root/tests/run_suites.py" $bad $suites
