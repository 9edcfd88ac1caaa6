-- Posts one body again and again and prints what came of it as one line of JSON: -- BODY_FILE CONTENT_TYPE [PAUSE]
-- With a pause each connection waits so many milliseconds on average before it sends again.

function init(args)
  local file = assert(io.open(args[1], "rb"))
  wrk.method = "POST"
  wrk.body = file:read("*a")
  wrk.headers["Content-Type"] = args[2]
  file:close()
  local pause = tonumber(args[3])
  if pause then
    delay = function() return math.random(0, 2 * pause) end
  end
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '{"requests": %d, "microseconds": %d, "errors": {"connect": %d, "read": %d, "write": %d, "status": %d, "timeout": %d}, "latency": {',
    summary.requests, summary.duration, errors.connect, errors.read, errors.write, errors.status, errors.timeout))
  for _, percentile in ipairs({ 50, 90, 95, 99 }) do
    io.write(string.format('"p%d": %d, ', percentile, latency:percentile(percentile)))
  end
  io.write(string.format('"max": %d}}\n', latency.max))
end
