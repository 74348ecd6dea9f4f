-- KEYS: state, rate, then one mark per removal. ARGV: 1 node, 2 epoch, 3 lsn, 4 cumulative spend in micros, 5 minute of the admission,
-- 6 tokens to add to that minute (may be negative), then one request per removal.
-- Settles and releases: absolute or idempotent throughout, so a retry is the same operation. Never creates `spent`.
local node, epoch, lsn, micros = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local loading = redis.call('HEXISTS', state, 'token') == 1
if not loading and not valid() then return false end
if is_gone(node, redis.call('HGET', state, 'gone')) or not spent_of(node) then return false end
write_spent(node, epoch, lsn, micros)
for i = 3, #KEYS do
    drop_hold(ARGV[4 + i])
    redis.call('SET', KEYS[i], '1', 'EX', 3600)
end
-- The correction of the token count is the one relative write here; limits may drift by a lost or repeated one, money never.
if ARGV[6] ~= '0' and redis.call('HEXISTS', KEYS[2], 'tokens:' .. ARGV[5]) == 1 then
    redis.call('HINCRBY', KEYS[2], 'tokens:' .. ARGV[5], ARGV[6])
end
return redis.call('HGET', state, 'generation')
