local measure = dofile((arg[0]:match("^(.*)/") or ".") .. "/measure.lua")

local world = {}
for i = 0, 399999 do world[i + 1] = {id = i, pos = {i * 0.5, i * 0.25}, vel = {i * 0.125, i * 1.5}, alive = true} end
measure.repeat_work("gc_full", function() collectgarbage(); return #world end)
