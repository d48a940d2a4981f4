-- A slot sends what it has sampled, and hears who still looks.
-- KEYS 1 leases (sorted set), then pairs (records of a point, its subtasks)
-- ARGV 1 ms that records stay, 2 ms that a subtask's row stays, 3 most entries of a stream, then for each pair
--      subtask, its row, its batch ('': none)
-- Returns the leases as member, ms left, …
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
for index = 2, #KEYS, 2 do
  local at = 4 + (index - 2) / 2 * 3
  redis.call('HSET', KEYS[index + 1], ARGV[at], string.format('%d %s', now, ARGV[at + 1]))
  redis.call('PEXPIRE', KEYS[index + 1], ARGV[2])
  if ARGV[at + 2] ~= '' then
    redis.call('XADD', KEYS[index], 'MAXLEN', ARGV[3], '*', 'm', ARGV[at + 2])
    redis.call('PEXPIRE', KEYS[index], ARGV[1])
  end
end
local leases = {}
local found = redis.call('ZRANGEBYSCORE', KEYS[1], now + 1, '+inf', 'WITHSCORES')
for index = 1, #found, 2 do
  leases[index] = found[index]
  leases[index + 1] = tonumber(found[index + 1]) - now
end
return leases
