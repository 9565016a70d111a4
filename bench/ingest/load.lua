-- wrk script: posts the corpus round robin, each request with an event id of its own.
local parts, turn = {}, 0
local MARK = "0123456789abcdef0123456789abcdef"

function init(args)
  math.randomseed(tonumber(args[2]) or os.time())
  for path in io.lines(args[1]) do
    local file = io.open(path, "rb")
    local body, pieces, from = file:read("*a"), {}, 1
    file:close()
    while true do
      local at = body:find(MARK, from, true)
      if not at then break end
      pieces[#pieces + 1] = body:sub(from, at - 1)
      from = at + #MARK
    end
    pieces[#pieces + 1] = body:sub(from)
    parts[#parts + 1] = pieces
  end
end

function request()
  turn = turn % #parts + 1
  local id = string.format("%08x%08x%08x%08x", math.random(0, 2^31), math.random(0, 2^31), math.random(0, 2^31), math.random(0, 2^31))
  return wrk.format("POST", nil, nil, table.concat(parts[turn], id))
end

function done(summary, latency, requests)
  local e = summary.errors
  io.write(string.format('RESULT {"requests": %d, "seconds": %.3f, "p50_ms": %.2f, "p99_ms": %.2f, "bad": %d, "broken": %d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1000, latency:percentile(99) / 1000,
    e.status, e.connect + e.read + e.write + e.timeout))
end
