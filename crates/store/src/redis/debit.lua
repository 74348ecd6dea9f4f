-- KEYS: state, mark of the debit. ARGV: 1 debit id, 2 wanted micros. Takes what is available up to the amount; asking again may take more.
-- Returns {micros held, generation}, or nothing where the state does not count or the debit is finished.
if not valid() or redis.call('EXISTS', KEYS[2]) == 1 then return false end
local held = number_of('debit:' .. ARGV[1])
local granted = math.max(0, math.min(tonumber(ARGV[2]), available() + held))
set_debit(ARGV[1], granted)
return {text(granted), redis.call('HGET', state, 'generation')}
