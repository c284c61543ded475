local measure = dofile((arg[0]:match("^(.*)/") or ".") .. "/measure.lua")

local function mandel(width, height, limit)
  local total = 0
  for row = 0, height - 1 do
    local cy = row * 2.5 / height - 1.25
    for col = 0, width - 1 do
      local cx, x, y, i = col * 3.5 / width - 2.5, 0.0, 0.0, 0
      while i < limit do
        local x2, y2 = x * x, y * y
        if x2 + y2 > 4.0 then break end
        y = 2.0 * x * y + cy
        x = x2 - y2 + cx
        i = i + 1
      end
      total = total + i
    end
  end
  return total
end
measure.repeat_work("mandel_loop", mandel, 800, 600, 200)
