local measure = dofile((arg[0]:match("^(.*)/") or ".") .. "/measure.lua")

local function make(count)
  local seed, swarm = 12345, {}
  local function random() seed = measure.next_seed(seed); return seed / 2147483648.0 end
  for i = 1, count do
    local x, y, vx, vy = random(), random(), random() - 0.5, random() - 0.5
    swarm[i] = {x = x, y = y, vx = vx, vy = vy}
  end
  return swarm
end
local function step(swarm, dt)
  for i = 1, #swarm do
    local p = swarm[i]
    p.vy = p.vy - 0.5 * dt
    p.x = p.x + p.vx * dt
    p.y = p.y + p.vy * dt
    if p.x < 0.0 then p.x = -p.x; p.vx = -p.vx
    elseif p.x > 1.0 then p.x = 2.0 - p.x; p.vx = -p.vx end
    if p.y < 0.0 then p.y = -p.y; p.vy = -p.vy
    elseif p.y > 1.0 then p.y = 2.0 - p.y; p.vy = -p.vy end
  end
end
for rep = 0, measure.repetitions - 1 do
  local swarm = make(100000)
  local w, c = measure.seconds(1), measure.seconds(2)
  for _ = 1, 60 do step(swarm, 1.0 / 60.0) end
  c = measure.seconds(2) - c
  w = measure.seconds(1) - w
  local where = 0.0
  for i = 1, #swarm do where = where + (swarm[i].x + swarm[i].y) end
  measure.report("particles", rep, w, c, string.format("%.9f", where))
end
