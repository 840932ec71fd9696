-- Asks for the paths of a file, one a line, in turn, and ends with one line of figures that a program reads.
local paths = {}
local next_path = 0

function init(args)
  for path in io.lines(args[1]) do
    paths[#paths + 1] = wrk.format("GET", path)
  end
end

function request()
  next_path = next_path % #paths + 1
  return paths[next_path]
end

function done(summary, latency)
  local failed = summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout
  local figures = { summary.requests, summary.duration, summary.errors.status, failed, latency:percentile(50), latency:percentile(99), latency.max }
  print("figures " .. table.concat(figures, " "))
end
