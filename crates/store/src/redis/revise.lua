-- KEYS: state, then one mark per finished debit. ARGV: 1 version, 2 credit, 3 limit, 4 suspended, 5 gone, then ids of finished debits.
-- Absolute and versioned: an equal or lower version changes nothing. During a load the newest is kept for its opening.
local done = {}
for i = 6, #ARGV do table.insert(done, ARGV[i]) end
for i = 2, #KEYS do redis.call('SET', KEYS[i], '1', 'EX', 3600) end
if redis.call('HEXISTS', state, 'token') == 1 then
    if number_of('kept_version') < tonumber(ARGV[1]) then
        redis.call('HSET', state, 'kept_version', ARGV[1], 'kept_credit', ARGV[2], 'kept_limit', ARGV[3], 'kept_suspended', ARGV[4], 'kept_gone', ARGV[5],
            'kept_done', table.concat(done, ','))
    end
    return 'kept'
end
if not valid() then return 'absent' end
if apply_facts(ARGV, done) then return 'applied' end
return 'old'
