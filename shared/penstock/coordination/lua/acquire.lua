-- Take a lease, or recognise one's own.
-- KEYS 1 lease, 2 epoch counter, 3 tombstone (where the role is a job's)
-- ARGV 1 nonce, 2 TTL in ms
-- Returns the epoch; nil where another holds the lease, or the job is terminal.
if KEYS[3] and redis.call('EXISTS', KEYS[3]) == 1 then
  return false
end
local holder = redis.call('GET', KEYS[1])
if holder == ARGV[1] then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  return tonumber(redis.call('GET', KEYS[2]))
end
if holder then
  return false
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return redis.call('INCR', KEYS[2])
