-- measure.lua: clocks, and the line that programs print, as measure.py. Loaded with dofile.
local ffi = require("ffi")
ffi.cdef[[typedef struct { long s, ns; } measure_time; int clock_gettime(int, measure_time *);]]
local t = ffi.new("measure_time")
local M = {}
function M.seconds(id) ffi.C.clock_gettime(id, t); return tonumber(t.s) + tonumber(t.ns) * 1e-9 end
M.repetitions = tonumber(arg[1] or "3")
function M.report(name, rep, wall, cpu, check) print(string.format("RESULT %s %d %.9f %.9f %s", name, rep, wall, cpu, check)) end
function M.repeat_work(name, work, ...)
  for rep = 0, M.repetitions - 1 do
    local w, c = M.seconds(1), M.seconds(2)
    local check = work(...)
    c = M.seconds(2) - c
    M.report(name, rep, M.seconds(1) - w, c, check)
  end
end
-- Products beyond 2^53 lose bits in a double, so the multiplication goes in two halves.
function M.next_seed(s)
  local high, low = math.floor(s / 65536), s % 65536
  return (((high * 1103515245) % 32768) * 65536 + low * 1103515245 + 12345) % 2147483648
end
return M
