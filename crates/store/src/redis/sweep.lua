-- KEYS: state. ARGV: 1 node, 2 epoch, 3 lsn, 4 micros, 5 generation asserted to.
-- After an opening: this node's holds of earlier openings go, because opening the journal has ended their requests. Holds of this
-- opening stay, whenever they were placed. The epoch is written even where the node was never met, so that a script which an
-- earlier life sent is refused. Returns 1 when done (or nothing was there to do), 0 to try again.
local node, epoch = ARGV[1], tonumber(ARGV[2])
if not valid() or number_of('generation') < tonumber(ARGV[5]) then return 0 end
if is_gone(node, redis.call('HGET', state, 'gone')) then return 1 end
if spent_of(node) or number_of('generation') == tonumber(ARGV[5]) then
    write_spent(node, epoch, tonumber(ARGV[3]), tonumber(ARGV[4]))
    local all = redis.call('HGETALL', state)
    for i = 1, #all, 2 do
        local request = string.match(all[i], '^hold:(.+)$')
        if request then
            local placed, owner = string.match(all[i + 1], '^%d+:(%d+):(.+)$')
            if owner == node and tonumber(placed) < epoch then drop_hold(request) end
        end
    end
end
return 1
