-- Shared by every script. One hash per tenant holds its state:
--   server      run id and replication id of the server that loaded it     token, token_at   a load under way (absent once open)
--   generation  number of the load      version   of settings and credit   credit, limit     micros of the billing currency
--   suspended   '1' or '0'              gone      ',node,node,'             held, open, spent micros, count, micros: sums of the entries below
--   spent:<node>  'epoch:lsn:micros'    hold:<request>  'micros:epoch:node'      debit:<id>  micros      asserted:<node>  '1' while loading
local state = KEYS[1]

-- Restart, fail-over, fail-back and a moved slot all change one of the two; a flush removes the hash itself.
local function identity()
    return string.match(redis.call('INFO', 'server'), 'run_id:(%x+)') .. ':' .. string.match(redis.call('INFO', 'replication'), 'master_replid:(%x+)')
end

local function text(number)
    return string.format('%.0f', number)
end

local function number_of(field)
    return tonumber(redis.call('HGET', state, field) or '0')
end

local function valid()
    local f = redis.call('HMGET', state, 'server', 'token')
    return f[1] and not f[2] and f[1] == identity()
end

local function is_gone(node, gone)
    return string.find(gone or '', ',' .. node .. ',', 1, true) ~= nil
end

-- 'epoch:lsn:micros' of a node, or nothing.
local function spent_of(node)
    local value = redis.call('HGET', state, 'spent:' .. node)
    if not value then return nil end
    local epoch, lsn, micros = string.match(value, '^(%d+):(%d+):(%d+)$')
    return tonumber(epoch), tonumber(lsn), tonumber(micros)
end

-- Writes the node's cumulative spend, unless a later one is known; the sum follows in the same step.
local function write_spent(node, epoch, lsn, micros)
    local known_epoch, known_lsn, known = spent_of(node)
    if known_epoch and (epoch < known_epoch or (epoch == known_epoch and lsn < known_lsn)) then return false end
    redis.call('HSET', state, 'spent:' .. node, text(epoch) .. ':' .. text(lsn) .. ':' .. text(micros))
    redis.call('HSET', state, 'spent', text(number_of('spent') + micros - (known or 0)))
    return true
end

local function available()
    local f = redis.call('HMGET', state, 'credit', 'limit', 'spent', 'held')
    return tonumber(f[1] or '0') + tonumber(f[2] or '0') - tonumber(f[3] or '0') - tonumber(f[4] or '0')
end

-- A hold names the opening that placed it, so that a later opening can sweep what an earlier life left.
local function add_hold(request, micros, epoch, node)
    if redis.call('HSETNX', state, 'hold:' .. request, text(micros) .. ':' .. text(epoch) .. ':' .. node) == 1 then
        redis.call('HSET', state, 'held', text(number_of('held') + micros))
        redis.call('HINCRBY', state, 'open', 1)
    end
end

local function drop_hold(request)
    local value = redis.call('HGET', state, 'hold:' .. request)
    if value then
        redis.call('HDEL', state, 'hold:' .. request)
        redis.call('HSET', state, 'held', text(number_of('held') - tonumber(string.match(value, '^(%d+):'))))
        redis.call('HINCRBY', state, 'open', -1)
    end
end

local function set_debit(id, micros)
    local known = number_of('debit:' .. id)
    if micros > 0 then redis.call('HSET', state, 'debit:' .. id, text(micros)) else redis.call('HDEL', state, 'debit:' .. id) end
    redis.call('HSET', state, 'held', text(number_of('held') + micros - known))
end

-- Absolute values of one version of the tenant's facts, in the order version, credit, limit, suspended, gone; then finished debits.
local function apply_facts(facts, done)
    if tonumber(facts[1]) <= number_of('version') then return false end
    redis.call('HSET', state, 'version', facts[1], 'credit', facts[2], 'limit', facts[3], 'suspended', facts[4], 'gone', facts[5])
    local gone = {}
    for node in string.gmatch(facts[5], '[^,]+') do
        if redis.call('HEXISTS', state, 'spent:' .. node) == 1 then
            local _, _, micros = spent_of(node)
            redis.call('HSET', state, 'spent', text(number_of('spent') - micros))
            redis.call('HDEL', state, 'spent:' .. node)
            gone[node] = true
        end
    end
    if next(gone) then
        local all = redis.call('HGETALL', state)
        for i = 1, #all, 2 do
            local request = string.match(all[i], '^hold:(.+)$')
            if request and gone[string.match(all[i + 1], '^%d+:%d+:(.+)$')] then drop_hold(request) end
        end
    end
    for _, id in ipairs(done) do set_debit(id, 0) end
    return true
end
