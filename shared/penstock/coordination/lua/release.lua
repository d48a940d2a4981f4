-- Give a lease up and wake the contenders.
-- KEYS 1 lease, 2 wake stream
-- ARGV 1 nonce, 2 role, 3 length the wake stream is capped at
-- Returns 1, or 0 where the lease was not one's own.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
  return 0
end
redis.call('DEL', KEYS[1])
redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[3], '*', 'm', ARGV[2])
return 1
