-- KEYS: state. ARGV: 1 step, then the step's arguments.
local step = ARGV[1]

if step == 'begin' then
    -- 2 token, 3 generation asserted to, 4 grace in ms. Refused on a valid state that is not older, or while another's load is fresh.
    local now = redis.call('TIME')
    local now_ms = tonumber(now[1]) * 1000 + math.floor(tonumber(now[2]) / 1000)
    local f = redis.call('HMGET', state, 'server', 'token', 'token_at', 'generation')
    local here = identity()
    if f[1] == here then
        if not f[2] and tonumber(f[4]) >= tonumber(ARGV[3]) then return 'valid' end
        if f[2] and now_ms - tonumber(f[3]) < tonumber(ARGV[4]) then return 'loading' end
    end
    redis.call('DEL', state)
    redis.call('HSET', state, 'token', ARGV[2], 'token_at', text(now_ms), 'server', here, 'generation', '0', 'version', '0',
        'held', '0', 'open', '0', 'spent', '0', 'credit', '0', 'limit', '0', 'gone', '')
    return 'begun'
end

-- The other steps belong to one load on one server: 2 token.
local f = redis.call('HMGET', state, 'server', 'token')
if f[2] ~= ARGV[2] or f[1] ~= identity() then return 'over' end

if step == 'assert' then
    -- 3 node, 4 epoch, 5 lsn, 6 micros, then request, micros of every hold it was granted.
    write_spent(ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6]))
    for i = 7, #ARGV, 2 do add_hold(ARGV[i], tonumber(ARGV[i + 1]), tonumber(ARGV[4]), ARGV[3]) end
    redis.call('HSET', state, 'asserted:' .. ARGV[3], '1')
    return 'asserted'
end

if step == 'open' then
    -- 3 generation, 4 version, 5 credit, 6 limit, 7 suspended, 8 gone, 9 count of nodes, nodes…, then id, micros of every pending debit.
    local last = 9 + tonumber(ARGV[9])
    local missing = {}
    for i = 10, last do
        if redis.call('HEXISTS', state, 'asserted:' .. ARGV[i]) == 0 then table.insert(missing, ARGV[i]) end
    end
    if #missing > 0 then return missing end
    for i = 10, last do redis.call('HDEL', state, 'asserted:' .. ARGV[i]) end
    local kept = redis.call('HMGET', state, 'kept_version', 'kept_credit', 'kept_limit', 'kept_suspended', 'kept_gone', 'kept_done')
    redis.call('HDEL', state, 'token', 'token_at', 'kept_version', 'kept_credit', 'kept_limit', 'kept_suspended', 'kept_gone', 'kept_done')
    redis.call('HSET', state, 'generation', ARGV[3], 'version', ARGV[4], 'credit', ARGV[5], 'limit', ARGV[6], 'suspended', ARGV[7], 'gone', ARGV[8])
    for i = last + 1, #ARGV, 2 do set_debit(ARGV[i], tonumber(ARGV[i + 1])) end
    if kept[1] then
        local done = {}
        for id in string.gmatch(kept[6] or '', '[^,]+') do table.insert(done, id) end
        apply_facts(kept, done)
    end
    return 'opened'
end
return redis.error_reply('unknown step of a load')
