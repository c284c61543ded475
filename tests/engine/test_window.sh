#!/bin/sh
# test_window.sh PROGRAM OUT_FOLDER: a real window under Xvfb. Presses keys and the mouse, takes pictures of the screen, checks
# their colours. Exit 77 (skipped) when Xvfb, xdotool or ImageMagick is missing. Last line: N passed, N failed.
program=$1
out=${2:-.}
passed=0
failed=0
for tool in Xvfb xdotool import convert; do
  command -v $tool >/dev/null || { echo "$tool is missing: skipped"; exit 77; }
done
mkdir -p "$out"

check() { # check NAME COMMAND...
  name=$1
  shift
  if "$@"; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "FAIL $name"; fi
}
pixel() { convert "$out/$1.png" -format "%[hex:u.p{$2,$3}]" info: | cut -c1-6; }
is_pixel() { got=$(pixel "$1" "$2" "$3"); [ "$got" = "$4" ] || { echo "pixel $2,$3 of $1.png is $got, not $4"; false; }; }
wait_for() { # wait_for TEXT: until the program has printed it, at most 10 s
  for _ in $(seq 100); do grep -q "$1" "$out/window.log" && return 0; sleep 0.1; done
  echo "never printed: $1"; false
}

# -displayfd lets the server choose a free number.
Xvfb -displayfd 3 -screen 0 800x600x24 -nolisten tcp 3>"$out/display" 2>/dev/null &
server=$!
for _ in $(seq 100); do [ -s "$out/display" ] && break; sleep 0.1; done
DISPLAY=:$(cat "$out/display")
export DISPLAY
unset SDL_VIDEODRIVER
"$program" >"$out/window.log" 2>&1 &
pid=$!
window=$(timeout 20 xdotool search --sync --onlyvisible --name replicant-test | head -1)
check "a window opens" [ -n "$window" ]
check "script's size()" wait_for "resized 400 300"
sleep 0.5
import -window "$window" "$out/before.png"
check "first picture" is_pixel before 200 150 FF0000
xdotool mousemove --window "$window" 100 50 click 1
check "mouse press arrives" wait_for "mouse 100 50 left"
xdotool key g
check "key press arrives" wait_for "key g"
check "text arrives" wait_for "text g"
sleep 0.5
import -window "$window" "$out/after.png"
check "the key changed the picture" is_pixel after 200 150 00FF00
check "the click shows" is_pixel after 100 50 FFFFFF
xdotool key F1
sleep 0.6
import -window "$window" "$out/overlay.png"
check "the overlay covers the picture" [ "$(pixel overlay 20 14)" != "00FF00" ]
xdotool windowsize --sync "$window" 500 320
check "resizing arrives" wait_for "resized 500 320"
kill -TERM $pid
wait $pid
check "ends well on SIGTERM" [ $? -eq 0 ]
check "no GL errors" grep -q "visible 1 errors 0" "$out/window.log"
kill $server
wait $server 2>/dev/null
[ $failed -eq 0 ] || cat "$out/window.log"
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
