# packages.sh: the Debian 12 packages that each part needs, and how they get there. Sourced by run.sh and test.sh:
#
#     need_packages build run        installs what is missing of these parts; root is asked for only then
#
# A package stands here when a source file includes it, a link line names it, a script calls it, or the program opens it when it runs; what those
# pull in by themselves does not.

packages_build="
  clang-19        compiler; brings the C library's headers and binutils
  lld-19          links the native tier's plugin
  llvm-19-dev     native tier
  libz3-dev       LLVM's static libraries were built with these four (zlib1g-dev too)
  zlib1g-dev      the module zlib
  libzstd-dev
  libxml2-dev
  libstdc++-12-dev
  cmake
  ninja-build
  pkg-config
  python3         Unicode tables come from its unicodedata
  libgmp-dev      limbs of wide ints
  libstb-dev      fonts and pictures
  libsdl2-dev     window, input, OpenGL context
  libgl-dev       KHR headers and libGL for the loader
  python3-glad    writes the OpenGL loader
  portaudio19-dev sound
"
packages_run="
  libpython3.11-stdlib   the standard library's Python files
  libgl1                 OpenGL: with a window
  libegl1                OpenGL: offscreen
  libgl1-mesa-dri        drivers, the software one too
  fonts-dejavu-core      viz.text
"
packages_test="
  libclang-rt-19-dev       sanitizers
  libpython3.11-testsuite  texts to parse
  xvfb                     a display for the window test
  xdotool                  keys and mouse for it
  imagemagick              pictures of the screen
"
packages_bench="
  pypy3
  luajit
"

# package_names PART...: one line of names, comments dropped.
package_names() {
  for part in "$@"; do
    eval "list=\$packages_$part"
    printf '%s\n' "$list" | while read -r name rest; do [ -z "$name" ] || printf '%s ' "$name"; done
  done
}

missing_packages() {
  have=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' $(package_names "$@") 2>/dev/null | sed -n 's/^installed //p')
  for name in $(package_names "$@"); do
    printf '%s\n' "$have" | grep -qxF -e "$name" || printf '%s ' "$name"
  done
}

need_packages() {
  command -v dpkg-query >/dev/null || { echo "This is not a Debian system. Needed, by Debian's names: $(package_names "$@")" >&2; return 0; }
  missing=$(missing_packages "$@")
  [ -n "$missing" ] || return 0
  if [ "$(id -u)" = 0 ]; then
    as_root=
  elif command -v sudo >/dev/null; then
    as_root=sudo
    echo "Root is needed to install: $missing" >&2
  else
    echo "These packages are missing and there is neither root nor sudo to install them. Ask your administrator for:" >&2
    echo "    apt-get install $missing" >&2
    return 1
  fi
  echo "Installing: $missing" >&2
  $as_root apt-get update -qq </dev/null || echo "apt-get update failed: trying with the lists that are there" >&2
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing </dev/null >&2 && return 0
  echo "Installing failed. By hand: apt-get install $missing" >&2
  return 1
}
