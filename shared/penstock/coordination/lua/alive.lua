-- The services whose row is younger than its own TTL by this Redis' clock; older rows are deleted.
-- KEYS 1 services hash
-- Returns the JSON rows.
local now = redis.call('TIME')
local milliseconds = now[1] * 1000 + math.floor(now[2] / 1000)
local rows = redis.call('HGETALL', KEYS[1])
local alive = {}
for index = 1, #rows, 2 do
  local row = cjson.decode(rows[index + 1])
  if row.time + row.ttl >= milliseconds then
    alive[#alive + 1] = rows[index + 1]
  else
    redis.call('HDEL', KEYS[1], rows[index])
  end
end
return alive
