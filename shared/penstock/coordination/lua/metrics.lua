-- Write subtasks' counters, unless there are some of a newer attempt.
-- KEYS 1 metrics hash of the job
-- ARGV triples (field, attempt, row)
-- Returns how many were written.
local written = 0
for index = 1, #ARGV, 3 do
  local stored = redis.call('HGET', KEYS[1], ARGV[index])
  if not stored or cjson.decode(stored).attempt <= tonumber(ARGV[index + 1]) then
    redis.call('HSET', KEYS[1], ARGV[index], ARGV[index + 2])
    written = written + 1
  end
end
return written
