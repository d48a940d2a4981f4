-- Write subtasks' counters, unless there are some of a newer attempt. Those of an older one are set aside.
-- KEYS 1 metrics hash of the job, 2 hash of the attempts before
-- ARGV 1 how many attempts are set aside of a subtask, the newest; then triples (field, attempt, row)
-- Returns how many were written.
local kept = tonumber(ARGV[1])
local counters = {'attempt', 'records_in', 'records_out', 'bytes_in', 'bytes_out', 'busy_ms', 'backpressured_ms', 'idle_ms', 'records_read'}

local function set_aside(field, before)
  local parts = {}
  for index, name in ipairs(counters) do
    -- cjson would write large numbers with 14 digits
    parts[index] = string.format('"%s":%.0f', name, before[name] or 0)
  end
  local lines = {}
  for line in string.gmatch(redis.call('HGET', KEYS[2], field) or '', '[^\n]+') do
    lines[#lines + 1] = line
  end
  lines[#lines + 1] = '{' .. table.concat(parts, ',') .. '}'
  redis.call('HSET', KEYS[2], field, table.concat(lines, '\n', math.max(1, #lines - kept + 1)))
end

local written = 0
for index = 2, #ARGV, 3 do
  local stored = redis.call('HGET', KEYS[1], ARGV[index])
  local before = stored and cjson.decode(stored)
  local attempt = tonumber(ARGV[index + 1])
  if not before or before.attempt <= attempt then
    if kept > 0 and before and before.attempt < attempt then
      set_aside(ARGV[index], before)
    end
    redis.call('HSET', KEYS[1], ARGV[index], ARGV[index + 2])
    written = written + 1
  end
end
return written
