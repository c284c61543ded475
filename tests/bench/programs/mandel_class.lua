local measure = dofile((arg[0]:match("^(.*)/") or ".") .. "/measure.lua")

local Point = {}
Point.__index = Point
local function point(re, im) return setmetatable({re = re, im = im}, Point) end
function Point.__add(a, b) return point(a.re + b.re, a.im + b.im) end
function Point.__mul(a, b) return point(a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re) end
function Point:square() return self.re * self.re + self.im * self.im end

local function escape(c, limit)
  local z, i = point(0.0, 0.0), 0
  while i < limit do
    if z:square() > 4.0 then break end
    z = z * z + c
    i = i + 1
  end
  return i
end
local function mandel(width, height, limit)
  local total = 0
  for row = 0, height - 1 do
    local cy = row * 2.5 / height - 1.25
    for col = 0, width - 1 do total = total + escape(point(col * 3.5 / width - 2.5, cy), limit) end
  end
  return total
end
measure.repeat_work("mandel_class", mandel, 400, 300, 200)
