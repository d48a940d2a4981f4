-- Create a job if its id is free, make it live, wake the jobmanagers.
-- KEYS 1 submission, 2 jobs, 3 live jobs, 4 tombstone, 5 rows of the job's leader, 6 wake stream
-- ARGV 1 job, 2 digest, 3 digest of the graph, 4 name, 5 time (ms), 6 length the wake stream is capped at,
--      7… pairs (row, value)
-- Returns 'CREATED', 'EXISTS' (the same submission, or a terminal job), or 'CONFLICT' (another digest).
local digest = redis.call('HGET', KEYS[1], 'digest')
if digest and digest ~= ARGV[2] then
  return 'CONFLICT'
end
if digest or redis.call('EXISTS', KEYS[4]) == 1 then
  return 'EXISTS'
end
redis.call('HSET', KEYS[1], 'digest', ARGV[2], 'graph', ARGV[3], 'name', ARGV[4], 'time', ARGV[5])
redis.call('ZADD', KEYS[2], ARGV[5], ARGV[1])
redis.call('SADD', KEYS[3], ARGV[1])
redis.call('HSET', KEYS[5], 'revision', 0, 'nonce', '', 'cursor', '0-0')
for index = 7, #ARGV, 2 do
  redis.call('HSET', KEYS[5], ARGV[index], ARGV[index + 1])
end
redis.call('XADD', KEYS[6], 'MAXLEN', '~', ARGV[6], '*', 'm', 'job:' .. ARGV[1])
return 'CREATED'
