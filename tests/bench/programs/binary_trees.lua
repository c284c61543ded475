local measure = dofile((arg[0]:match("^(.*)/") or ".") .. "/measure.lua")

local function grow(depth)
  if depth == 0 then return {false, false} end
  local left = grow(depth - 1)
  return {left, grow(depth - 1)}
end
local function count(tree) return tree[1] and 1 + count(tree[1]) + count(tree[2]) or 1 end
local function forest(depth)
  local total = count(grow(depth + 1))
  local keeper = grow(depth)
  for d = 4, depth, 4 do
    for _ = 1, 2 ^ (depth - d + 4) do total = total + count(grow(d)) end
  end
  return total + count(keeper)
end
measure.repeat_work("binary_trees", forest, 16)
