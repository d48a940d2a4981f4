-- Remove a TaskManager's registration, unless a newer incarnation has registered.
-- KEYS 1 taskmanagers hash
-- ARGV 1 TaskManager, 2 incarnation
-- Returns 1, or 0 where there is none of this incarnation.
local stored = redis.call('HGET', KEYS[1], ARGV[1])
if not stored or cjson.decode(stored).incarnation ~= ARGV[2] then
  return 0
end
return redis.call('HDEL', KEYS[1], ARGV[1])
