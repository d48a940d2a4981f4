-- Prolong leases that are still one's own: all in one write, for a jobmanager may hold many.
-- KEYS leases
-- ARGV 1 TTL in ms, then the nonce of each lease
-- Returns 1 for each lease prolonged, 0 for each that expired or is another's.
local ours = {}
for index = 1, #KEYS do
  if redis.call('GET', KEYS[index]) == ARGV[index + 1] then
    ours[index] = redis.call('PEXPIRE', KEYS[index], ARGV[1])
  else
    ours[index] = 0
  end
end
return ours
