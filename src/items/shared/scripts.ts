/**
 * Scripts of the server (Lua 5.1). The items are one hash, so that they are evicted as a whole or
 * not at all: `s` and an id is a stamp (`Stamp`), `r` and an id a sealed record, `n` the number of
 * changes so far. Each change is an entry of a stream, with its number and the id.
 */

/**
 * Stores the records that win, as `isNews` decides, and returns their number.
 *
 * KEYS: hash, stream. ARGV: most entries of the stream, the wanted recipe, the bare one, then id,
 * stamp and record of each.
 */
export const pushScript = `
local function isAbove(one, other)
  for i = 1, 53 do
    local x, y = one:byte(i), other:byte(i)
    if x ~= y then return x > y end
  end
  return false
end
local function isNews(new, old)
  if not old or #old ~= 69 then return true end
  if new:sub(1, 53) ~= old:sub(1, 53) then return isAbove(new, old) end
  local recipe, before = new:sub(54), old:sub(54)
  return recipe ~= before and (recipe == ARGV[2] or before == ARGV[3])
end
local stored = 0
for i = 4, #ARGV, 3 do
  local id, stamp, record = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  if isNews(stamp, redis.call('HGET', KEYS[1], 's' .. id)) then
    redis.call('HSET', KEYS[1], 's' .. id, stamp, 'r' .. id, record)
    local n = redis.call('HINCRBY', KEYS[1], 'n', 1)
    redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[1], '*', 'n', n, 'i', id, 's', stamp)
    stored = stored + 1
  end
end
return stored`;

/**
 * Records in the order of the ids, false where there is none; it ends early once they have more
 * bytes than allowed, but not before the first.
 *
 * KEYS: hash. ARGV: most bytes, then ids.
 */
export const recordsScript = `
local records, left = {}, tonumber(ARGV[1])
for i = 2, #ARGV do
  local record = redis.call('HGET', KEYS[1], 'r' .. ARGV[i])
  left = left - (record and #record or 0)
  if left < 0 and i > 2 then break end
  records[i - 1] = record
end
return records`;

/**
 * 0: another server makes the item; 1: this one is to; 2: it is made already.
 *
 * KEYS: hash, the item's claim. ARGV: id, the stamp of the item when made, server, milliseconds.
 */
export const claimScript = `
if redis.call('HGET', KEYS[1], 's' .. ARGV[1]) == ARGV[2] then return 2 end
if redis.call('SET', KEYS[2], ARGV[3], 'NX', 'PX', ARGV[4]) then return 1 end
return redis.call('GET', KEYS[2]) == ARGV[3] and 1 or 0`;
