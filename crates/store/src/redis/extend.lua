-- KEYS: state. ARGV: 1 request, 2 generation asserted to, 3 wanted micros (absolute). Returns {micros now held, generation}, or nothing.
if not valid() or redis.call('HGET', state, 'generation') ~= ARGV[2] then return false end
local value = redis.call('HGET', state, 'hold:' .. ARGV[1])
if not value then return false end
local held, owner = string.match(value, '^(%d+):(.+)$')
held = tonumber(held)
local granted = math.max(held, math.min(tonumber(ARGV[3]), held + math.max(0, available())))
redis.call('HSET', state, 'hold:' .. ARGV[1], text(granted) .. ':' .. owner)
redis.call('HSET', state, 'held', text(number_of('held') + granted - held))
return {text(granted), ARGV[2]}
