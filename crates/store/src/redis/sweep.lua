-- KEYS: state. ARGV: 1 node, 2 epoch, 3 lsn, 4 micros, 5 generation asserted to, then the requests that the journal holds open.
-- After an opening this node's holds are exactly those. Returns 1 when done (or nothing was there to do), 0 to try again.
if not valid() or number_of('generation') < tonumber(ARGV[5]) then return 0 end
if is_gone(ARGV[1], redis.call('HGET', state, 'gone')) then return 1 end
if spent_of(ARGV[1]) or number_of('generation') == tonumber(ARGV[5]) then
    write_spent(ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]))
    local open = {}
    for i = 6, #ARGV do open[ARGV[i]] = true end
    local all = redis.call('HGETALL', state)
    for i = 1, #all, 2 do
        local request = string.match(all[i], '^hold:(.+)$')
        if request and not open[request] and string.match(all[i + 1], ':(.+)$') == ARGV[1] then drop_hold(request) end
    end
end
return 1
