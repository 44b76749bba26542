-- SPDX-License-Identifier: Apache-2.0
-- For wrk. With a number n > 1 as argument, requests go to n hostnames in turn. At the end one line of exact numbers: wrk's
-- own report rounds them and does not say how many bytes were read.

function init(args)
  local count = tonumber(args[1] or "1")
  if count > 1 then
    local requests = {}
    for i = 1, count do
      requests[i] = wrk.format(nil, nil, { Host = string.format("site-%04d.example", i) })
    end
    local next = 0
    -- Defined here only: without a global `request`, wrk sends one prepared request and asks Lua nothing.
    function request()
      next = next % count + 1
      return requests[next]
    end
  end
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    'exact {"requests": %d, "bytes": %d, "micros": %d, "p50": %d, "p99": %d, "errors":'
      .. ' {"connect": %d, "read": %d, "write": %d, "timeout": %d, "status": %d}}\n',
    summary.requests, summary.bytes, summary.duration, latency:percentile(50), latency:percentile(99),
    errors.connect, errors.read, errors.write, errors.timeout, errors.status))
end
