-- KEYS: state, rate, mark of this request. ARGV: 1 request, 2 node, 3 epoch, 4 generation asserted to, 5 version of the caller's facts,
-- 6 hold in micros, 7 tokens estimated, 8 requests per minute, 9 tokens per minute, 10 concurrent requests.
-- Checks everything, then writes; idempotent by request id.
local request, node, epoch, generation = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local amount, tokens = tonumber(ARGV[6]), tonumber(ARGV[7])
local rpm, tpm, concurrency = tonumber(ARGV[8]), tonumber(ARGV[9]), tonumber(ARGV[10])

if not valid() then return {'load'} end
local f = redis.call('HMGET', state, 'generation', 'version', 'suspended', 'open', 'gone', 'hold:' .. request)
if tonumber(f[1]) < generation then return {'load'} end
if tonumber(f[1]) > generation then return {'behind', f[1]} end
if is_gone(node, f[5]) then return {'fenced'} end
local known_epoch = spent_of(node)
if known_epoch and epoch < known_epoch then return {'behind', f[1]} end
if redis.call('EXISTS', KEYS[3]) == 1 then return {'released'} end

local now = redis.call('TIME')
local seconds = tonumber(now[1]) + tonumber(now[2]) / 1000000
local minute = math.floor(seconds / 60)
-- Sliding window: this minute whole, the last one by the share of it that the last 60 s still cover.
local share = 1 - (seconds - minute * 60) / 60
local c = redis.call('HMGET', KEYS[2], 'requests:' .. text(minute), 'requests:' .. text(minute - 1), 'tokens:' .. text(minute), 'tokens:' .. text(minute - 1))
local requests_used = tonumber(c[1] or '0') + tonumber(c[2] or '0') * share
local tokens_used = math.max(0, tonumber(c[3] or '0') + tonumber(c[4] or '0') * share)
local to_next_minute_ms = math.ceil((minute * 60 + 60 - seconds) * 1000)

-- Milliseconds until `used` has fallen so far that `want` fits under `limit`; within this minute only the last one's share falls.
local function wait_ms(used, previous, want, limit)
    local excess = used + want - limit
    if previous > 0 and excess <= previous * share then return math.max(1, math.ceil(excess / previous * 60000)) end
    return to_next_minute_ms
end

if not f[6] then
    if f[2] ~= ARGV[5] then return {'stale', f[2]} end
    if f[3] == '1' then return {'suspended'} end
    if requests_used + 1 > rpm then return {'requests', text(wait_ms(requests_used, tonumber(c[2] or '0'), 1, rpm))} end
    if tokens_used + tokens > tpm then return {'tokens', text(wait_ms(tokens_used, tonumber(c[4] or '0'), tokens, tpm))} end
    if tonumber(f[4] or '0') >= concurrency then return {'concurrency'} end
    local free = available()
    -- A tenant in debt is refused even a hold of 0 only where the hold is not 0: test keys cost nothing.
    if amount > 0 and free < amount then return {'balance', text(free)} end
    if not known_epoch then write_spent(node, epoch, 0, 0) end
    add_hold(request, amount, epoch, node)
    redis.call('HINCRBY', KEYS[2], 'requests:' .. text(minute), 1)
    redis.call('HINCRBY', KEYS[2], 'tokens:' .. text(minute), tokens)
    if not c[1] then
        redis.call('HDEL', KEYS[2], 'requests:' .. text(minute - 2), 'tokens:' .. text(minute - 2), 'requests:' .. text(minute - 3), 'tokens:' .. text(minute - 3))
        redis.call('EXPIRE', KEYS[2], 240)
    end
end
return {'ok', f[1], text(minute), text(math.max(0, math.floor(rpm - requests_used - 1))), text(math.max(0, math.floor(tpm - tokens_used - tokens))), text(to_next_minute_ms)}
