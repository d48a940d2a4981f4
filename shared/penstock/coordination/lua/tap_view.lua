-- A viewer looks at a point: lengthen its lease, wake slots that do not sample it, read what was sampled.
-- KEYS 1 leases (sorted set), 2 wake stream, 3 records of the point (stream), 4 its subtasks (hash)
-- ARGV 1 member, 2 ms of a lease, 3 most leases, 4 ids above this one ('': the newest), 5 most entries, 6 what the wake stream is told
-- Returns 0 where there are too many leases, else {subtasks as field, value, …; entries as id, payload, …}.
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
local there = redis.call('ZSCORE', KEYS[1], ARGV[1])
if not there and redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[3]) then
  return 0
end
redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2] * 2)
local subtasks = {}
local rows = redis.call('HGETALL', KEYS[4])
for index = 1, #rows, 2 do
  local time, row = string.match(rows[index + 1], '^(%d+) (.*)$')
  if tonumber(time) + ARGV[2] > now then
    subtasks[#subtasks + 1] = rows[index]
    subtasks[#subtasks + 1] = row
  end
end
if not there or #subtasks == 0 then
  redis.call('XADD', KEYS[2], 'MAXLEN', 16, '*', 'm', ARGV[6])
end
redis.call('PEXPIRE', KEYS[2], ARGV[2] * 2)
local entries = {}
local function add(entry)
  entries[#entries + 1] = entry[1]
  entries[#entries + 1] = entry[2][2]
end
if ARGV[4] == '' then
  local newest = redis.call('XREVRANGE', KEYS[3], '+', '-', 'COUNT', ARGV[5])
  for index = #newest, 1, -1 do
    add(newest[index])
  end
else
  for _, entry in ipairs(redis.call('XRANGE', KEYS[3], ARGV[4], '+', 'COUNT', ARGV[5])) do
    add(entry)
  end
end
return { subtasks, entries }
