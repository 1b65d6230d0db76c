-- wrk's side of a throughput scenario: `wrk ... URL -- BODY_FILE HEADERS_FILE`. Prints its outcome as one JSON line.

function init(args)
  wrk.method = "POST"
  local body = assert(io.open(args[1], "rb"))
  wrk.body = body:read("*a")
  body:close()
  for line in io.lines(args[2]) do
    local name, value = line:match("^([^:]+): (.*)$")
    wrk.headers[name] = value
  end
end

function done(summary, latency, requests)
  local errors = summary.errors
  local count = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format(
    '{"requests": %d, "seconds": %.6f, "errors": %d, "p50_us": %.1f, "p99_us": %.1f}\n',
    summary.requests, summary.duration / 1e6, count, latency:percentile(50), latency:percentile(99)))
end
