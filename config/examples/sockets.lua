-- One Unix socket for each host, on the machine where the sites run. A site whose socket is not there
-- is started by a local service: the same request goes to it instead.

listen   = "unix:/run/rsp/rsp.sock"
backends = { { name = "starter", address = "127.0.0.1:9000" } }

exists_below = { "/etc/vassals" }

function select(request)
  return "unix:/run/sites/" .. request.host .. ".sock"
end

function on_failure(request, failure)
  if failure.reason ~= "missing" and failure.reason ~= "refused" then
    return nil                                    -- goes on as without this function: 502 or 504
  end
  if exists("/etc/vassals/" .. request.host .. ".ini") then
    refuse(502, "the site is set up but does not answer")
  end
  return "starter"
end
