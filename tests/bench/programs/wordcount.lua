local measure = dofile((arg[0]:match("^(.*)/") or ".") .. "/measure.lua")

local syllables = {}
for s in ("ka lo mi ne ru sta tor ven Wa xi yo zu bra Cle dri fo"):gmatch("%S+") do syllables[#syllables + 1] = s end
local seed = 42
local function roll() seed = measure.next_seed(seed); return math.floor(seed / 65536) end

local function write_text(size)
  local vocabulary = {}
  for i = 1, 5000 do
    local word = ""
    for _ = 1, 2 + roll() % 3 do word = word .. syllables[roll() % 16 + 1] end
    vocabulary[i] = word
  end
  local parts, length = {}, 0
  while length < size do
    local r = roll() / 32768.0
    local word = vocabulary[math.floor(r * r * 5000) + 1]
    local count = #parts + 1
    local short = count % 12 ~= 0 and count % 5 == 0
    word = word .. (count % 12 == 0 and ".\n" or count % 5 == 0 and ", " or " ")
    parts[count] = word
    length = length + #word - (short and 1 or 0)
  end
  return table.concat(parts)
end
local function count_words(text)
  local counts = {}
  for word in text:gmatch("[^%s.,]+") do
    word = word:lower()
    counts[word] = (counts[word] or 0) + 1
  end
  local order = {}
  for word, n in pairs(counts) do order[#order + 1] = {word, n} end
  table.sort(order, function(a, b) if a[2] ~= b[2] then return a[2] > b[2] end return a[1] < b[1] end)
  return string.format("%d %s %d %s %d", #order, order[1][1], order[1][2], order[10][1], order[10][2])
end
local w, c = measure.seconds(1), measure.seconds(2)
local text = write_text(5000000)
measure.report("wordcount_text", 0, measure.seconds(1) - w, measure.seconds(2) - c, #text)
measure.repeat_work("wordcount", count_words, text)
