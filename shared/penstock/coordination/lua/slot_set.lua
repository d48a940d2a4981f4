-- A TaskManager's compare-and-set on one of its slots, with an event.
-- KEYS 1 slots hash, 2 stream of the event (where ARGV 6 is given)
-- ARGV 1 slot, 2 expected state, 3 expected allocation, 4 incarnation of the new row, 5 new row, 6 event payload (optional)
-- Returns 1 where the row is the new one (now, or already: then without a second event), else 0.
local stored = redis.call('HGET', KEYS[1], ARGV[1])
if not stored then
  return 0
end
if stored == ARGV[5] then
  return 1
end
local row = cjson.decode(stored)
if row.incarnation ~= ARGV[4] or row.state ~= ARGV[2] or row.allocation ~= ARGV[3] then
  return 0
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[5])
if ARGV[6] then
  redis.call('XADD', KEYS[2], '*', 'm', ARGV[6])
end
return 1
