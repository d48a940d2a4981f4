-- Delete a blob that is still marked as unused since then.
-- KEYS 1 blob, 2 path of a large one, 3 unused blobs
-- ARGV 1 digest, 2 the mark
-- Returns 0 where somebody asked for it since, 1, or 2 where its file is to go.
if redis.call('HGET', KEYS[3], ARGV[1]) ~= ARGV[2] then
  return 0
end
redis.call('HDEL', KEYS[3], ARGV[1])
local large = redis.call('EXISTS', KEYS[2])
redis.call('UNLINK', KEYS[1], KEYS[2])
return 1 + large
