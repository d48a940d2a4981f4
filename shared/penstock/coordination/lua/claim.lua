-- A slot process makes an allocation its own: OFFERED -> CLAIMED, once.
-- KEYS 1 claims hash of the job, 2 epoch counter of the job's leader, 3 events of the job
-- ARGV 1 allocation, 2 epoch of the hint, 3 nonce, 4 pid, 5 incarnation, 6 AllocationClaimed (payload)
-- Returns 1 where the allocation is ours (now, or by an earlier copy of this call), else 0.
local stored = redis.call('HGET', KEYS[1], ARGV[1])
if not stored then
  return 0
end
local row = cjson.decode(stored)
if row.state == 'CLAIMED' and row.nonce == ARGV[3] then
  return 1
end
if row.state ~= 'OFFERED' or row.incarnation ~= ARGV[5] then
  return 0
end
-- An epoch above the counter was handed out by a Redis that came back older since.
local current = tonumber(redis.call('GET', KEYS[2]) or '0')
if row.epoch > current or tonumber(ARGV[2]) > current then
  return 0
end
row.state, row.nonce, row.pid = 'CLAIMED', ARGV[3], tonumber(ARGV[4])
redis.call('HSET', KEYS[1], ARGV[1], cjson.encode(row))
redis.call('XADD', KEYS[3], '*', 'm', ARGV[6])
return 1
