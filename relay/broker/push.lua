-- Pushes messages, and moves the offset of their source with them: all of it is done, or nothing.
--
-- KEYS  1 offset, 2 queue
-- ARGV  1 epoch of the items
--       2, 3, 4 epoch, window and seq of `after`: the offset that the first item follows
--       5 `window:seq` of all items, in a row
--       6 the last of these where every item has a message, else nothing
--       7 ... a payload an item; an empty one only moves the offset
-- Gives the number of messages pushed, or an error GAP: the queue does not stand where the items begin.
--
-- A stored offset of the same epoch: refused when `after` lies beyond it, otherwise items up to it are skipped. Of
-- another epoch, or none: taken only when `after` is exactly that offset. Only the last item's offset is stored.
-- Offsets rise from item to item: where the first is new, all are. `unpack` takes about 1,000 values.
local stored = redis.call('GET', KEYS[1])
local epoch, window, seq = '', 0, -1
if stored then
  local w, s, e = string.match(stored, '^(%d+):(-?%d+):(.*)$')
  epoch, window, seq = e, tonumber(w), tonumber(s)
end
local function beyond(a, b, c, d) return a > c or (a == c and b > d) end -- guard: offsets-are-numbers
local after_epoch, after_window, after_seq = ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local ours = epoch == ARGV[1]
if ours then
  if after_epoch == epoch and beyond(after_window, after_seq, window, seq) then -- guard: offset-chain
    return redis.error_reply('GAP ' .. stored)
  end
elseif after_epoch ~= epoch or after_window ~= window or after_seq ~= seq then -- guard: chain-of-new-epoch
  return redis.error_reply('GAP ' .. (stored or 'nothing'))
end
local messages, from, last = {}, 1, nil
local first_window, first_seq = string.match(ARGV[5], '^(%d+):(-?%d+)')
-- guard: offset-of-all
if ARGV[6] ~= '' and (not ours or beyond(tonumber(first_window), tonumber(first_seq), window, seq)) then
  messages, from, last = ARGV, 7, ARGV[6] .. ':' .. ARGV[1]
else
  local i = 6
  for w, s in string.gmatch(ARGV[5], '(%d+):(-?%d+)') do
    i = i + 1
    if not ours or beyond(tonumber(w), tonumber(s), window, seq) then -- guard: offset-of-each
      last = w .. ':' .. s .. ':' .. ARGV[1]
      if ARGV[i] ~= '' then messages[#messages + 1] = ARGV[i] end
    end
  end
end
for i = from, #messages, 1000 do
  redis.call('LPUSH', KEYS[2], unpack(messages, i, math.min(i + 999, #messages)))
end
if last then redis.call('SET', KEYS[1], last) end -- guard: offset-moves
return #messages - from + 1
