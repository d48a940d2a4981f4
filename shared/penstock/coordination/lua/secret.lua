-- Who has which cluster secret: keep ours where there is none, and where the one that is there may be replaced.
-- KEYS 1 string: the check value of the secret of the service that joined last
-- ARGV 1 our check value, 2… those that ours may replace
-- Returns the check value that stands then.
local stored = redis.call('GET', KEYS[1])
local replace = not stored
for i = 2, #ARGV do
  replace = replace or stored == ARGV[i]
end
if replace and stored ~= ARGV[1] then
  redis.call('SET', KEYS[1], ARGV[1])
  return ARGV[1]
end
return stored
