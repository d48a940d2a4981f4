-- Delete what is left of an ended job.
-- KEYS 1 tombstone, 2 epoch counter, 3 jobs, 4 live jobs, 5… what is deleted
-- ARGV 1 job, 2 ms that tombstone and epoch are kept
-- Returns 1, or 0 where the job has not ended.
if redis.call('EXISTS', KEYS[1]) == 0 or redis.call('SISMEMBER', KEYS[4], ARGV[1]) == 1 then
  return 0
end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
redis.call('PEXPIRE', KEYS[2], ARGV[2])
redis.call('ZREM', KEYS[3], ARGV[1])
for index = 5, #KEYS do
  redis.call('UNLINK', KEYS[index])
end
return 1
