-- Take a lease, or recognise one's own.
-- KEYS 1 lease, 2 epoch counter, 3 tombstone (where the role is a job's)
-- ARGV 1 nonce, 2 TTL in ms, 3 what the epoch is at least (0: no matter)
-- Returns the epoch; nil where another holds the lease, or the job is terminal.
local function epoch_from(counted)
  local least = tonumber(ARGV[3])
  if counted < least then
    redis.call('SET', KEYS[2], ARGV[3])
    return least
  end
  return counted
end
if KEYS[3] and redis.call('EXISTS', KEYS[3]) == 1 then
  return false
end
local holder = redis.call('GET', KEYS[1])
if holder == ARGV[1] then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  return epoch_from(tonumber(redis.call('GET', KEYS[2]) or '0'))
end
if holder then
  return false
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return epoch_from(redis.call('INCR', KEYS[2]))
