-- Deletes what a slot has written of a generation that was deleted meanwhile: HSET and the wake stream's first XADD make
-- their keys anew. Does nothing where the generation is there.
-- KEYS[1] nonce of the generation, KEYS[2] wake stream of the slot, KEYS[3..] credit hashes of its consumers
if redis.call('EXISTS', KEYS[1]) == 1 then
    return 0
end
return redis.call('UNLINK', unpack(KEYS, 2))
