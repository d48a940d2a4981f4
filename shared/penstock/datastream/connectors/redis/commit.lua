-- Adds the entries of one commit to their streams, all of them once, however often it is called.
--
-- KEYS[1]   the guard: the number of the last commit of the writer
-- KEYS[2…]  the streams
-- ARGV[1]   the number of this commit: those of one writer rise
-- ARGV[2]   ms for which the guard is kept
-- ARGV[3]   the most entries a stream may have, '' for any
-- ARGV[4]   '~' to trim whole nodes only, '=' to the entry
-- ARGV[5…]  entries, packed: place of the stream in KEYS less one (u16), parts (u16), then each part: length (u32), bytes
--
-- Returns the number of entries added, 0 where the commit was made before.
local done = tonumber(redis.call('GET', KEYS[1]) or '0')
if done >= tonumber(ARGV[1]) then
    return 0
end
-- nothing that is written is taken back: what can fail is looked at first
for i = 2, #KEYS do
    local kind = redis.call('TYPE', KEYS[i]).ok
    if kind ~= 'stream' and kind ~= 'none' then
        return redis.error_reply('WRONGTYPE ' .. KEYS[i] .. ' is a ' .. kind .. ', not a stream')
    end
end
local added = 0
for a = 5, #ARGV do
    local packed, at = ARGV[a], 1
    while at <= #packed do
        local stream, parts
        stream, parts, at = struct.unpack('>I2I2', packed, at)
        local command = {'XADD', KEYS[stream + 1]}
        if ARGV[3] ~= '' then
            command = {'XADD', KEYS[stream + 1], 'MAXLEN', ARGV[4], ARGV[3]}
        end
        command[#command + 1] = '*'
        for _ = 1, parts do
            command[#command + 1], at = struct.unpack('>I4c0', packed, at)
        end
        redis.call(unpack(command))
        added = added + 1
    end
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return added
