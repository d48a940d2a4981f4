-- Prolong a lease that is still one's own.
-- KEYS 1 lease
-- ARGV 1 nonce, 2 TTL in ms
-- Returns 1, or 0 where it expired or another holds it.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
  return 0
end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
