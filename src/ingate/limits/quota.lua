-- The arithmetic of domain/quota.py, done where all workers share it. Both pass tests/conformance/limiters.
--
-- KEYS[1]     one deployment's buckets, a hash. A key that is not there is a deployment with full buckets.
-- ARGV[1..3]  requests, input tokens and output tokens a minute
-- ARGV[4]     'reserve' INPUT | 'settle' RESERVED INPUT OUTPUT | 'give back' RESERVED
--
-- 'reserve' answers {0} when it has taken one request and INPUT, and {bucket, seconds} when it has taken nothing:
-- bucket 1, 2 or 3 in the order above, and the whole seconds after which the same request is admitted.

local SLACK = 1e-6
local KEPT = 3600  -- seconds after the buckets are full again: longer than an exchange that has yet to settle

local buckets = KEYS[1]
local limits = {tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])}
local operation = ARGV[4]
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])

local kept = redis.call('HMGET', buckets, 'filled_at',
  'requests', 'input_tokens', 'output_tokens', 'requests_limit', 'input_tokens_limit', 'output_tokens_limit')
local filled_at = kept[1] and tonumber(kept[1]) or now
local balances = {limits[1], limits[2], limits[3]}
if kept[1] then
  for i = 1, 3 do
    balances[i] = tonumber(kept[1 + i])
  end
  if operation == 'reserve' then
    -- A clock that went back gives nothing for the step. What was used counts against changed limits too.
    local minutes = math.max(0, now - filled_at) / 60000000
    for i = 1, 3 do
      local limit = tonumber(kept[4 + i])
      balances[i] = math.min(limit, balances[i] + minutes * limit) + limits[i] - limit
    end
    filled_at = now
  else
    for i = 1, 3 do
      limits[i] = tonumber(kept[4 + i])
    end
  end
end

local function decide_wait(needed)
  local wait, bucket, seconds = -1, 0, 0
  for i = 1, 3 do
    local missing = needed[i] - balances[i]
    local longer = 0
    if missing > SLACK then
      longer = limits[i] > 0 and missing / limits[i] or math.huge
    end
    if longer > wait then
      wait, bucket = longer, i
      seconds = limits[i] > 0 and math.ceil((missing - SLACK) * 60 / limits[i]) or 60
    end
  end
  return {bucket, math.max(1, seconds)}
end

local answer = {0}
if operation == 'reserve' then
  local input = tonumber(ARGV[5])
  local needed = {1, math.min(input, limits[2]), 1}
  if balances[1] < needed[1] - SLACK or balances[2] < needed[2] - SLACK or balances[3] < needed[3] - SLACK then
    answer = decide_wait(needed)
  else
    balances[1] = balances[1] - 1
    balances[2] = balances[2] - input
  end
elseif operation == 'settle' then
  balances[2] = math.min(limits[2], balances[2] + tonumber(ARGV[5]) - tonumber(ARGV[6]))
  balances[3] = balances[3] - tonumber(ARGV[7])
else
  balances[1] = math.min(limits[1], balances[1] + 1)
  balances[2] = math.min(limits[2], balances[2] + tonumber(ARGV[5]))
end

local full_in = 0
local digits = {}
for i = 1, 3 do
  digits[i] = string.format('%.17g', balances[i])
  if limits[i] > 0 then
    full_in = math.max(full_in, (limits[i] - balances[i]) * 60 / limits[i])
  end
end
redis.call('HSET', buckets, 'filled_at', string.format('%.0f', filled_at),
  'requests', digits[1], 'input_tokens', digits[2], 'output_tokens', digits[3],
  'requests_limit', string.format('%.0f', limits[1]), 'input_tokens_limit', string.format('%.0f', limits[2]),
  'output_tokens_limit', string.format('%.0f', limits[3]))
redis.call('EXPIRE', buckets, math.ceil(full_in) + KEPT)
return answer
