-- A leader's guarded commit: rows, cursor, outbox and further operations, all or nothing.
-- KEYS 1 epoch counter, 2 rows hash, 3 outbox hash, 4… the keys of the operations, one each, in order
-- ARGV 1 epoch, 2 expected revision, 3 nonce, 4 cursor ('' leaves it),
--      5 n, then n x (row, '0' | '1', value); '0' deletes
--      n, then n x (effect id, '0' | '1', value)
--      for each operation: its name and its arguments
--        SET value ttl_ms ('' for none) | DEL | PEXPIRE ttl_ms | SADD member | SREM member | HSET field value | HDEL field
--        HCAS field, '0' | '1' (whether there must be a value), expected, value | XADD payload
-- Returns 'OK', 'FENCED' (another epoch is current) or 'CONFLICT' (another revision, or a failed HCAS; nothing was written).
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
  return 'FENCED'
end
local stored = redis.call('HMGET', KEYS[2], 'revision', 'nonce')
if (stored[1] or '0') ~= ARGV[2] then
  -- The answer to our first copy was lost, not the commit.
  if stored[2] == ARGV[3] then
    return 'OK'
  end
  return 'CONFLICT'
end

local position = 4
local function take()
  position = position + 1
  return ARGV[position]
end

local function skip_rows()
  local count = tonumber(take())
  position = position + 3 * count
end

local function write_rows(hash)
  for _ = 1, tonumber(take()) do
    local name, present, value = take(), take(), take()
    if present == '1' then
      redis.call('HSET', hash, name, value)
    else
      redis.call('HDEL', hash, name)
    end
  end
end

local width = { SET = 2, DEL = 0, PEXPIRE = 1, SADD = 1, SREM = 1, HSET = 2, HDEL = 1, HCAS = 4, XADD = 1 }

-- Preconditions first: a script that stopped halfway would leave its first half behind.
skip_rows()
skip_rows()
for index = 4, #KEYS do
  local name = take()
  if name == 'HCAS' then
    local current = redis.call('HGET', KEYS[index], ARGV[position + 1])
    local expected = ARGV[position + 2] == '1' and ARGV[position + 3]
    if current ~= expected then
      return 'CONFLICT'
    end
  end
  position = position + width[name]
end

position = 4
redis.call('HSET', KEYS[2], 'revision', tonumber(ARGV[2]) + 1, 'nonce', ARGV[3])
if ARGV[4] ~= '' then
  redis.call('HSET', KEYS[2], 'cursor', ARGV[4])
end
write_rows(KEYS[2])
write_rows(KEYS[3])
for index = 4, #KEYS do
  local key, name = KEYS[index], take()
  if name == 'SET' then
    local value, ttl = take(), take()
    if ttl == '' then
      redis.call('SET', key, value)
    else
      redis.call('SET', key, value, 'PX', ttl)
    end
  elseif name == 'DEL' then
    redis.call('DEL', key)
  elseif name == 'PEXPIRE' then
    redis.call('PEXPIRE', key, take())
  elseif name == 'SADD' then
    redis.call('SADD', key, take())
  elseif name == 'SREM' then
    redis.call('SREM', key, take())
  elseif name == 'HSET' then
    local field, value = take(), take()
    redis.call('HSET', key, field, value)
  elseif name == 'HDEL' then
    redis.call('HDEL', key, take())
  elseif name == 'HCAS' then
    local field, _, _, value = take(), take(), take(), take()
    redis.call('HSET', key, field, value)
  elseif name == 'XADD' then
    redis.call('XADD', key, '*', 'm', take())
  end
end
return 'OK'
