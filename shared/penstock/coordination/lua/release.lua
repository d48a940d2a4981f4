-- Give a lease up, one's own or a dead holder's, and wake the contenders.
-- KEYS 1 lease, 2 wake stream
-- ARGV 1 nonce, 2 role, 3 length the wake stream is capped at, 4 ms that may be left of it at most (absent: no matter)
-- Returns 1, or 0 where the lease is not of that nonce, or was renewed.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
  return 0
end
if ARGV[4] and redis.call('PTTL', KEYS[1]) > tonumber(ARGV[4]) then
  return 0
end
redis.call('DEL', KEYS[1])
redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[3], '*', 'm', ARGV[2])
return 1
